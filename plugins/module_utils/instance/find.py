# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References to instances: an id, a name, or the name of a pool or deployment for all of its members.

An id wins over a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import order
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Inventory

# Every id that a hub makes, and every one that may be chosen (hub-behaviour.md#start-and-life-cycle), has 36
# characters.
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def is_meant(record: InstanceRecord, references: Iterable[str]) -> bool:
    """Whether one of ``references`` is its id, its name, or the name of its pool or deployment."""
    mark = record.mark
    names = {record.id, *((mark.name, mark.pool, mark.deployment) if mark else ())}
    return not names.isdisjoint(references)


def observe_instance(hub: HubClient, reference: str) -> list[InstanceRecord]:
    """Return every listed instance that is meant, the live ones first, each kind the oldest first.

    An id takes one request. Raises ``INVALID_OPTION`` for an empty reference: it never means "unset".
    """
    if not reference.strip():
        raise SthError("INVALID_OPTION", "instance is empty: set a name or an id.")
    if _ID.match(reference):
        record = hub.instance(reference).info()
        if record is not None:
            return [record]
    inventory = observe(hub, lambda found: any(is_meant(item, (reference,)) for item in found.instances))
    return find_instances(inventory, reference)


def find_instances(inventory: Inventory, reference: str) -> list[InstanceRecord]:
    """Return what `observe_instance` returns, from what was read already."""
    found = [item for item in inventory.instances if is_meant(item, (reference,))]
    by_id = [item for item in found if item.id == reference]
    return by_id or sorted(found, key=lambda item: (not item.live, place(item)))


def one_per_name(records: Iterable[InstanceRecord]) -> list[InstanceRecord]:
    """Drop all but the first of each name: duplicates of a name are one to their user, and the oldest stays."""
    first: dict[str, InstanceRecord] = {}
    for item in records:
        first.setdefault(item.label, item)
    return list(first.values())


def missing_instance(hub: HubClient, reference: str) -> SthError:
    """Build the failure for a reference that fits nothing."""
    forgets = " (this hub forgets an instance as soon as it ends)" if not hub.dialect.keeps_ended else ""
    return SthError(
        "NOT_FOUND",
        f"No instance {reference!r} on {hub.api_url}{forgets}: start it with sth_instance, or list what runs there with "
        "sth_instance_info.",
    )


def assumable(reference: str) -> bool:
    """Whether check mode may assume that an earlier task starts it: it would choose a name, never an id."""
    return not _ID.match(reference)


def place(record: InstanceRecord) -> tuple[str, int, str, tuple[str, str]]:
    """Sort key by name, the members of a pool by their index; of one name the oldest is first."""
    mark = record.mark
    named = (mark.pool or mark.name, mark.index or 0, mark.name) if mark else ("", 0, record.id)
    return (*named, order(record))
