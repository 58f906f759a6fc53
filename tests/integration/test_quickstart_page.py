# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs docs/quickstart.md as a reader does: saves its files, and runs its commands in their order on a hub that they install."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import free_port, link_installation

PAGE = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not EVERYTHING, reason="takes a real hub of its own: `make matrix` runs it")
def test_the_page_shows_the_real_output_of_its_commands(tmp_path: pathlib.Path) -> None:
    for name, text in re.findall(r"Save this as `(.+?)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    link_installation(tmp_path / "hub" / "program")
    port = free_port()
    # The page uses the default ports, which another hub on this machine may use. So choose others.
    variables = {"hub_port": port, "hub_instances_port": free_port(), "sth_api_url": f"http://127.0.0.1:{port}"}
    commands = re.findall(r"^\$ ansible-playbook (.+)$", PAGE, re.MULTILINE)
    said = []
    try:
        for command in commands:
            book, *options = command.split()
            said.append(run_playbook(tmp_path / book, variables, *options, directory=tmp_path))
    finally:
        if len(said) != len(commands):
            run_playbook(tmp_path / "hub.yml", {**variables, "hub_state": "absent", "hub_interrupt_instances": True})
    _hub, job, predicted, first, second, absent, removed = said
    assert '"msg": "HELLO HUB!"' in job, job
    assert "changed=1" in predicted
    assert "changed=1" in first
    assert "shout-1" in first
    assert "changed=0" in second
    assert "changed=1" in absent
    assert "failed=0" in removed
    assert not (tmp_path / "hub" / "data").exists()
