# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hubs that the next item of a loop can use again, with their open connections and their versions.

A worker of ansible-core runs all items of one task for one host and then ends. So nothing is kept from one task to the next.
Source: architecture.md#two-entrances.
"""

from __future__ import annotations

import time

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient

# A loop over many hubs would otherwise keep a connection to each of them.
MOST_HUBS = 16

# The hubs that are not in use, each with the time of its last use, the least recently used first.
_kept: dict[Connection, tuple[HubClient, float]] = {}


def take_hub(connection: Connection) -> HubClient:
    """Return a hub with exactly these connection options, from an earlier item or new."""
    now = time.monotonic()
    for options, (hub, left) in list(_kept.items()):
        if now - left > hub.timings.idle_limit:
            del _kept[options]
            hub.close()
    if connection not in _kept:
        return HubClient(connection)
    hub = _kept.pop(connection)[0]
    hub.renew()
    return hub


def leave_hub(hub: HubClient) -> None:
    """Keep ``hub`` for the next item."""
    _kept[hub.transport.connection] = (hub, time.monotonic())
    if len(_kept) > MOST_HUBS:
        _kept.pop(next(iter(_kept)))[0].close()
