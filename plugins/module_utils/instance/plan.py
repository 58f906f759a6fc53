# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which instances have to be ended and started. Pure.

Source: architecture.md#instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.diff_state import (
    masked_state,
    running_state,
    wanted_state,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.passed_on import fill_masked
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker

OnChange = Literal["recreate", "keep", "fail"]


@dataclass(frozen=True)
class Step:
    """What happens to one member: first ``stops``, then ``start``; or it is ``kept`` unchanged."""

    label: str
    stops: tuple[Action, ...] = ()
    start: Action | None = None
    program: Program | None = None
    sequence: SequenceRecord | None = None
    kept: InstanceRecord | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """Its actions in order."""
        return (*self.stops, *((self.start,) if self.start else ()))


@dataclass(frozen=True)
class InstancePlan:
    """Steps for each member, in the order of the results; the states are for the diff."""

    steps: tuple[Step, ...]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def actions(self) -> tuple[Action, ...]:
        """All actions in order."""
        return tuple(action for step in self.steps for action in step.actions)

    @property
    def relies_on_absence(self) -> bool:
        """Whether the plan could be wrong if an instance runs that the hub does not list yet."""
        return bool(self.actions) or not self.steps

    @property
    def missing(self) -> frozenset[str]:
        """Names of the packages of instances that it starts because the hub lists none."""
        return frozenset(step.sequence.name for step in self.steps if step.start and not step.stops and step.sequence)


@dataclass(frozen=True)
class Wanted:
    """The goal of ``started`` and ``restarted``. If ``sequence`` is None, the sequence of the running instance is kept."""

    programs: tuple[Program, ...]
    sequence: SequenceRecord | None
    on_change: OnChange = "recreate"
    # The pool, whose members that are not in ``programs`` are ended.
    pool: str | None = None
    # The settings for running instances that are restarted, if the task does not name each of them.
    rest: Program | None = None


def order(record: InstanceRecord) -> tuple[str, str]:
    """Sort key by age, because the oldest of duplicates is kept. Python instances on 1.x have no ``created``.

    Source: hub-behaviour.md#python-programs.
    """
    return (record.created or record.started or "~", record.id)


def order_in_group(record: InstanceRecord) -> tuple[int, str, str]:
    """Sort key for the members of a pool or deployment: by index, and with the same index by `order`."""
    mark = record.mark
    return (mark.index or 0 if mark else 0, *order(record))


def live_with(inventory: Inventory, program: Program) -> list[InstanceRecord]:
    """Return the live instances of ``program``, the oldest first."""
    found = [item for item in inventory.instances if item.live and _is(item, program)]
    return sorted(found, key=order)


def plan_started(inventory: Inventory, wanted: Wanted, masker: Masker, hub: str) -> InstancePlan:
    """Plan that every program runs exactly once, with the wanted settings."""
    steps = [_started(inventory, program, wanted, hub) for program in wanted.programs]
    steps += _surplus(inventory, wanted)
    return _plan(inventory, steps, masker)


def plan_restarted(
    inventory: Inventory, wanted: Wanted, running: Sequence[InstanceRecord], masker: Masker, hub: str
) -> InstancePlan:
    """Plan that every program is ended and started again, and every instance in ``running``."""
    steps = []
    for program in wanted.programs:
        live = live_with(inventory, program)
        steps.append(_restart(inventory, program, live, wanted, hub))
    for record in sorted(running, key=order_in_group):
        steps.append(_restart(inventory, given(wanted.rest), [record], wanted, hub))
    steps += _surplus(inventory, wanted)
    return _plan(inventory, steps, masker)


def plan_ended(inventory: Inventory, running: Iterable[InstanceRecord], masker: Masker, why: str) -> InstancePlan:
    """Plan that none of ``running`` has a live process."""
    steps = [Step(record.label, stops=(_stop_action(record, why),)) for record in running if record.live]
    return _plan(inventory, steps, masker)


def refuse_deployments(records: Iterable[InstanceRecord], hub: str) -> None:
    """Raise ``CONFLICT`` if a deployment manages one of them."""
    for record in records:
        mark = record.mark
        if mark is not None and mark.deployment is not None:
            raise SthError(
                "CONFLICT",
                f"Instance {mark.name} on {hub} belongs to the deployment {mark.deployment}: change it with sth_deployment.",
                instance=record.id,
            )


def differing(record: InstanceRecord, program: Program, running: str | None, wanted: str | None) -> list[str]:
    """Return the options in which a running instance differs from the wanted program. ``running`` and ``wanted`` are refs."""
    differs = []
    config, args = unmarked(record.app_config), list(record.args)
    if record.known_id is None:
        # The record is a prediction of check mode, without secrets. Assume that they are as wanted.
        config, args = fill_masked(config, program.config_over(config)), fill_masked(args, program.args)
    if wanted is not None and running != wanted:
        differs.append("sequence")
    if not same(config, program.config_over(config)):
        differs.append("app_config")
    if program.args is not None and not same(args, list(program.args)):
        differs.append("args")
    for name in ("input_topic", "output_topic"):
        value = getattr(program, name)
        if value is not None and (getattr(record, name) or "") != value:
            differs.append(name)
    return differs


