# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each replica of a deployment is to run: as a task wants it, as another run wanted it, or as it was before. Pure.

Source: interface.md section 9; section 0 rule 4 (what is not given stays as it is).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.deployment_replicas import Observed, Replica, latest
from ansible_collections.scramjet.sth.plugins.module_utils.deployment_versions import history
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance_mark import InstanceMark, unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.models import SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.plan_instance import differing
from ansible_collections.scramjet.sth.plugins.module_utils.program import Program, member, with_index


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
    # Nothing that an earlier run has started fits: everything is replaced once.
    anew: bool = False
    # It leads back to what was before.
    back: bool = False
    why_ended: str = ""

    def differs(self, replica: Replica, slot: Slot) -> str:
        """Say in which options a replica is not what ``slot`` wants; "" where it fits."""
        if self.anew and replica.rollout.generation < self.rollout.generation:
            return "it is to be restarted"
        names = differing(replica.record, slot.program, replica.ref or "", slot.sequence.ref)
        return f"{', '.join(names)} differ{'s' if len(names) == 1 else ''}" if names else ""

    def slot(self, index: int) -> Slot | None:
        """Return what is to run with this index."""
        return next((item for item in self.slots if item.index == index), None)


def wanted_goal(observed: Observed, options: Mapping[str, Any], sequence: SequenceRecord | None, hub: str) -> Goal:
    """Return what a task wants. ``sequence``: the version that it names; None: that of what runs.

    Raises ``NOT_FOUND`` where nothing says what to run, ``INVALID_CONFIG`` where a configuration cannot be taken over.
    """
    name, state, leader = observed.name, options["state"], observed.leader
    if leader is None and sequence is None and options["replicas"] == 0:
        return Goal((), None, Rollout(observed.generation + 1))
    if state == "rolled_back":
        sequence = _version_before(observed, hub)
    elif sequence is None:
        sequence = _running_version(observed, hub)
    rolled_back = state == "rolled_back" or bool(leader and leader.rollout.rolled_back and leader.ref == sequence.ref)
    count = options["replicas"]
    if count is None:
        # The highest index and not their number: one that has ended is missed.
        count = max((item.index + 1 for item in observed.live), default=1) or 1
    index_key, own_configs, own_args = options["index_key"], _own(options, "app_config"), _own(options, "args")
    if leader is not None and options["app_config"] is None:
        index_key = index_key or leader.rollout.index_key
        own_configs = max(own_configs, leader.rollout.own_configs)
    if leader is not None and options["args"] is None:
        own_args = max(own_args, leader.rollout.own_args)
    rollout = Rollout(
        generation=observed.generation + 1,
        replicas=count,
        canary=min(options["canary"], count),
        versions=history(observed, sequence.ref),
        rolled_back=rolled_back,
        index_key=index_key,
        own_configs=own_configs,
        own_args=own_args,
    )
    programs = [_program(observed, {**options, "index_key": index_key}, index) for index in range(count)]
    rollout = replace(rollout, digest=_digest(programs, sequence, rollout))
    slots = tuple(
        Slot(index, replace(program, mark=_mark(name, index, rollout)), sequence)
        for index, program in enumerate(programs)
    )
    goal = Goal(slots, sequence, rollout, state == "restarted", why_ended=f"the deployment has {count} replicas")
    return _with_canaries(observed, goal) if rollout.canary else goal


def absent_goal(observed: Observed) -> Goal:
    """Return that nothing of it runs."""
    return Goal((), None, Rollout(observed.generation + 1), why_ended="it is to be absent")


def goal_of(observed: Observed, leader: Replica) -> Goal:
    """Return what the run that started ``leader`` wanted, as far as its replicas tell."""
    rollout = leader.rollout
    slots = _slots_like(observed, leader, range(rollout.replicas))
    goal = Goal(slots, leader.sequence, rollout, why_ended=f"the deployment has {rollout.replicas} replicas")
    return _with_canaries(observed, goal) if rollout.canary else goal


def goal_before(observed: Observed, goal: Goal) -> Goal:
    """Return the way back from ``goal``: everywhere the version that was there before, or what was, if it is the same."""
    old = _not_yet(observed, goal)
    slots = []
    for index in sorted({item.index for item in observed.live}):
        here = observed.at(index)
        kept = [item for item in here if old is None or _outdated(item, goal)]
        source = kept[0] if kept else old
        if source is not None:
            program = _like(observed, source, index) if source.index != index else _as_it_is(source)
            # Somebody may have removed the package of what still runs: that is to stay all the same.
            slots.append(Slot(index, program, source.sequence or SequenceRecord(source.record.sequence_id, "", "")))
    sequence = old.sequence if old else goal.sequence
    return Goal(tuple(slots), sequence, goal.rollout, back=True, why_ended="it was not there before")


def _with_canaries(observed: Observed, goal: Goal) -> Goal:
    """Leave all but the first few replicas with what they had, if there is anything else than what is new."""
    old = _not_yet(observed, goal)
    if old is None:
        return goal
    rest = _slots_like(observed, old, range(goal.rollout.canary, len(goal.slots)))
    return replace(goal, slots=(*goal.slots[: goal.rollout.canary], *rest))


