# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role's launcher of a hub does before the hub starts. The packages of the hub are stand-ins here."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.integration.real_hub import node
from ansible_collections.scramjet.sth.tests.running.commands import ROOT
from ansible_collections.scramjet.sth.tests.running.pace import bound

SCRIPT = ROOT / "roles" / "hub" / "files" / "sth_hub.js"
# Tests may run as root, to whom the system refuses no removal. So it is refused here, as for a directory without write permission.
DEFAULTS = """
const fs = require("fs");
const remove = fs.rmSync;
fs.rmSync = (path, options) => {
  if (path.endsWith("locked")) throw Object.assign(new Error(`EACCES: permission denied, rm '${path}'`), { code: "EACCES" });
  return remove(path, options);
};
exports.defaultConfig = { host: {}, runtimeAdapter: "none" };
"""
HOST = "exports.startHost = async () => { console.log('started'); };"


def package(folder: pathlib.Path, name: str, code: str) -> None:
    """Install a package with this code."""
    place = folder / "node_modules" / name
    place.mkdir(parents=True)
    (place / "package.json").write_text(json.dumps({"name": name, "version": "1.0.0", "main": "index.js"}))
    (place / "index.js").write_text(code)


# Where the machine has no Node.js, this installs a hub, as other tests do.
@pytest.mark.slow
def test_a_temporary_file_that_cannot_be_removed_does_not_prevent_the_start(tmp_path: pathlib.Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    package(tmp_path, "@scramjet/sth-config", DEFAULTS)
    package(tmp_path, "@scramjet/host", HOST)
    temporary, environment = tmp_path / "tmp", tmp_path / "environment.json"
    (temporary / "locked").mkdir(parents=True)
    (temporary / "zero").write_text("left by a program")
    environment.write_text("{}")
    settings: dict[str, Any] = {
        "data_dir": str(tmp_path / "data"),
        "tmp_dir": str(temporary),
        "package_dir": str(tmp_path),
        "runner_environment": str(environment),
        "reconnect": {},
        "fingerprint": "f",
        "hub": {},
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    command = [node(tmp_path / "prefix"), str(SCRIPT), str(tmp_path / "settings.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=bound(20))
    assert (done.returncode, done.stdout) == (0, "started\n"), done.stderr
    assert f"Could not remove locked from {temporary}: EACCES" in done.stderr
    assert [item.name for item in temporary.iterdir()] == ["locked"]
    assert json.loads((tmp_path / "data" / "run" / "ready.json").read_text())["fingerprint"] == "f"
