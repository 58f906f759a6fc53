# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what a hub lists, and waits if an instance may run that the hub does not list yet, or does not answer for.

Source: hub-behaviour.md#empty-list-after-a-restart, hub-behaviour.md#starting-instance-never-answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import PARALLEL_GETS, HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, poll
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Workers


class Plan(Protocol):
    """The properties of a plan that say how it depends on instances that the hub does not list."""

    @property
    def relies_on_absence(self) -> bool:
        """Whether the plan could be wrong if an instance runs that the hub does not list yet."""

    @property
    def missing(self) -> frozenset[str]:
        """Names of the packages of instances that it starts because the hub lists none."""


P = TypeVar("P", bound=Plan)


def observe(hub: HubClient, complete: Callable[[Inventory], bool]) -> Inventory:
    """Read the inventory. If it is not ``complete`` and the hub has just been started, read again until it is, or the hub lists all."""
    inventory = hub.inventory()
    if complete(inventory):
        return inventory
    hidden = hides_for(hub)
    return poll(hub.inventory, complete, Deadline(hidden), hub.timings.looks)[0] if hidden else inventory


def decide_surely(
    hub: HubClient, inventory: Inventory, decide: Callable[[Inventory], P], tell: Callable[[str], None]
) -> tuple[Inventory, P]:
    """Make a plan. If the inventory may lack an instance that matters to the plan, wait, read it again, and plan again.

    Returns the inventory and the plan that follows from it. Raises ``TIMEOUT`` if the hub does not answer for an instance that the
    plan may otherwise start a second time. ``tell`` gets a line that says why the task waits.
    """
    inventory, plan = _when_all_are_listed(hub, inventory, decide, tell)
    if not _in_doubt(inventory, plan):
        return inventory, plan
    tell(f"{hub.api_url} does not answer for every instance: asking again for up to {hub.timings.silence:g} s")

    def ask() -> tuple[Inventory, P]:
        found = ask_silent_again(hub, hub.inventory())
        return found, decide(found)

    seen, _certain = poll(ask, lambda item: not _in_doubt(*item), Deadline(hub.timings.silence), hub.timings.looks)
    for silent in _in_doubt(*seen):
        raise SthError(
            "TIMEOUT",
            f"{hub.api_url} does not answer for instance {silent.id}, so this task cannot know whether the instance that it would "
            "start runs already. Nothing was changed. Run the task again. If the hub never answers for this instance, its start has "
            "failed, and only a restart of the hub removes it.",
            instance=silent.id,
        )
    return seen


def _when_all_are_listed(
    hub: HubClient, inventory: Inventory, decide: Callable[[Inventory], P], tell: Callable[[str], None]
) -> tuple[Inventory, P]:
    """Return the inventory and the plan. If the plan relies on an absence, first wait until the hub lists all that runs."""
    plan = _decided(decide, inventory)
    if plan is None or plan.relies_on_absence:
        hidden = hides_for(hub)
        if hidden:
            tell(waiting_for(hub, hidden))

            def read() -> tuple[Inventory, P | None]:
                found = hub.inventory()
                return found, _decided(decide, found)

            (inventory, plan), _listed = poll(
                read,
                lambda seen: seen[1] is not None and not seen[1].relies_on_absence,
                Deadline(hidden),
                hub.timings.looks,
            )
    # If no plan was possible, plan once more, which raises the failure.
    return inventory, decide(inventory) if plan is None else plan


def waiting_for(hub: HubClient, seconds: float) -> str:
    """Say why a task waits for a hub that has just been started."""
    return f"{hub.api_url} has just been started: waiting up to {seconds:.0f} s until it lists all instances that run again"


def hides_for(hub: HubClient) -> float:
    """Return for how many seconds more the hub may leave out running instances; 0.0 if it lists all."""
    if not hub.dialect.hides_running_after_restart:
        return 0.0
    clock = hub.clock()
    return max(0.0, hub.timings.reconnect - clock.up) if clock else 0.0


def read_surely(hub: HubClient, instance_id: str) -> InstanceRecord | None:
    """Read an instance; None if it is gone. If the hub has just been started, wait first, because it may not list it yet."""
    read = hub.instance(instance_id).info
    record = read()
    hidden = hides_for(hub) if record is None else 0.0
    return poll(read, lambda item: item is not None, Deadline(hidden), hub.timings.looks)[0] if hidden else record


def came_back(hub: HubClient, record: InstanceRecord) -> bool:
    """Whether an instance is older than its hub: it ran on while the hub was restarted, and the hub has lost its events.

    Source: hub-behaviour.md#restart-of-the-hub.
    """
    if not hub.dialect.hides_running_after_restart or record.created is None:
        return False
    clock = hub.clock()
    return (
        clock is not None and datetime.fromisoformat(record.created.replace("Z", "+00:00")).timestamp() < clock.started
    )


def _decided(decide: Callable[[Inventory], P], inventory: Inventory) -> P | None:
    """Return the plan; None if it needs an instance that the inventory lacks."""
    try:
        return decide(inventory)
    except SthError as error:
        if error.code != "NOT_FOUND":
            raise
        return None


def _in_doubt(inventory: Inventory, plan: Plan) -> list[InstanceRecord]:
    """Return the instances that the hub does not answer for, and that the plan may start again because they seem to be missing."""
    silent = ((item, inventory.sequence(item.sequence_id)) for item in _silent_instances(inventory))
    return [item for item, sequence in silent if sequence is not None and sequence.name in plan.missing]


def _silent_instances(inventory: Inventory) -> list[InstanceRecord]:
    return [item for item in inventory.instances if item.silent]


def ask_silent_again(hub: HubClient, inventory: Inventory) -> Inventory:
    """Read the instances again for which the hub did not answer. On 0.18 it does not answer while they start.

    Source: hub-behaviour.md#starting-instance-never-answers.
    """
    silent = _silent_instances(inventory)
    if not silent:
        return inventory
    with Workers(PARALLEL_GETS, hub.abandon) as pool:
        found = dict(zip((item.id for item in silent), pool.map(lambda item: hub.instance(item.id).info(), silent)))
    instances = (found.get(item.id, item) for item in inventory.instances)
    # The record of an instance that still does not answer has no sequence, but the list had it.
    listed = {item.id: item for item in silent}
    return replace(
        inventory,
        instances=tuple(listed[item.id] if not item.sequence_id else item for item in instances if item is not None),
    )


def observe_instances(hub: HubClient) -> list[InstanceRecord]:
    """Read the instances before a package is removed. If the hub has just been started, wait until it lists all that run.

    Otherwise the hub would delete the package of an instance that it does not list yet (hub-behaviour.md#restart-of-the-hub).
    """
    hidden = hides_for(hub)
    return (
        poll(hub.instances, lambda found: False, Deadline(hidden), hub.timings.looks)[0] if hidden else hub.instances()
    )
