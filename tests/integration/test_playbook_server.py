# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process in whose copies playbooks of tests run: they cannot tell it from an ansible-playbook of their own."""

from __future__ import annotations

import pathlib
import re
import subprocess
import time

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import (
    ANSIBLE_PLAYBOOK,
    SERVER_VARIABLE,
    own_environment,
    play,
    playbook_server,
)
from ansible_collections.scramjet.sth.tests.running.commands import ending_processes
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.test_running import assert_ended

# Names the server, a socket that does not exist, and a variable that ansible-core reads when it is imported.
WAYS = ["server", "no server", "refused"]
COMMAND = [*ANSIBLE_PLAYBOOK, "-i", "localhost,", "-c", "local"]


def environment(way: str) -> dict[str, str]:
    """Return the environment of a playbook that the server runs, or that runs in an ansible-playbook of its own."""
    server = "/does/not/exist" if way == "no server" else playbook_server()
    own = {"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true"} if way == "refused" else {}
    return {**own_environment(), SERVER_VARIABLE: server, "STH_OF_THE_TEST": "of the client", **own}


@pytest.mark.parametrize("way", WAYS)
def test_status_streams_folder_and_environment_are_those_of_the_client(tmp_path: pathlib.Path, way: str) -> None:
    said = "{{ lookup('pipe', 'pwd') }}, {{ lookup('env', 'STH_OF_THE_TEST') }}, {{ read }}, {{ long | length }}"
    tasks = [{"ansible.builtin.debug": {"msg": said}}, {"ansible.builtin.fail": {"msg": "on purpose"}}]
    book = play(tmp_path / "play.yml", {"tasks": tasks})
    (tmp_path / "input").write_text('{"read": "its input"}', encoding="ascii")
    with (tmp_path / "input").open(encoding="ascii") as given:
        done = subprocess.run(
            [*COMMAND, "-e", f"long={'x' * 100_000}", "-e", "@/dev/stdin", book],
            env=environment(way),
            cwd=tmp_path,
            stdin=given,
            capture_output=True,
            text=True,
            check=False,
        )
    assert f'"msg": "{tmp_path}, of the client, its input, 100000"' in done.stdout
    assert "on purpose" in done.stdout + done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("way", WAYS)
def test_each_playbook_has_a_folder_for_temporary_files_and_removes_it(tmp_path: pathlib.Path, way: str) -> None:
    # The parent of a lookup's shell is a worker, and its parent is the playbook.
    shell = "ls -d ~/.ansible/tmp/ansible-local-$(cut -d ' ' -f 4 /proc/$PPID/stat)*"
    task = {"ansible.builtin.debug": {"msg": "{{ lookup('pipe', shell) }}"}, "vars": {"shell": shell}}
    book = play(tmp_path / "play.yml", {"tasks": [task]})
    for _time in range(2):
        output = subprocess.check_output([*COMMAND, book], env=environment(way), text=True)
        (folder,) = re.findall(r'"msg": "(.*)"', output)
        assert not pathlib.Path(folder).exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_killed_playbook_leaves_no_process(tmp_path: pathlib.Path, way: str) -> None:
    shell = f"echo $PPID $$ > '{tmp_path}/new'; mv '{tmp_path}/new' '{tmp_path}/pids'; exec sleep 1000"
    task = {"ansible.builtin.debug": {"msg": "{{ lookup('pipe', shell) }}"}, "vars": {"shell": shell}}
    book = play(tmp_path / "play.yml", {"tasks": [task]})
    with ending_processes(environment(way)) as marked:
        started = subprocess.Popen([*COMMAND, book], env=marked, stdout=subprocess.DEVNULL)
        end = time.monotonic() + bound(10)
        while not (tmp_path / "pids").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
    started.wait()
    for pid in (tmp_path / "pids").read_text(encoding="ascii").split():
        assert_ended(pid)
