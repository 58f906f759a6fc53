# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs programs in copies of one process that has imported what they need: playbook_server.py and module_server.py.

The client (served.py) connects to a socket, sends its arguments, working directory, environment and limits with its three standard streams,
and gets the exit status. If it goes away, all processes of its program are killed. A program is refused if its limits or those variables
differ that are read by what was imported: the client then becomes the program itself, as it does if there is no server.

The servers are run as scripts, with no package of this project: a playbook must import the collection by the loader of ansible-core, and
a module from what was sent with it.
"""

from __future__ import annotations

import gc
import json
import os
import pathlib
import select
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from typing import Callable

from served import limits  # type: ignore[import-not-found]

# What a client sends is shorter than this; the limit of the system for one argument is 128 KiB.
LONGEST = 4_000_000
REFUSED = b"refused"
# The servers themselves read these for each program.
READ_EACH_TIME = ("ANSIBLE_LOCAL_TEMP",)


def serve(path: str, prepare: Callable[[], object], become: Callable[[], object], read: tuple[str, ...]) -> None:
    """Run programs for clients that connect to ``path``, until standard input ends.

    ``prepare``: imports what each program needs. ``become``: runs the program in a copy of this process, with ``sys.argv``.
    ``read``: how the names of those variables begin that Python and the imports read.
    """
    # As for the programs: not the folder of this file, whose modules could be taken for others.
    sys.path[0] = os.path.dirname(sys.executable)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    # From now on clients can connect. They wait until everything is imported.
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    own = _read_of(os.environ, read)
    prepare()
    # The copies share this memory for as long as they do not write to it, as a garbage collection does.
    gc.freeze()
    while True:
        readable, _writable, _failed = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        client, _address = listener.accept()
        if os.fork() == 0:
            listener.close()
            _handle(client, own, become, read)
            # Without what the server does at its end.
            os._exit(0)
        client.close()
        _reap()


def _handle(client: socket.socket, own: dict[str, str], become: Callable[[], object], read: tuple[str, ...]) -> None:
    """Run one program, and send its exit status to the client. The process of the program ends in it."""
    text, streams, _flags, _address = socket.recv_fds(client, LONGEST, 3)
    while not text.endswith(b"\n"):
        more = client.recv(LONGEST)
        if not more:
            return
        text += more
    asked = json.loads(text)
    if (
        _read_of(asked["environment"], read) != own
        or asked["limits"] != limits()
        or os.path.exists(f"{asked['directory']}/ansible.cfg")
    ):
        client.sendall(REFUSED)
        return
    program = os.fork()
    if program == 0:
        client.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(asked["directory"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = asked["arguments"]
        become()
        sys.exit()
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(program)
    readable, _writable, _failed = select.select([ended, client.fileno()], [], [])
    if ended not in readable:
        for pid in [*_descendants(os.getpid())]:
            os.kill(pid, signal.SIGKILL)
    _pid, status = os.waitpid(program, 0)
    if ended in readable:
        client.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _read_of(environment: Mapping[str, str], read: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(read) and name not in READ_EACH_TIME}


def _descendants(pid: int) -> Iterator[int]:
    """Yield the children of a process, and theirs, each before its own children."""
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text(encoding="ascii").split()):
            yield child
            yield from _descendants(child)


def _reap() -> None:
    """Forget the children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
