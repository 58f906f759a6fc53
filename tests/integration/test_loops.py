# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loop talks to its hub over one connection."""

from __future__ import annotations

import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import ending_processes
from ansible_collections.scramjet.sth.tests.running.pace import bound


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


ITEMS = 10_000
# Bytes of ansible-playbook or its worker, which keeps the results of all items. They were 122 MB.
LARGEST = 500_000_000


@pytest.mark.skipif(not EVERYTHING, reason="takes minutes: make matrix runs it")
@pytest.mark.timeout(bound(1800))
def test_ten_thousand_items_of_which_a_part_is_killed_leave_whole_files(tmp_path: pathlib.Path) -> None:
    written = tmp_path / "written"
    written.mkdir()
    source = str(ROOT / "tests" / "integration" / "packages" / "probe")
    packed = {"src": source, "dest": f"{written}/{{{{ item }}}}.tar.gz"}
    looped = {"scramjet.sth.sth_package": packed, "loop": f"{{{{ range({ITEMS}) | list }}}}"}
    book = play(tmp_path / "loop.yml", {"tasks": [looped]})
    command = [f"{pathlib.Path(sys.executable).parent}/ansible-playbook", "-i", "localhost,", "-c", "local", str(book)]
    # A worker has a session of its own, so it outlives ansible-playbook.
    with (
        ending_processes(os.environ) as environment,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as killed,
    ):
        end = time.monotonic() + bound(120)
        while len(os.listdir(written)) < ITEMS // 10:
            assert killed.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        os.killpg(killed.pid, signal.SIGKILL)
    whole = {path.read_bytes() for path in written.glob("*.tar.gz")}
    assert len(whole) == 1
    assert len(list(written.glob(".*"))) <= 1
    run_playbook(book, {}, seconds=600)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert most < LARGEST, most
    assert len(os.listdir(written)) == ITEMS
    assert {path.read_bytes() for path in written.iterdir()} == whole
