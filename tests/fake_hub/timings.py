# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a hub takes for what; seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """The real values, from recordings of both generations."""

    # Until a started instance is connected.
    handshake: float = 0.2
    # A completed Node.js program's runner goes on for this long.
    linger: float = 10.0
    # From the death of a process to the hub's notice.
    notice: float = 0.3
    # 1.x: a sequence counts as in use for this long after an instance's end.
    busy: float = 15.0
    # 1.x: further time for which an ended record is listed.
    extension: float = 180.0
    # 1.x: until runners are listed again after a restart.
    reconnect: float = 10.0
    # Until a runner asks its program for its health.
    health: float = 1.0
    # 1.x: what a stop without a timeout takes.
    stop: float = 7.0
    # Until a runner is ended that was to end by itself: its program has put off a stop, or ended the application.
    overdue_018: float = 11.0
    overdue_1x: float = 15.0
    # Until a connection is closed on which nothing is asked (hub-behaviour.md#idle-connections).
    idle: float = 6.0
    # 0.18: until a request has to have come (hub-behaviour.md#slow-uploads).
    request: float = 300.0
    # How fast all that passes, and what programs and requests ask for.
    pace: float = 1.0


# For tests: the order of things stays, the waiting does not.
FAST = Timings(
    handshake=0.02,
    linger=1.0,
    notice=0.02,
    busy=0.3,
    extension=0.3,
    reconnect=1.0,
    health=0.15,
    overdue_018=0.6,
    overdue_1x=0.8,
)
