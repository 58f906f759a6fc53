# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the lists of a hub. After a possible restart, it waits until missing instances can be trusted to be absent.

Source: hub-behaviour.md#empty-list-after-a-restart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.http.workers import workers
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import PARALLEL_GETS, HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, poll


def observe(hub: HubClient, complete: Callable[[Inventory], bool]) -> Inventory:
    """Read the inventory. After a refused connection, repeat this until it is ``complete`` or long enough for that has passed."""
    inventory = hub.inventory()
    if inventory.just_started and hub.dialect.hides_running_after_restart and not complete(inventory):
        inventory, _complete = poll(hub.inventory, complete, Deadline(hub.timings.reconnect), hub.timings.looks)
    # One wait is enough.
    hub.transport.was_refused = False
    return inventory


def ask_silent_again(hub: HubClient, inventory: Inventory) -> Inventory:
    """Read the instances again for which the hub did not answer. On 0.18 it does not answer while they start.

    Source: hub-behaviour.md#starting-instance-never-answers.
    """
    silent = [item for item in inventory.instances if item.app_config is None]
    if not silent:
        return inventory
    with workers(hub, PARALLEL_GETS) as pool:
        found = dict(zip((item.id for item in silent), pool.map(lambda item: hub.instance(item.id).info(), silent)))
    instances = (found.get(item.id, item) for item in inventory.instances)
    # The record of an instance that still does not answer has no sequence, but the list had it.
    told = {item.id: item for item in silent}
    return replace(
        inventory,
        instances=tuple(told[item.id] if not item.sequence_id else item for item in instances if item is not None),
    )


def observe_instances(hub: HubClient) -> list[InstanceRecord]:
    """Read the instances before a package is removed. After a refused connection, wait until all of them must be listed.

    Source: hub-behaviour.md#restart-of-the-hub (the hub would delete a package under an instance that is not listed yet).
    """
    if hub.transport.was_refused and hub.dialect.hides_running_after_restart:
        instances, _complete = poll(
            hub.instances, lambda found: False, Deadline(hub.timings.reconnect), hub.timings.looks
        )
        hub.transport.was_refused = False
        return instances
    return hub.instances()
