# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds ports for hubs that are started later. ``python3 ports.py`` prints two."""

from __future__ import annotations

import random
import socket

# The system uses none of these for outgoing connections. Otherwise another process could get the port of a hub that is stopped and
# started again.
_NOT_EPHEMERAL = range(20000, 32000)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    while True:
        port = random.choice(_NOT_EPHEMERAL)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


if __name__ == "__main__":
    print(free_port(), free_port())
