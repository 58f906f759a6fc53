# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each replica of a deployment is to run, as another run wanted it, or as it was before. Pure.

What a task wants is in `wanted`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.likeness import (
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
    """One replica that is to run. Nothing in ``program`` is left open; its mark is the one that a start writes."""

    index: int
    program: Program
    sequence: SequenceRecord


@dataclass(frozen=True)
class Goal:
    """A deployment as it is to be. ``sequence`` is the version that it is about, None after a removal."""

    slots: tuple[Slot, ...]
    sequence: SequenceRecord | None
    rollout: Rollout
    # Ids of what is replaced once, whether it fits or not.
    anew: frozenset[str] = frozenset()
    # It leads back to what was before.
    back: bool = False
    why_ended: str = ""

    def differs(self, replica: Replica, slot: Slot) -> str:
        """Say in which options a replica is not what ``slot`` wants; "" where it fits."""
        if replica.id in self.anew:
            return "the task restarts it"
        names = differing(replica.record, slot.program, replica.ref or "", slot.sequence.ref)
        return f"{', '.join(names)} differ{'s' if len(names) == 1 else ''}" if names else ""

    def slot(self, index: int) -> Slot | None:
        """Return what is to run with this index."""
        return next((item for item in self.slots if item.index == index), None)


def absent_goal(observed: Observed) -> Goal:
    """Return that nothing of it runs."""
    return Goal((), None, Rollout(observed.generation + 1), why_ended="the task has state: absent")


def goal_of(observed: Observed, leader: Replica) -> Goal:
    """Return what the run that started ``leader`` wanted, as far as its replicas tell."""
    rollout = leader.rollout
    slots = _slots_like(observed, leader, range(rollout.replicas))
    goal = Goal(slots, leader.sequence, rollout, why_ended=f"the deployment has {rollout.replicas} replicas")
    rest = those_with_the_old(observed, goal)
    return replace(goal, slots=(*slots[: len(slots) - len(rest)], *rest))


def goal_before(observed: Observed, goal: Goal, failed: Collection[str] = ()) -> Goal:
    """Return the way back from ``goal``: everywhere the version that was there before, or what was, if it is the same.

    ``failed``: ids of what missed its gate.
    """
    old = _not_yet(observed, goal)

    def was_before(item: Replica) -> bool:
        # What is new and there already is a canary, or an earlier run has left it half-way to the same goal.
        is_canary = item.index < item.rollout.canary and item.id not in failed
        return old is None or _outdated(item, goal) or is_canary

    slots = []
    for index in sorted({item.index for item in observed.live}):
        kept = [item for item in observed.at(index) if was_before(item)]
        source = kept[0] if kept else old
        if source is not None:
            program = program_like(observed, source, index) if source.index != index else program_of(source)
            # Somebody may have removed the package of what still runs: that is to stay all the same.
            slots.append(Slot(index, program, source.sequence or SequenceRecord(source.record.sequence_id, "", "")))
    sequence = old.sequence if old else goal.sequence
    return Goal(tuple(slots), sequence, goal.rollout, back=True, why_ended="it was not there before")


def with_unreported(goal: Goal, options: ProgramOptions) -> Goal:
    """Let whatever is started have the limits and start_options of the task: no hub tells those of what runs."""
    limits, start_options = options.limits, dict(options.start_options)
    programs = (replace(slot.program, limits=limits, start_options=start_options) for slot in goal.slots)
    return replace(goal, slots=tuple(replace(slot, program=program) for slot, program in zip(goal.slots, programs)))


def those_with_the_old(observed: Observed, goal: Goal) -> tuple[Slot, ...]:
    """Return the replicas that go on with what they had while the first few try what is new; none where there is no old."""
    if not goal.rollout.canary:
        return ()
    old = _not_yet(observed, goal)
    return _slots_like(observed, old, range(goal.rollout.canary, len(goal.slots))) if old else ()


def _not_yet(observed: Observed, goal: Goal) -> Replica | None:
    """Return what is in force among those that are not what the goal wants everywhere.

    That is what the earliest run has started: a later one is an attempt as long as it has not replaced that.
    """
    return earliest(item for item in observed.live if item.sequence and _outdated(item, goal))


def _outdated(replica: Replica, goal: Goal) -> bool:
    """Whether a replica is not what is new with the goal; what goes on beside a canary fits the goal and is not new."""
    slot = goal.slot(replica.index) or _one_more(goal, replica.index)
    return slot is None or _goes_on(slot, goal) or bool(goal.differs(replica, slot))


def _one_more(goal: Goal, index: int) -> Slot | None:
    """Return what a replica behind the last one would be to have; None where nothing is to run."""
    if not goal.slots:
        return None
    last = goal.slots[-1]
    config = with_index(last.program.app_config or {}, goal.rollout.index_key, index)
    return replace(last, program=replace(last.program, app_config=config))


def _goes_on(slot: Slot, goal: Goal) -> bool:
    """Whether it has the mark of an earlier run than the goal's."""
    mark = slot.program.mark
    return mark is not None and mark.rollout is not None and mark.rollout.rank != goal.rollout.rank


def _slots_like(observed: Observed, template: Replica, indexes: Iterable[int]) -> tuple[Slot, ...]:
    if template.sequence is None:
        raise SthError(
            "NOT_FOUND",
            f"The package that {template.mark.name} runs from is no longer on the hub: set src or sequence.",
        )
    return tuple(Slot(index, program_like(observed, template, index), template.sequence) for index in indexes)
