# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of the role's supervisor for a person."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.running.pace import bound

SUPERVISE = pathlib.Path(__file__).resolve().parents[3] / "roles" / "hub" / "files" / "sth_supervise.py"


def supervise(command: str, settings_file: str, directory: pathlib.Path) -> str:
    """Run a command of the supervisor from ``directory`` and return what it prints."""
    argv = [sys.executable, str(SUPERVISE), command, settings_file]
    return subprocess.run(argv, cwd=directory, capture_output=True, text=True, timeout=bound(40), check=True).stdout


@pytest.mark.skipif(not pathlib.Path("/proc").exists(), reason="Linux only")
@pytest.mark.parametrize("name", ["settings.json", "link.json"])
def test_a_supervisor_is_found_however_its_settings_were_named(tmp_path: pathlib.Path, name: str) -> None:
    settings_file = tmp_path / "settings.json"
    (tmp_path / "link.json").symlink_to(settings_file)
    launcher = tmp_path / "launcher.py"
    launcher.write_text("import signal; signal.pause()")
    settings: dict[str, Any] = {
        "settings_file": str(settings_file),
        "data_dir": str(tmp_path),
        "log_file": str(tmp_path / "hub.log"),
        "node": sys.executable,
        "launcher": str(launcher),
        "environment": {},
        "user": "",
        "limits": {"processes": 100, "open_files": 50},
    }
    settings_file.write_text(json.dumps(settings))

    supervise("start", name, tmp_path)
    by_other_name = json.loads(supervise("status", str(settings_file), pathlib.Path("/")))
    try:
        assert len(by_other_name["supervisor"]) == 1
        limits = pathlib.Path(f"/proc/{by_other_name['supervisor'][0]}/limits").read_text()
        assert re.search(r"^Max open files +50 +50 ", limits, re.MULTILINE)
        supervise("start", str(settings_file), pathlib.Path("/"))
        assert json.loads(supervise("status", name, tmp_path))["supervisor"] == by_other_name["supervisor"]
    finally:
        started = int((tmp_path / "run" / "supervisor.pid").read_text().split()[0])
        supervise("stop", str(settings_file), pathlib.Path("/"))
        if not by_other_name["supervisor"]:
            os.kill(started, signal.SIGKILL)
    left = json.loads(supervise("status", name, tmp_path))
    assert left["supervisor"] + left["hub"] == []
