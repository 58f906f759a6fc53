# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replicas of one deployment as a hub lists them. Pure.

Source: architecture.md#deployments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import TakeOverOptions
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import order, order_in_group, same
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import find_sequences, parse_reference
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout


@dataclass(frozen=True)
class Replica:
    """One instance of a deployment, live or ended. ``sequence`` is None if the hub no longer has its package.

    ``taken_over``: the deployment did not start this instance, but takes it over. The hub does not report ``mark`` for it, so it
    is always replaced.
    """

    record: InstanceRecord
    mark: InstanceMark
    sequence: SequenceRecord | None
    taken_over: bool = False

    @property
    def id(self) -> str:
        """The id of the instance on the hub."""
        return self.record.id

    @property
    def index(self) -> int:
        """The index of the replica; -1 if its mark has none."""
        return -1 if self.mark.index is None else self.mark.index

    @property
    def ref(self) -> str | None:
        """The ref of its version."""
        return self.sequence.ref if self.sequence else None

    @property
    def rollout(self) -> Rollout:
        """The part of its mark that describes the run that started it."""
        return self.mark.rollout or Rollout()

    @property
    def object(self) -> str:
        """Its name in actions."""
        name = self.record.label if self.taken_over else self.mark.name
        return f"instance {name}{f' from {self.ref}' if self.ref else ''}"


@dataclass(frozen=True)
class Observed:
    """The state of a deployment at one time. ``taken_over``: the marks of the instances that it takes over, by id."""

    name: str
    inventory: Inventory
    replicas: tuple[Replica, ...]
    taken_over: Mapping[str, InstanceMark] = field(default_factory=dict)

    @cached_property
    def live(self) -> tuple[Replica, ...]:
        """The live replicas, by index, the oldest first. Sorted once, because a task looks through them many times."""
        live = (item for item in self.replicas if item.record.live)
        return tuple(sorted(live, key=lambda item: (item.index, order(item.record))))

    @property
    def generation(self) -> int:
        """The highest generation of all replicas, including ended ones."""
        return max((item.rollout.generation for item in self.replicas), default=0)

    @cached_property
    def leader(self) -> Replica | None:
        """A live replica of the latest run."""
        return latest(self.live)

    def at(self, index: int) -> list[Replica]:
        """Return the live replicas with this index, the oldest first."""
        return [item for item in self.live if item.index == index]

    def last_ended(self, index: int) -> Replica | None:
        """Return the replica with this index that ended last; None if the hub lists none, as on 0.18."""
        ended = [item for item in self.replicas if item.index == index and not item.record.live]
        return max(ended, key=lambda item: (item.record.ended or "", order(item.record)), default=None)


def latest(replicas: Iterable[Replica]) -> Replica | None:
    """Return a replica of the latest run, if possible one without an app_config or args of its own."""
    return max(
        replicas,
        key=lambda item: (item.rollout.rank, item.index >= item.rollout.own, -item.index),
        default=None,
    )


def earliest(replicas: Iterable[Replica]) -> Replica | None:
    """Return a replica of the earliest run, if possible one without an app_config or args of its own."""
    return min(
        replicas,
        key=lambda item: (item.rollout.rank, item.index < item.rollout.own, item.index),
        default=None,
    )


def replicas_of(name: str, inventory: Inventory, taken_over: Mapping[str, InstanceMark] | None = None) -> Observed:
    """Return the state of the deployment ``name``, with the live instances that it takes over."""
    others = taken_over or {}
    replicas = []
    for item in inventory.instances:
        mark, other = item.mark, others.get(item.id)
        if mark is not None and mark.deployment == name:
            replicas.append(Replica(item, mark, inventory.sequence(item.sequence_id)))
        elif other is not None and item.live:
            replicas.append(Replica(item, other, inventory.sequence(item.sequence_id), taken_over=True))
    return Observed(name, inventory, tuple(replicas), others)


def refuse_clash(observed: Observed, hub: str, indexes: Iterable[int] = ()) -> None:
    """Raise ``CONFLICT`` if another instance runs with a name that a replica would have, and is not taken over."""
    name = observed.name
    names = {name, *(f"{name}-{index}" for index in indexes)}
    for item in observed.inventory.instances:
        mark = item.mark
        if item.id in observed.taken_over:
            continue
        if item.live and mark and mark.deployment != name and names & {mark.name, mark.pool}:
            raise SthError(
                "CONFLICT",
                f"Instance {mark.name} on {hub} has the name of a replica of deployment {name} and does not belong to it: "
                "name it in take_over, end it with sth_instance first, or choose another name for the deployment.",
                instance=item.id,
            )


def taken_over(name: str, inventory: Inventory, wanted: TakeOverOptions, hub: str) -> dict[str, InstanceMark]:
    """Return, by id, the marks that the instances to take over would have as replicas of the deployment ``name``.

    A running instance cannot be given a mark. So it counts as an old replica, and is replaced like all others. Replicas of this
    deployment are left out. Raises ``CONFLICT`` for a replica of another deployment.
    """
    reference = None if wanted.sequence is None else parse_reference(wanted.sequence)
    packages = {item.id for item in find_sequences(reference, inventory)} if reference else set()
    found = [item for item in inventory.instances if item.live and _is_wanted(item, wanted.instances, packages)]
    chosen = []
    for item in sorted(found, key=order_in_group):
        owner = item.mark.deployment if item.mark else None
        if owner is None:
            chosen.append(item)
        elif owner != name:
            raise SthError(
                "CONFLICT",
                f"Instance {item.label} on {hub} belongs to the deployment {owner} and is not taken over: end that deployment "
                "first, or correct take_over.",
                instance=item.id,
            )
    return _marks_of_taken_over(name, chosen)


def not_found(inventory: Inventory, wanted: TakeOverOptions) -> list[str]:
    """Return the references in ``take_over.instances`` that match no live instance. Replicas of the deployment match too."""
    live = [item for item in inventory.instances if item.live]
    return [ref for ref in wanted.instances if not any(ref in _names(item) for item in live)]


def _is_wanted(record: InstanceRecord, references: Sequence[str], packages: Collection[str]) -> bool:
    # Without app_config, an instance may have a mark that the hub has not reported yet, such as a starting one on 0.18
    # (hub-behaviour.md#starting-instance-never-answers).
    nameless = record.mark is None and record.app_config is not None
    return not _names(record).isdisjoint(references) or (nameless and record.sequence_id in packages)


def _names(record: InstanceRecord) -> set[str | None]:
    """Return the names that a task can use for an instance: its id, its name, and the name of its pool or deployment."""
    mark = record.mark
    return {record.id, *((mark.name, mark.pool) if mark else ())}


def _marks_of_taken_over(name: str, records: Sequence[InstanceRecord]) -> dict[str, InstanceMark]:
    indexes: dict[str, int] = {}
    for item in records:
        index = item.mark.index if item.mark else None
        if index is not None and index not in indexes.values():
            indexes[item.id] = index
    free = (index for index in count() if index not in indexes.values())
    for item in records:
        if item.id not in indexes:
            indexes[item.id] = next(free)
    # If their settings differ, each successor gets those of its predecessor.
    configs = [unmarked(item.app_config) for item in records]
    args = [list(item.args) for item in records]
    behind_last = max(indexes.values(), default=-1) + 1
    rollout = Rollout(
        replicas=behind_last,
        own_configs=0 if all(same(item, configs[0]) for item in configs) else behind_last,
        own_args=0 if all(same(item, args[0]) for item in args) else behind_last,
    )
    return {key: InstanceMark(f"{name}-{index}", name, index, name, rollout) for key, index in indexes.items()}
