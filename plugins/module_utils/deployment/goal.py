# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal of a deployment: which replicas should run, with which settings. Pure.

Builds the goal of another run and that of a rollback. `wanted` builds the goal of a task.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.known_settings import (
    program_like,
    program_of,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica, earliest
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import differing
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program, ProgramOptions, with_index
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout


@dataclass(frozen=True)
class Slot:
    """One replica that should run. ``program`` has all its settings, and the mark for a new replica."""

    index: int
    program: Program
    sequence: SequenceRecord


@dataclass(frozen=True)
class Goal:
    """The wanted state of a deployment. ``sequence``: its version; None for a deployment that is removed or does not exist."""

    slots: tuple[Slot, ...]
    sequence: SequenceRecord | None
    rollout: Rollout
    # Ids of replicas that the task restarts: they are replaced even if they have the wanted settings.
    restarted: frozenset[str] = frozenset()
    is_rollback: bool = False
    why_ended: str = ""

    def differs(self, replica: Replica, slot: Slot) -> str:
        """Say in which options a replica differs from ``slot``; "" if it does not differ."""
        if replica.id in self.restarted:
            return "the task restarts it"
        # A rollback keeps instances that the deployment should have taken over.
        if replica.taken_over and not self.is_rollback:
            return "the deployment takes it over"
        names = differing(replica.record, slot.program, replica.ref or "", slot.sequence.ref)
        return f"{', '.join(names)} differ{'s' if len(names) == 1 else ''}" if names else ""

    def slot(self, index: int) -> Slot | None:
        """Return the slot with this index, or None."""
        return next((item for item in self.slots if item.index == index), None)


def absent_goal(observed: Observed) -> Goal:
    """Return the goal that no replica runs."""
    return Goal((), None, Rollout(observed.generation + 1), why_ended="the task has state: absent")


def goal_of(observed: Observed, leader: Replica) -> Goal:
    """Return the goal of the run that started ``leader``, as far as its replicas show it.

    Raises ``NOT_FOUND`` if its package is gone, and ``INVALID_CONFIG`` if the settings of a replica are unknown.
    """
    rollout = leader.rollout
    slots = _slots_like(observed, leader, rollout.wanted)
    goal = Goal(slots, leader.sequence, rollout, why_ended=why_surplus(rollout))
    rest = slots_beside_canary(observed, goal)
    return replace(goal, slots=(*slots[: len(slots) - len(rest)], *rest))


def goal_before(observed: Observed, goal: Goal, failed: Collection[str] = ()) -> Goal:
    """Return the goal of a rollback from ``goal``: each replica as it was before this run (``observed``), and no others.

    A replica that an interrupted run has left with the new settings gets the settings in force, if another replica has them. But
    a canary stays, unless its id is in ``failed``, the ids of replicas that did not become ready.
    """
    old = in_force_beside(observed, goal)

    def was_before(item: Replica) -> bool:
        # A replica that has the new settings already is a canary, or an interrupted run with the same goal has left it.
        is_canary = item.rollout.is_canary(item.index) and item.id not in failed
        return old is None or _outdated(item, goal) or is_canary

    slots = []
    for index in sorted({item.index for item in observed.live}):
        kept = [item for item in observed.at(index) if was_before(item)]
        source = kept[0] if kept else old
        if source is not None:
            program = program_like(observed, source, index) if source.index != index else program_of(source)
            # The package of a running replica may have been removed from the hub. The replica stays anyway.
            slots.append(Slot(index, program, source.sequence or SequenceRecord(source.record.sequence_id, "", "")))
    sequence = old.sequence if old else goal.sequence
    return Goal(tuple(slots), sequence, goal.rollout, is_rollback=True, why_ended="it was not there before")


def why_surplus(rollout: Rollout) -> str:
    """Say why a replica whose index is not wanted is ended."""
    if rollout.indexes is None:
        return f"the deployment has {rollout.replicas} replicas"
    return (
        f"the deployment has the indexes {rollout.indexes} here" if rollout.indexes else "no index belongs to this hub"
    )


def with_unreported(goal: Goal, options: ProgramOptions) -> Goal:
    """Give all replicas to start the limits and start_options of the task, because hubs do not report those of running ones."""
    limits, start_options = options.limits, dict(options.start_options)
    programs = (replace(slot.program, limits=limits, start_options=start_options) for slot in goal.slots)
    return replace(goal, slots=tuple(replace(slot, program=program) for slot, program in zip(goal.slots, programs)))


def slots_beside_canary(observed: Observed, goal: Goal) -> tuple[Slot, ...]:
    """Return the slots that keep their settings while the canaries run the new ones; none if there are no old settings."""
    if not goal.rollout.canary:
        return ()
    old = in_force_beside(observed, goal)
    return _slots_like(observed, old, (slot.index for slot in goal.slots[goal.rollout.canary :])) if old else ()


def in_force_beside(observed: Observed, goal: Goal) -> Replica | None:
    """Return a replica with the settings in force, out of those without the new settings of ``goal``; None if all have the new ones.

    The settings in force are those of the earliest run. A later run is an attempt until all replicas have its settings.
    """
    return earliest(item for item in observed.live if item.sequence and _outdated(item, goal))


def _outdated(replica: Replica, goal: Goal) -> bool:
    """Whether a replica lacks the new settings of ``goal``. One that keeps its old settings next to a canary lacks them too."""
    slot = goal.slot(replica.index) or _one_more(goal, replica.index)
    return slot is None or _goes_on(slot, goal) or bool(goal.differs(replica, slot))


def _one_more(goal: Goal, index: int) -> Slot | None:
    """Return the slot for one more replica, with ``index`` and the settings of the last slot; None if no replica should run."""
    if not goal.slots:
        return None
    last = goal.slots[-1]
    config = with_index(last.program.app_config or {}, goal.rollout.index_key, index)
    return replace(last, program=replace(last.program, app_config=config))


def _goes_on(slot: Slot, goal: Goal) -> bool:
    """Whether a slot keeps the settings of an earlier run: its mark is not from the run of ``goal``."""
    mark = slot.program.mark
    return mark is not None and mark.rollout is not None and mark.rollout.rank != goal.rollout.rank


def _slots_like(observed: Observed, template: Replica, indexes: Iterable[int]) -> tuple[Slot, ...]:
    if template.sequence is None:
        raise SthError(
            "NOT_FOUND",
            f"The package that {template.mark.name} runs from is no longer on the hub: set src or sequence.",
        )
    return tuple(Slot(index, program_like(observed, template, index), template.sequence) for index in indexes)
