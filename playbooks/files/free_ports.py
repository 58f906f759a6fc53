# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints a free port for each port in the arguments: the port itself if nothing listens on it, else another one."""

from __future__ import annotations

import socket
import sys

with socket.socket() as one, socket.socket() as other:
    for probe, port in zip((one, other), sys.argv[1:]):
        # As servers do, treat a port as free while its last connections are still closing.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", int(port)))
        except OSError:
            probe.bind(("", 0))
        print(probe.getsockname()[1])
