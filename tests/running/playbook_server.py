# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the playbooks of a test run in copies of one process that has imported ansible-core.

Importing it takes 0.35 of the 0.5 s of CPU time of a play with one task, and a test run has hundreds of plays.

The client (ansible_playbook.py) connects to a socket, sends its arguments, working directory and environment with its three standard
streams, and gets the exit status. If it goes away, all processes of its playbook are killed. A playbook whose environment differs in what
ansible-core reads when it is imported is refused: the client then runs ansible-playbook itself, as it does if there is no server.

It is run as a script, with no package of this project: a playbook must import the collection by the loader of ansible-core.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import pathlib
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

# What a client sends is shorter than this; the limit of the system for one argument is 128 KiB.
LONGEST = 4_000_000
REFUSED = b"refused"


def serve(path: str) -> None:
    """Run playbooks for clients that connect to ``path``, until standard input ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    # From now on clients can connect. They wait until everything is imported.
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    environment = dict(os.environ)
    prepare()
    while True:
        readable, _writable, _failed = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        client, _address = listener.accept()
        if os.fork() == 0:
            listener.close()
            handle(client, environment)
            # Without what the server does at its end.
            os._exit(0)
        client.close()
        reap()


def prepare() -> None:
    """Import what every playbook imports, and load the plugins that it loads before its first task."""
    import ansible.cli.playbook  # noqa: F401
    import requests  # noqa: F401
    from ansible import config
    from ansible.plugins import loader
    from ansible.utils.collection_loader import _collection_finder

    # ansible-core has made it replaceable for caches.
    read = functools.cache(_collection_finder._meta_yml_to_dict)
    _collection_finder._meta_yml_to_dict = lambda yaml_string_data, content_id: read(yaml_string_data, "")
    listed = pathlib.Path(config.__file__).parent / "ansible_builtin_runtime.yml"
    read(listed.read_bytes(), "")
    for kind in ("callback", "connection", "shell", "become"):
        list(getattr(loader, f"{kind}_loader").all(class_only=True))
    # The copies share this memory for as long as they do not write to it, as a garbage collection does.
    gc.freeze()


def handle(client: socket.socket, environment: dict[str, str]) -> None:
    """Run one playbook, and send its exit status to the client. The process of the playbook ends in it."""
    text, streams, _flags, _address = socket.recv_fds(client, LONGEST, 3)
    while not text.endswith(b"\n"):
        more = client.recv(LONGEST)
        if not more:
            return
        text += more
    asked = json.loads(text)
    if relevant(asked["environment"]) != relevant(environment) or os.path.exists(f"{asked['directory']}/ansible.cfg"):
        client.sendall(REFUSED)
        return
    play = os.fork()
    if play == 0:
        client.close()
        run(asked, streams)
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(play)
    readable, _writable, _failed = select.select([ended, client.fileno()], [], [])
    if ended not in readable:
        for pid in [*descendants(os.getpid())]:
            os.kill(pid, signal.SIGKILL)
    _pid, status = os.waitpid(play, 0)
    if ended in readable:
        client.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def run(asked: dict[str, Any], streams: list[int]) -> None:
    """Become an ansible-playbook with the arguments, directory, environment and streams of the client. Ends with SystemExit."""
    from ansible import constants
    from ansible.cli import display, playbook
    from ansible.utils import display as displaying
    from ansible.utils.path import cleanup_tmp_file

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["directory"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    # The folder for temporary files belongs to one playbook, which removes it at its end. This one is of the server.
    known: Any = constants
    folder = pathlib.Path(known.DEFAULT_LOCAL_TMP)
    atexit.unregister(cleanup_tmp_file)
    known.DEFAULT_LOCAL_TMP = tempfile.mkdtemp(prefix=f"ansible-local-{os.getpid()}", dir=folder.parent)
    atexit.register(cleanup_tmp_file, known.DEFAULT_LOCAL_TMP, warn=True)
    # A fork takes these locks away, because it is usually one of a worker.
    for output in (sys.stdout, sys.stderr):
        displaying._synchronize_textiowrapper(output, display._lock)
    sys.argv = asked["arguments"]
    playbook.main()


def relevant(environment: dict[str, str]) -> dict[str, str]:
    """Return what Python and ansible-core may read before a playbook begins."""
    names = ("HOME", "LANG", "LANGUAGE", "PATH", "TMPDIR", "TEMP", "TMP")
    prefixes = ("ANSIBLE_", "PYTHON", "LC_")
    return {name: value for name, value in environment.items() if name in names or name.startswith(prefixes)}


def descendants(pid: int) -> Iterator[int]:
    """Yield the children of a process, and theirs, each before its own children."""
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text(encoding="ascii").split()):
            yield child
            yield from descendants(child)


def reap() -> None:
    """Forget the children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    # As for ansible-playbook: not the folder of this file, whose modules could be taken for others.
    sys.path[0] = os.path.dirname(sys.executable)
    serve(sys.argv[1])
