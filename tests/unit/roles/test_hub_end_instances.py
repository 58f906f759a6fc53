# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the role ``hub`` ends the instances of a hub that it stops, on hubs of every kind."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.commands import ROOT
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task

SCRIPT = ROOT / "roles" / "hub" / "files" / "end_instances.py"


@pytest.mark.slow
@pytest.mark.parametrize("version", ["0.18", "0.26", "0.28", "0.39", "1.0"])
def test_each_program_gets_the_time_that_the_role_allows(version: str) -> None:
    """A hub that does not understand the time ignores it (hub-behaviour.md#body-of-a-stop)."""
    with FakeHub(version) as hub:
        run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
        names = ("a", "b")
        ids = [run_task("sth_instance", hub, name=name, sequence="probe")["instance"]["id"] for name in names]
        want = {"api_url": hub.api_url, "instances": ids, "stop_timeout": 0.2}
        done = subprocess.run(
            [sys.executable, str(SCRIPT), json.dumps(want)], capture_output=True, text=True, check=True
        )
        assert json.loads(done.stdout) == []
        stops = [json.loads(request.body) for request in hub.requests if request.path.endswith("/_stop")]
        assert run_task("sth_instance_info", hub, status=["starting", "running", "stopping"])["instances"] == []
    plain = {"timeout": 200, "canCallKeepalive": False}
    assert stops == [plain if version in ("0.28", "0.39", "1.0") else [4001, plain]] * 2
