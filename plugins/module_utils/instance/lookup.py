# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References to instances: an id, a name, or the name of a pool or deployment for all of its members.

An id wins over a name.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import order
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import HUB_ID, InstanceRecord, Inventory


def is_named_by(record: InstanceRecord, references: Iterable[str]) -> bool:
    """Whether one of ``references`` is the id or the name of an instance, or the name of its pool or deployment."""
    mark = record.mark
    names = {record.id, *((mark.name, mark.pool, mark.deployment) if mark else ())}
    return not names.isdisjoint(references)


def observe_instance(hub: HubClient, reference: str) -> list[InstanceRecord]:
    """Return every listed instance that ``reference`` names: first live ones, then ended ones, the oldest first in each.

    An id takes one request. Raises ``INVALID_OPTION`` for an empty reference, which does not mean "not set".
    """
    if not reference.strip():
        raise SthError("INVALID_OPTION", "instance is empty: set a name or an id.")
    if HUB_ID.match(reference):
        record = hub.instance(reference).info()
        if record is not None:
            return [record]
    inventory = observe(hub, lambda found: any(is_named_by(item, (reference,)) for item in found.instances))
    return find_instances(inventory, reference)


def find_instances(inventory: Inventory, reference: str) -> list[InstanceRecord]:
    """Return the same as `observe_instance`, from an inventory that was read already."""
    found = [item for item in inventory.instances if is_named_by(item, (reference,))]
    by_id = [item for item in found if item.id == reference]
    return by_id or sorted(found, key=lambda item: (not item.live, sort_key(item)))


def one_per_name(records: Iterable[InstanceRecord]) -> list[InstanceRecord]:
    """Drop all but the first instance of each name, because duplicates count as one, and the oldest is kept."""
    first: dict[str, InstanceRecord] = {}
    for item in records:
        first.setdefault(item.label, item)
    return list(first.values())


def missing_instance(hub: HubClient, reference: str) -> SthError:
    """Build the failure for a reference that matches nothing."""
    forgets = " (this hub forgets an instance as soon as it ends)" if not hub.dialect.keeps_ended else ""
    return SthError(
        "NOT_FOUND",
        f"No instance {reference!r} on {hub.api_url}{forgets}: start it with sth_instance, or list what runs there with "
        "sth_instance_info.",
    )


def assumable(reference: str) -> bool:
    """Whether check mode may assume that an earlier task would start the instance: not if ``reference`` is an id of a hub."""
    return not HUB_ID.match(reference)


def sort_key(record: InstanceRecord) -> tuple[str, int, str, tuple[str, str]]:
    """Sort key: by name, members of a pool by index, and instances with the same name by age."""
    mark = record.mark
    named = (mark.pool or mark.name, mark.index or 0, mark.name) if mark else ("", 0, record.id)
    return (*named, order(record))
