# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ``make quickstart`` like a new user, but in another directory."""

from __future__ import annotations

import pathlib
import re
import shutil
import sys

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT
from ansible_collections.scramjet.sth.tests.integration.real_hub import link_installation, start_timeout
from ansible_collections.scramjet.sth.tests.running.commands import run_command, without_own_variables
from ansible_collections.scramjet.sth.tests.running.ports import free_port

INSTALLATIONS = ("Install the hub's package with npm", "Install Node.js from the Python package index")


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_quickstart(tmp_path: pathlib.Path) -> None:
    place = tmp_path / ".quickstart"
    # As after a first run, so this run must not install anything.
    link_installation(place / "prefix")
    environment = without_own_variables()
    with FakeHub() as other:
        # Use another directory, and the virtual environment of this test, whatever its age. The playbook must ignore sth_api_url, because
        # it removes everything from the hub that it uses.
        command = ["make", "quickstart", f"CURDIR={tmp_path}", f"VENV={sys.prefix}", f"--old-file={sys.prefix}/.run"]
        # Choose the ports here, because another run of the tests may search for free ports at the same moment.
        given = {
            "sth_api_url": other.api_url,
            "hub_port": free_port(),
            "hub_instances_port": free_port(),
            "hub_start_timeout": start_timeout(),
        }
        command += ["ARGS=" + " ".join(f"--extra-vars {name}={value}" for name, value in given.items())]
        output = run_command(command, environment=environment, seconds=200, directory=ROOT)
        assert other.requests == []

    assert re.search(r"^wind +6 ######$", output, re.MULTILINE), output[-4000:]
    assert "The jobs have left nothing on it." in output
    assert "Text: completed in " in output
    assert not any(name in output for name in INSTALLATIONS)
    # The lines that matter to a reader.
    assert "skipping: " not in output
    assert "ok: " not in output
    assert "included: " not in output
    assert len(output.splitlines()) < 80, output
    assert list((place / "data" / "sequences").iterdir()) == []
    assert not list((place / "data" / "run").glob("*.pid")), "a supervisor was left"