def same(left: Any, right: Any) -> bool:
    """Compare JSON values with their types: "3" is not 3, and true is not 1, but 1 and 1.0 are the same number."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(same(one, two) for one, two in zip(left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _is(record: InstanceRecord, program: Program) -> bool:
    if program.mark is None:
        return record.id == program.id
    mark = record.mark
    return mark is not None and mark.name == program.mark.name


def _started(inventory: Inventory, program: Program, wanted: Wanted, hub: str) -> Step:
    live = live_with(inventory, program)
    if not live:
        return _start_step(program, _needed(wanted.sequence, program, hub), (), None, "none runs")
    oldest, twins = live[0], live[1:]
    stops = tuple(_stop_action(twin, f"it is a copy of {oldest.label}, and the oldest copy is kept") for twin in twins)
    if oldest.status == "stopping":
        _refuse_unfindable(program, oldest, hub)
        sequence = wanted.sequence or _needed(inventory.sequence(oldest.sequence_id), program, hub)
        return _start_step(
            program, sequence, (*stops, _stop_action(oldest, "it is ending")), oldest, "the last one is ending"
        )
    runs = inventory.sequence(oldest.sequence_id)
    differs = differing(oldest, program, runs.ref if runs else None, wanted.sequence.ref if wanted.sequence else None)
    if differs and wanted.on_change == "fail":
        raise SthError(
            "CONFLICT",
            f"Instance {program.label} on {hub} runs with different {', '.join(differs)}, and on_change is fail: correct the task, "
            "or use on_change: recreate.",
            instance=oldest.id,
        )
    if not differs or wanted.on_change == "keep":
        return Step(program.label, stops, kept=oldest, program=program, sequence=runs)
    _refuse_unfindable(program, oldest, hub)
    reason = f"{', '.join(differs)} differ{'s' if len(differs) == 1 else ''}"
    sequence = wanted.sequence or _needed(runs, program, hub)
    return _start_step(program, sequence, (*stops, _stop_action(oldest, reason)), oldest, reason)


def _refuse_unfindable(program: Program, record: InstanceRecord, hub: str) -> None:
    """Raise ``CONFLICT`` if a named instance would be restarted by its id. Its id changes, so the next run would not find it."""
    mark = record.mark
    if program.mark is None and mark is not None:
        raise SthError(
            "CONFLICT",
            f"Instance {record.id} on {hub} has the name {mark.name}, and starting it again gives it another id: set name "
            "instead of id.",
            instance=record.id,
        )


def _restart(inventory: Inventory, program: Program, live: Sequence[InstanceRecord], wanted: Wanted, hub: str) -> Step:
    oldest = live[0] if live else None
    runs = inventory.sequence(oldest.sequence_id) if oldest else None
    sequence = _needed(wanted.sequence or runs, program, hub)
    stops = tuple(_stop_action(record, "the task restarts it") for record in live)
    return _start_step(program.instead_of(oldest), sequence, stops, oldest, "the task restarts it")


def _needed(sequence: SequenceRecord | None, program: Program, hub: str) -> SequenceRecord:
    if sequence is None:
        raise SthError(
            "NOT_FOUND", f"{program.label} is not running on {hub}, so the package to start is unknown: set sequence."
        )
    return sequence


def _start_step(
    program: Program, sequence: SequenceRecord, stops: tuple[Action, ...], ran: InstanceRecord | None, reason: str
) -> Step:
    whole = program.completed_from(ran)
    left = whole.started_from(sequence.id)
    action = Action("start", f"instance {whole.label} from {sequence.ref}", reason, leaves=left)
    return Step(whole.label, stops, action, whole, sequence)


def _stop_action(record: InstanceRecord, reason: str) -> Action:
    return Action("stop", f"instance {record.label}", reason, record)


def _surplus(inventory: Inventory, wanted: Wanted) -> list[Step]:
    if wanted.pool is None:
        return []
    names = {program.label for program in wanted.programs}
    members = [(mark, item) for item, mark in _marked_instances(inventory) if mark.pool == wanted.pool and item.live]
    beyond = sorted(
        ((mark.index or 0, item) for mark, item in members if mark.name not in names),
        key=lambda pair: (-pair[0], order(pair[1])),
    )
    count = len(wanted.programs)
    return [
        Step(item.label, stops=(_stop_action(item, f"the pool has {count} member{'' if count == 1 else 's'}"),))
        for _index, item in beyond
    ]


def _marked_instances(inventory: Inventory) -> list[tuple[InstanceRecord, InstanceMark]]:
    found = ((item, item.mark) for item in inventory.instances)
    return [(item, mark) for item, mark in found if mark is not None]


def _plan(inventory: Inventory, steps: Sequence[Step], masker: Masker) -> InstancePlan:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for step in steps:
        ended = [action.target for action in step.stops]
        was = step.kept or (min(ended, key=order) if ended else None)
        old = running_state(was, inventory) if was else None
        new = old if step.kept else wanted_state(given(step.program), given(step.sequence)) if step.start else None
        before[step.label] = masked_state(old, None, masker) if old else {"state": "absent"}
        after[step.label] = masked_state(new, old, masker) if new else {"state": "absent"}
        copies = [item for item in ended if item is not was]
        if copies:
            before[step.label]["copies"] = len(copies)
    return InstancePlan(tuple(steps), before, after)
