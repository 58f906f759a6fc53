# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hub reports, as plain immutable objects. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, read_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import split_version

Generation = Literal["0.18", "1.x"]
Status = Literal["starting", "running", "stopping", "ended"]
Outcome = Literal["completed", "failed", "stopped", "killed", "unknown"]

# Prefix of the ids of predicted objects, which an earlier task in check mode would have created.
PREDICTED_ID = "predicted-"
# Every id has 36 characters, whether the hub creates it or the user chooses it (hub-behaviour.md#start-and-life-cycle).
HUB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


@dataclass(frozen=True)
class HubVersion:
    """``GET /version``: the version that the hub reports, and the generation that it belongs to."""

    version: str
    generation: Generation


@dataclass(frozen=True)
class SequenceRecord:
    """A package stored on the hub. ``hub_version`` is the version that the hub reports, with the stamp."""

    id: str
    name: str
    hub_version: str
    engine: str = ""
    instances: tuple[str, ...] = ()

    @property
    def known_id(self) -> str | None:
        """The id, if the hub has given one already."""
        return known_id(self.id)

    @property
    def version(self) -> str:
        """The version that the author wrote; "" if the package has none."""
        return split_version(self.hub_version)[0]

    @property
    def digest(self) -> str | None:
        """The content digest (64 hex digits) in the stamp; None if another tool uploaded the package."""
        return split_version(self.hub_version)[1]

    @cached_property
    def ref(self) -> str:
        """``name@sha256:<12 hex>``, or ``name@version`` if there is no stamp."""
        version, digest = split_version(self.hub_version)
        if digest:
            return f"{self.name}@sha256:{digest[:12]}"
        return f"{self.name}@{version}" if version else self.name

    def is_called(self, ref: str) -> bool:
        """Whether ``ref`` is the ref of this sequence. Compares the name first, because most sequences on a hub have another."""
        return ref.startswith(self.name) and self.ref == ref


@dataclass(frozen=True)
class InstanceRecord:
    """A process that the hub runs or has run. Times are the hub's ISO 8601 texts.

    ``app_config`` is what the hub reports, with the mark. It is None if the hub does not answer for this instance: on 0.18
    while it starts, and for ever after a failed start (hub-behaviour.md#start-never-answered and
    hub-behaviour.md#starting-instance-never-answers).
    """

    id: str
    sequence_id: str
    status: Status
    app_config: dict[str, Any] | None = None
    args: tuple[Any, ...] = ()
    input_topic: str | None = None
    output_topic: str | None = None
    created: str | None = None
    started: str | None = None
    ended: str | None = None
    outcome: Outcome | None = None
    exit_code: int | None = None
    reason: str | None = None
    # The key in ``engines`` of its package; "" if the hub does not report it (0.18).
    engine: str = ""
    # Whether the hub lists it, but does not answer a GET of it. Then only its id and sequence are known.
    silent: bool = False

    @property
    def known_id(self) -> str | None:
        """The id, if the hub has given one already."""
        return known_id(self.id)

    @cached_property
    def mark(self) -> InstanceMark | None:
        """The mark in its app_config. It is read once, because a task may look through thousands of instances several times."""
        return read_mark(self.app_config)

    @property
    def label(self) -> str:
        """Its name in messages: its name, or its id if it has none."""
        return self.mark.name if self.mark else self.id

    @property
    def live(self) -> bool:
        """Whether its process has not ended."""
        return self.status != "ended"


@dataclass(frozen=True)
class HubClock:
    """Times by a hub's own clock, in seconds since 1970: when it was started, and now."""

    started: float
    now: float

    @property
    def up(self) -> float:
        """Seconds for which the hub has been up."""
        return self.now - self.started


@dataclass(frozen=True)
class Event:
    """An event that a program emitted. ``lost``: the hub reported the event but could not deliver its payload.

    Source: hub-behaviour.md#event-payloads.
    """

    payload: Any
    lost: bool = False


@dataclass(frozen=True)
class Inventory:
    """The sequences and instances that a hub lists, read at one time."""

    sequences: tuple[SequenceRecord, ...] = ()
    instances: tuple[InstanceRecord, ...] = ()

    def sequence(self, sequence_id: str) -> SequenceRecord | None:
        """Return the sequence with this id."""
        return self._by_id.get(sequence_id)

    def kept_to_go_back(
        self, without: Collection[InstanceRecord] = (), deployment: str | None = None
    ) -> frozenset[str]:
        """Return the refs of the versions that deployments keep to go back to.

        Replicas in ``without`` do not count, because they will end, and those of ``deployment`` do not either.
        """
        marks = (item.mark for item in self.instances if item.live and item not in without)
        rollouts = (mark.rollout for mark in marks if mark is not None and mark.deployment != deployment)
        return frozenset(ref for rollout in rollouts if rollout is not None for ref in rollout.versions)

    @cached_property
    def _by_id(self) -> dict[str, SequenceRecord]:
        # A listing of thousands of instances looks up the sequence of each.
        return {item.id: item for item in self.sequences}


def forgotten(instance_id: str) -> InstanceRecord:
    """Return the record of an instance that the hub no longer lists.

    0.18 forgets a failed instance at once and one that completed after 10 s (hub-behaviour.md#start-and-life-cycle).
    """
    return InstanceRecord(instance_id, "", "ended", outcome="unknown")


def known_id(own_id: str) -> str | None:
    """Return an id; None if it is the id of a predicted object."""
    return None if not own_id or own_id.startswith(PREDICTED_ID) else own_id
