# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loop talks to its hub over one connection."""

from __future__ import annotations

import pathlib
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook


def test_a_loop_uses_one_connection_and_the_next_task_its_own(tmp_path: pathlib.Path) -> None:
    looped = {"scramjet.sth.sth_sequence_info": {"sequence": "{{ item }}"}, "loop": ["a", "b", "c", "d"]}
    single: dict[str, Any] = {"scramjet.sth.sth_instance_info": {}}
    with FakeHub(generation="1.x") as hub:
        run_playbook(play(tmp_path / "loop.yml", {"tasks": [looped, single]}), {"sth_api_url": hub.api_url})
        paths = [request.path.removeprefix("/api/v1/") for request in hub.requests]
    # If a hub lists no instance, a task asks since when the hub is up.
    assert paths == ["version", *["sequences"] * 4, "version", "entities", "log"]
    # A stream has a connection of its own.
    assert len(hub.connections) == 3
