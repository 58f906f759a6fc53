# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hub reports, as plain immutable objects. Nothing here talks to anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, read_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import split_version

Generation = Literal["0.18", "1.x"]
Status = Literal["starting", "running", "stopping", "ended"]
Outcome = Literal["completed", "failed", "stopped", "killed", "unknown"]

# What the ids of things begin with that are on no hub yet: an earlier task in check mode would have made them.
FORESEEN = "foreseen-"


@dataclass(frozen=True)
class HubVersion:
    """``GET /version``: the version as the hub says it and the generation whose contract it follows."""

    version: str
    generation: Generation


@dataclass(frozen=True)
class SequenceRecord:
    """A package stored on the hub. ``hub_version`` is what the hub reports, our mark included."""

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
        """The version as the author wrote it; "" where the package has none."""
        return split_version(self.hub_version)[0]

    @property
    def digest(self) -> str | None:
        """The content digest (64 hex digits) of our mark; None where another tool uploaded it."""
        return split_version(self.hub_version)[1]

    @property
    def ref(self) -> str:
        """``name@sha256:<12 hex>``, or ``name@version`` without our mark."""
        version, digest = split_version(self.hub_version)
        if digest:
            return f"{self.name}@sha256:{digest[:12]}"
        return f"{self.name}@{version}" if version else self.name

    def is_called(self, ref: str) -> bool:
        """Whether ``ref`` is its own; quicker than to compare, since most of what a hub holds has another name."""
        return ref.startswith(self.name) and self.ref == ref


@dataclass(frozen=True)
class InstanceRecord:
    """A process that the hub runs or has run. Times are the hub's ISO 8601 texts.

    ``app_config`` is what the hub echoes, our mark included; None where the hub does not answer for this instance (0.18
    while it starts, and for ever after a start that failed there: hub-behaviour.md#start-never-answered and
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
    # The key of its package's ``engines``; "" where the hub does not tell (0.18).
    engine: str = ""

    @property
    def known_id(self) -> str | None:
        """The id, if the hub has given one already."""
        return known_id(self.id)

    @cached_property
    def mark(self) -> InstanceMark | None:
        """Whose it is, as its app_config says; read once, since a task looks through thousands more than once."""
        return read_mark(self.app_config)

    @property
    def label(self) -> str:
        """How a person calls it: its name, or its id where it has none."""
        return self.mark.name if self.mark else self.id

    @property
    def live(self) -> bool:
        """Whether its process has not ended."""
        return self.status != "ended"


@dataclass(frozen=True)
class Event:
    """What a program emitted. ``lost``: the hub told that it came and could not deliver its payload.

    Source: hub-behaviour.md#event-payloads.
    """

    payload: Any
    lost: bool = False


@dataclass(frozen=True)
class Inventory:
    """Everything that a hub lists, read at one time."""

    sequences: tuple[SequenceRecord, ...] = ()
    instances: tuple[InstanceRecord, ...] = ()
    # Whether a connection was refused just before: a 1.x hub that has come back lists no instance for some ten seconds
    # although they run (hub-behaviour.md#empty-list-after-a-restart).
    just_started: bool = field(default=False, compare=False)

    def sequence(self, sequence_id: str) -> SequenceRecord | None:
        """Return the sequence with this id."""
        return next((item for item in self.sequences if item.id == sequence_id), None)


def known_id(own_id: str) -> str | None:
    """Return an id, if the hub has given it already."""
    return None if not own_id or own_id.startswith(FORESEEN) else own_id
