# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what a hub lists, and does not believe an absence that may be a restart (trap 25)."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.models import InstanceRecord, Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.waiting import Deadline, poll

# A 1.x hub lists no instance for up to 12 s after a restart, although they run (hub-contract.md section 6).
RECONNECT = 20.0


def observe(hub: HubClient, complete: Callable[[Inventory], bool]) -> Inventory:
    """Read the inventory; right after a refused connection, again until it is ``complete`` or that has lasted."""
    inventory = hub.inventory()
    if inventory.just_started and hub.version().generation == "1.x" and not complete(inventory):
        inventory, _complete = poll(hub.inventory, complete, Deadline(RECONNECT))
    # What was waited for once need not be waited for again.
    hub.transport.was_refused = False
    return inventory


def observe_instances(hub: HubClient) -> list[InstanceRecord]:
    """Read the instances for whoever may remove what one runs from: right after a refused connection, when that has lasted.

    Source: hub-contract.md section 6 (a package is deleted under an instance that is not listed yet).
    """
    if hub.transport.was_refused and hub.version().generation == "1.x":
        instances, _complete = poll(hub.instances, lambda found: False, Deadline(RECONNECT))
        hub.transport.was_refused = False
        return instances
    return hub.instances()
