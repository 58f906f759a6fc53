# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes in whose copies playbooks and modules of tests run: these cannot tell that from processes of their own."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import (
    ANSIBLE_PLAYBOOK,
    SERVERS_VARIABLE,
    interpreter,
    own_environment,
    play,
    servers,
)
from ansible_collections.scramjet.sth.tests.running.commands import ending_processes
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.test_running import assert_ended

# Names the servers, a folder that does not exist, and a variable that Python reads when it starts.
WAYS = ["server", "no server", "refused"]


def command(book: pathlib.Path, *options: str) -> list[str]:
    given = [*options, "-e", f"ansible_python_interpreter={interpreter()}"]
    return [*ANSIBLE_PLAYBOOK, "-i", "localhost,", "-c", "local", *given, str(book)]


def environment(way: str) -> dict[str, str]:
    """Return the environment of a playbook that the server runs, or that runs in an ansible-playbook of its own."""
    server = "/does/not/exist" if way == "no server" else servers()
    own = {"PYTHONHASHSEED": "1"} if way == "refused" else {}
    return {**own_environment(), SERVERS_VARIABLE: server, "STH_OF_THE_TEST": "of the client", **own}


@pytest.mark.parametrize("way", WAYS)
def test_status_streams_folder_and_environment_are_those_of_the_client(tmp_path: pathlib.Path, way: str) -> None:
    said = "{{ lookup('pipe', 'pwd') }}, {{ lookup('env', 'STH_OF_THE_TEST') }}, {{ read }}, {{ long | length }}"
    tasks = [{"ansible.builtin.debug": {"msg": said}}, {"ansible.builtin.fail": {"msg": "on purpose"}}]
    book = play(tmp_path / "play.yml", {"tasks": tasks})
    (tmp_path / "input").write_text('{"read": "its input"}', encoding="ascii")
    with (tmp_path / "input").open(encoding="ascii") as given:
        done = subprocess.run(
            command(book, "-e", f"long={'x' * 100_000}", "-e", "@/dev/stdin"),
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


@pytest.mark.parametrize(("way", "chosen"), [("server", False), ("server", True), ("no server", False)])
def test_each_playbook_has_a_folder_for_temporary_files_and_removes_it(
    tmp_path: pathlib.Path, way: str, chosen: bool
) -> None:
    parent, variables = "~/.ansible/tmp", environment(way)
    if chosen:
        parent = variables["ANSIBLE_LOCAL_TEMP"] = str(tmp_path / "local")
    # The parent of a lookup's shell is a worker, and its parent is the playbook.
    shell = f"ls -d {parent}/ansible-local-$(cut -d ' ' -f 4 /proc/$PPID/stat)*"
    task = {"ansible.builtin.debug": {"msg": "{{ lookup('pipe', shell) }}"}, "vars": {"shell": shell}}
    book = play(tmp_path / "play.yml", {"tasks": [task]})
    for _time in range(2):
        output = subprocess.check_output(command(book), env=variables, text=True)
        (folder,) = re.findall(r'"msg": "(.*)"', output)
        assert not pathlib.Path(folder).exists()


@pytest.mark.parametrize("way", WAYS[:2])
@pytest.mark.parametrize("part", ["worker", "module"])
def test_a_killed_playbook_leaves_no_process(tmp_path: pathlib.Path, part: str, way: str) -> None:
    shell = f"echo $PPID $$ > '{tmp_path}/new'; mv '{tmp_path}/new' '{tmp_path}/pids'; exec sleep 1000"
    task: dict[str, Any] = {"ansible.builtin.debug": {"msg": "{{ lookup('pipe', shell) }}"}, "vars": {"shell": shell}}
    if part == "module":
        task = {"ansible.builtin.shell": shell}
    book = play(tmp_path / "play.yml", {"tasks": [task]})
    with ending_processes(environment(way)) as marked:
        started = subprocess.Popen(command(book), env=marked, stdout=subprocess.DEVNULL)
        end = time.monotonic() + bound(10)
        while not (tmp_path / "pids").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
    started.wait()
    for pid in (tmp_path / "pids").read_text(encoding="ascii").split():
        assert_ended(pid)


@pytest.mark.parametrize("way", WAYS)
def test_a_module_has_the_status_streams_folder_environment_and_limits_of_its_task(
    tmp_path: pathlib.Path, way: str
) -> None:
    # The parent of the shell is the module.
    shell = "pwd; echo $STH_OF_THE_TEST $OF_THE_TASK; umask; ulimit -n; grep -c module_server /proc/$PPID/cmdline; cat; exit 3"
    asked = {"cmd": shell, "chdir": str(tmp_path), "stdin": "its input"}
    task = {
        "ansible.builtin.shell": asked,
        "register": "done",
        "ignore_errors": True,
        "environment": {"OF_THE_TASK": "own"},
    }
    shown = {"ansible.builtin.debug": {"msg": "{{ ([done.rc] + done.stdout_lines) | join('; ') }}"}}
    book = play(tmp_path / "play.yml", {"tasks": [task, shown]})
    for limit in ("", "umask 27; ulimit -n 500; "):
        limited = ["sh", "-c", f'{limit}umask >&2; ulimit -n >&2; exec "$@"', "sh", *command(book)]
        done = subprocess.run(limited, env=environment(way), capture_output=True, text=True, check=True)
        limits = done.stderr.split()[:2]
        is_served = way == "server" and not limit
        said = ["3", str(tmp_path), "of the client own", *limits, str(int(is_served)), "its input"]
        assert f'"msg": "{"; ".join(said)}"' in done.stdout


def test_what_is_not_a_module_is_run_by_python_itself(tmp_path: pathlib.Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.argv[1:], sys.executable)", encoding="ascii")
    said = subprocess.check_output([interpreter(), script, "an argument"], env=environment("server"), text=True)
    assert said == f"['an argument'] {sys.executable}\n"
