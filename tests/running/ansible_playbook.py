# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An ansible-playbook that starts sooner, for tests: the server (playbook_server.py) runs it, if there is one for its environment."""

from __future__ import annotations

import json
import os
import socket
import sys

# The socket of the server.
VARIABLE = "STH_TEST_PLAYBOOKS"


def main() -> None:
    """Let the server run the playbook, or run ansible-playbook."""
    command = [f"{os.path.dirname(sys.executable)}/ansible-playbook", *sys.argv[1:]]
    status = served(os.environ.get(VARIABLE, ""), command)
    if status is None:
        os.execv(command[0], command)
    sys.exit(status)


def served(path: str, command: list[str]) -> int | None:
    """Return the exit status of a command that the server has run; None if it did not run it."""
    asked = {"arguments": command, "directory": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
        except OSError:
            return None
        text = json.dumps(asked).encode() + b"\n"
        sent = socket.send_fds(server, [text], [0, 1, 2])
        server.sendall(text[sent:])
        answer = server.recv(100)
    # The server is gone before it could answer.
    if not answer:
        return 255
    return None if answer == b"refused" else int(answer)


if __name__ == "__main__":
    main()
