# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python program that starts sooner, for tests: a copy of a process that has imported what it needs (copies.py) becomes it.

``served.py ansible-playbook ...`` runs a playbook, and ``served.py python AnsiballZ_command.py ...`` a module. Without a server that does
this for its environment, it becomes the program itself. So does ``served.py python`` with anything other than a module.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys

# The folder with the socket of each server, which has the name of the program.
VARIABLE = "STH_TEST_SERVERS"


def main() -> None:
    """Let a server run the program, or become it."""
    program = sys.argv[1]
    command = [f"{os.path.dirname(sys.executable)}/{program}", *sys.argv[2:]]
    known = program != "python" or os.path.basename(command[1] if command[1:] else "").startswith("AnsiballZ_")
    folder = os.environ.get(VARIABLE)
    status = served(f"{folder}/{program}", command) if folder and known else None
    if status is None:
        os.execv(command[0], command)
    sys.exit(status)


def served(path: str, command: list[str]) -> int | None:
    """Return the exit status of a command that the server at this socket has run; None if it did not run it."""
    asked = {
        "arguments": command,
        "directory": os.getcwd(),
        "environment": dict(os.environ),
        "limits": limits(),
    }
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
        except OSError:
            return None
        text = json.dumps(asked).encode() + b"\n"
        sent = socket.send_fds(server, [text], [0, 1, 2])
        # Sending nothing fails too if the server has answered and gone.
        if text[sent:]:
            server.sendall(text[sent:])
        answer = server.recv(100)
    # The server is gone before it could answer.
    if not answer:
        return 255
    return None if answer == b"refused" else int(answer)


def limits() -> list[object]:
    """Return the umask and the limits of this process. A program whose limits are not those of the server has a process of its own."""
    mask = os.umask(0o077)
    os.umask(mask)
    known = [value for name, value in sorted(vars(resource).items()) if name.startswith("RLIMIT_")]
    return [mask, *(list(resource.getrlimit(kind)) for kind in known)]


if __name__ == "__main__":
    main()
