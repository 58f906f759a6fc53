# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replicas of one deployment as a hub lists them. Pure.

Source: architecture.md#deployments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import order
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout


@dataclass(frozen=True)
class Replica:
    """One instance of a deployment, live or ended. ``sequence`` is None if the hub no longer has its package."""

    record: InstanceRecord
    mark: InstanceMark
    sequence: SequenceRecord | None

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
        return f"instance {self.mark.name}{f' from {self.ref}' if self.ref else ''}"


@dataclass(frozen=True)
class Observed:
    """The state of a deployment at one time."""

    name: str
    inventory: Inventory
    replicas: tuple[Replica, ...]

    @property
    def live(self) -> list[Replica]:
        """The live replicas, by index, the oldest first."""
        return sorted(
            (item for item in self.replicas if item.record.live), key=lambda item: (item.index, order(item.record))
        )

    @property
    def generation(self) -> int:
        """The highest generation of all replicas, including ended ones."""
        return max((item.rollout.generation for item in self.replicas), default=0)

    @property
    def leader(self) -> Replica | None:
        """A live replica of the latest run."""
        return latest(self.live)

    def at(self, index: int) -> list[Replica]:
        """Return the live ones with this index, the oldest first."""
        return [item for item in self.live if item.index == index]

    def last_ended(self, index: int) -> Replica | None:
        """Return the latest ended one with this index that is still listed (1.x)."""
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


def replicas_of(name: str, inventory: Inventory) -> Observed:
    """Return the state of the deployment ``name``."""
    found = ((item, item.mark) for item in inventory.instances)
    return Observed(
        name,
        inventory,
        tuple(
            Replica(item, mark, inventory.sequence(item.sequence_id))
            for item, mark in found
            if mark is not None and mark.deployment == name
        ),
    )


def refuse_clash(name: str, inventory: Inventory, hub: str, indexes: Iterable[int] = ()) -> None:
    """Raise ``CONFLICT`` if another instance runs with a name that a replica would have."""
    names = {name, *(f"{name}-{index}" for index in indexes)}
    for item in inventory.instances:
        mark = item.mark
        if item.live and mark and mark.deployment != name and names & {mark.name, mark.pool}:
            raise SthError(
                "CONFLICT",
                f"Instance {mark.name} on {hub} has the name of a replica of deployment {name} and does not belong to it: "
                "end it with sth_instance first, or choose another name for the deployment.",
                instance=item.id,
            )
