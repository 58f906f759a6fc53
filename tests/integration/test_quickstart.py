# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ``make quickstart`` twice, as a newcomer would, but with a directory of its own."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sys

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT
from ansible_collections.scramjet.sth.tests.integration.real_hub import link_installation
from ansible_collections.scramjet.sth.tests.running.commands import run_command

INSTALLATIONS = ("Install the hub's package with npm", "Install Node.js from the Python package index")


def quickstart(directory: pathlib.Path, *options: str) -> str:
    """Run ``make quickstart``, or its playbook with ``options``, with ``directory`` in the place of the checkout, and return its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("STH_", "ANSIBLE_"))}
    environment["STH_QUICKSTART_DIR"] = str(directory / ".quickstart")
    # The virtual environment is the one that runs this, whatever its age.
    command = ["make", "quickstart", f"CURDIR={directory}", f"VENV={sys.prefix}", f"--old-file={sys.prefix}/.stamp"]
    if options:
        command = [f"{sys.prefix}/bin/ansible-playbook", "scramjet.sth.quickstart", *options]
    return run_command(command, environment=environment, seconds=200, directory=ROOT)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_quickstart(tmp_path: pathlib.Path) -> None:
    place = tmp_path / ".quickstart"
    link_installation(place / "prefix")
    quickstart(tmp_path)
    with FakeHub() as other:
        # A hub that variables name is none of its business: it removes what is on its own.
        output = quickstart(tmp_path, "--extra-vars", f"sth_api_url={other.api_url}")
        assert other.requests == []

    assert re.search(r"wind +6 ######", output), output[-4000:]
    assert "The hub is as empty as it was." in output
    assert "Text: completed in " in output
    assert not any(name in output for name in INSTALLATIONS)
    assert list((place / "data" / "sequences").iterdir()) == []
    assert not list((place / "data" / "run").glob("*.pid")), "a supervisor was left"
