# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the role ``hub`` finds out with ``hub_verify`` whether programs run on a hub. The simulated hub does not run their code."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.commands import ROOT

SCRIPT = ROOT / "roles" / "hub" / "files" / "verify.py"


def verify(hub: FakeHub, *languages: str) -> Any:
    """Run the script as the role does."""
    want = {"api_url": hub.api_url, "languages": languages}
    done = subprocess.run([sys.executable, str(SCRIPT), json.dumps(want)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["0.18", "1.0"])
def test_a_program_of_each_language_is_run_and_removed(version: str) -> None:
    with FakeHub(version, FAST) as hub:
        hub.fault(Fault("status", "GET", "/output", status=200, body=b"verified\n", times=2))
        assert verify(hub, "node", "python") == {"node": "", "python": ""}
        assert hub.sequences == []
        uploads = [call for call in hub.requests if call.method == "POST" and call.path.endswith("/sequence")]
    assert len(uploads) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"method": "POST", "path": "/start", "status": 419, "reason": "No memory"}, "answered 419 No memory"),
        ({"method": "GET", "path": "/output", "status": 200}, "it ended without output"),
        ({"method": "POST", "path": "/sequence$", "status": 200, "body": b"<html>"}, "the answer is not that of a hub"),
    ],
)
def test_the_reason_is_reported_if_a_program_does_not_run_and_nothing_is_left(
    fault: dict[str, Any], problem: str
) -> None:
    with FakeHub("1.0", FAST) as hub:
        hub.fault(Fault("status", **fault))
        assert problem in verify(hub, "node")["node"]
        assert hub.sequences == []
