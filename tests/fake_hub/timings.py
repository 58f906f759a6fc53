# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many seconds a hub takes for each step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """The real values, from recordings of both generations."""

    # Until a started instance is connected.
    handshake: float = 0.2
    # How long the runner of a completed Node.js program stays.
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
    # 1.x: the default timeout of a stop.
    stop: float = 7.0
    # Until the hub ends a runner that does not end by itself after keepAlive or the end of the application.
    overdue_018: float = 11.0
    overdue_1x: float = 15.0
    # 1.x: between two heartbeats of the hub, while somebody reads /audit.
    heartbeat: float = 10.0
    # Until an idle connection is closed (hub-behaviour.md#idle-connections).
    idle: float = 6.0
    # 0.18: within how many seconds a request must have arrived (hub-behaviour.md#slow-uploads).
    request: float = 300.0
    # A factor for all these times, and for the times in configurations and requests.
    pace: float = 1.0


# For tests: the same order of events, but with short waits.
FAST = Timings(
    handshake=0.02,
    linger=1.0,
    notice=0.02,
    busy=0.3,
    extension=0.3,
    reconnect=1.0,
    health=0.15,
    heartbeat=0.2,
    overdue_018=0.6,
    overdue_1x=0.8,
)
