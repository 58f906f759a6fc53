# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task returns that fails before its module does anything: on the controller, or over its arguments."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook

MISSING = "no/such/file"


@pytest.mark.parametrize("entrance", ["auto", "module"])
def test_a_file_that_is_missing_is_told_as_the_module_would(tmp_path: pathlib.Path, entrance: str) -> None:
    run: dict[str, Any] = {"name": "job", "sequence": "probe", "state": "completed"}
    tasks = [
        *failing(
            "sth_instance", {**run, "input": {"src": MISSING}}, "INVALID_OPTION", f"input.src {MISSING}", "remote_src"
        ),
        *failing("sth_stream", {"instance": "job", "stream": "input", "src": MISSING}, "INVALID_OPTION", "remote_src"),
        *failing("sth_sequence", {"src": MISSING}, "INVALID_PACKAGE", "remote_src"),
        *failing("sth_package", {"src": MISSING}, "INVALID_PACKAGE", f"src {MISSING} was not found"),
        told("'remote_src' not in failed.msg"),
    ]
    run_playbook(play(tmp_path / "missing.yml", {"tasks": tasks}), {"sth_entrance": entrance})


def failing(module: str, options: dict[str, Any], code: str, *words: str) -> list[dict[str, Any]]:
    task = {f"scramjet.sth.{module}": options, "register": "failed", "failed_when": False}
    return [task, told(f"failed.error_code == '{code}'", *(f"'{word}' in failed.msg" for word in words))]


def told(*that: str) -> dict[str, Any]:
    return {"ansible.builtin.assert": {"that": list(that), "fail_msg": "told {{ failed }}"}}