def _not_yet(observed: Observed, goal: Goal) -> Replica | None:
    """Return a live replica of the latest run among those that are not what the goal wants everywhere."""
    return latest(item for item in observed.live if item.sequence and _outdated(item, goal))


def _outdated(replica: Replica, goal: Goal) -> bool:
    slot = goal.slot(replica.index)
    if slot is None:
        return bool(goal.sequence is not None and replica.ref != goal.sequence.ref)
    return bool(goal.differs(replica, slot))


def _slots_like(observed: Observed, template: Replica, indexes: Iterable[int]) -> tuple[Slot, ...]:
    if template.sequence is None:
        raise SthError(
            "NOT_FOUND",
            f"The package that {template.mark.name} runs from is no longer on the hub: give src or sequence.",
        )
    return tuple(Slot(index, _like(observed, template, index), template.sequence) for index in indexes)


def _like(observed: Observed, template: Replica, index: int) -> Program:
    """Return what replica ``index`` is where all are as ``template``, but for what is its own."""
    return Program(
        _mark(observed.name, index, template.rollout),
        None,
        _config_like(observed, template, index),
        _args_like(observed, template, index),
        template.record.input_topic,
        template.record.output_topic,
    )


def _config_like(observed: Observed, template: Replica, index: int) -> dict[str, Any]:
    rollout = template.rollout
    if min(index, template.index) < rollout.own_configs:
        return unmarked(_own_of(observed, template, index).record.app_config)
    config = unmarked(template.record.app_config)
    return config if rollout.index_key is None else with_index(config, rollout.index_key, index)


def _args_like(observed: Observed, template: Replica, index: int) -> tuple[str, ...]:
    source = _own_of(observed, template, index) if min(index, template.index) < template.rollout.own_args else template
    return tuple(str(item) for item in source.record.args)


def _own_of(observed: Observed, template: Replica, index: int) -> Replica:
    """Return what runs with this index, best of the template's version."""
    found = max(observed.at(index), key=lambda item: (item.ref == template.ref, item.rollout.rank), default=None)
    if found is None:
        raise SthError(
            "INVALID_CONFIG",
            f"Replica {index} of {observed.name} had overrides, or all others have, and it does not run: what it is to "
            "have cannot be taken over, so give app_config, args and overrides.",
        )
    return found


def _as_it_is(replica: Replica) -> Program:
    record = replica.record
    return Program(
        replica.mark,
        None,
        unmarked(record.app_config),
        tuple(str(item) for item in record.args),
        record.input_topic,
        record.output_topic,
    )


def _program(observed: Observed, options: Mapping[str, Any], index: int) -> Program:
    """Return what a task wants of one replica; what it does not say is that of the latest run."""
    leader = observed.leader
    there: dict[str, Callable[[], Any]] = {"app_config": dict, "args": list}
    if leader is not None:
        there = {
            "app_config": partial(_config_like, observed, leader, index),
            "args": partial(_args_like, observed, leader, index),
            "input_topic": lambda: leader.record.input_topic,
            "output_topic": lambda: leader.record.output_topic,
        }
    taken = {name: take() for name, take in there.items() if options[name] is None}
    return member({**options, **taken, "id": None}, index)


def _own(options: Mapping[str, Any], name: str) -> int:
    """Return the index behind the last override of an option."""
    overrides = options["overrides"] or []
    return max((index + 1 for index, item in enumerate(overrides) if item.get(name) is not None), default=0)


def _running_version(observed: Observed, hub: str) -> SequenceRecord:
    leader = observed.leader
    if leader is None:
        raise SthError("NOT_FOUND", f"No deployment {observed.name} runs on {hub}: give src or sequence.")
    if leader.sequence is None:
        raise SthError(
            "NOT_FOUND", f"The package that {leader.mark.name} runs from is no longer on {hub}: give src or sequence."
        )
    return leader.sequence


def _version_before(observed: Observed, hub: str) -> SequenceRecord:
    leader = observed.leader
    if leader is None:
        raise SthError("NOT_FOUND", f"No deployment {observed.name} runs on {hub} that could be rolled back.")
    if leader.rollout.rolled_back and leader.sequence is not None:
        return leader.sequence
    older = history(observed, leader.ref)
    if not older:
        raise SthError(
            "NOT_FOUND",
            f"No older version of the deployment {observed.name} is left on {hub}: deploy one with src. How many are left "
            "is what keep_versions says.",
        )
    return next(item for item in observed.inventory.sequences if item.ref == older[0])


def _mark(name: str, index: int, rollout: Rollout) -> InstanceMark:
    return InstanceMark(f"{name}-{index}", name, index, name, rollout)


def _digest(programs: Iterable[Program], sequence: SequenceRecord, rollout: Rollout) -> str:
    wanted = [
        [item.app_config, item.args, item.input_topic, item.output_topic, item.limits, item.start_options]
        for item in programs
    ]
    text = json.dumps([sequence.ref, rollout.canary, rollout.rolled_back, wanted], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
