# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_instance``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, WrittenError, naming, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.options import InstanceOptions, programs
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import (
    InstancePlan,
    Step,
    Wanted,
    live_with,
    order,
    plan_ended,
    plan_restarted,
    plan_started,
    refuse_deployments,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import (
    end_instance,
    ending_from_options,
    wait_removed,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import decide_surely
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import readiness_from_options, wait_ready
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.starting import Start, start_ready
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import (
    Override,
    Program,
    ProgramOptions,
    check_program,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import (
    find_sequences,
    parse_reference,
    resolve_sequence,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.parallel import Pace, Work, until_failure
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.start_topics import note_topics
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


def reconcile(run: Run, options: InstanceOptions) -> Result:
    """Bring named instances into the wanted state. Returns the keys of ``sth_instance``'s result."""
    check_options(options)
    masker = run.masker
    hide_options(run, options)
    require_capabilities(run.hub, options)
    inventory, plan = decide_surely(
        run.hub, run.hub.inventory(), lambda found: _plan(run, options, found, masker), run.journal.say
    )
    run.journal.plan(plan.actions)
    note_topics(run)
    if run.check_mode:
        records = [_predicted(step) for step in plan.steps]
    else:
        records = list(_Apply(run, options, inventory).everything(plan))
        if options.state == "absent":
            wait_removed(run.hub, [item.id for item in select(inventory, options)], options.removal_timeout)
    if options.state == "absent":
        records = []
    views = [instance_view(item, inventory.sequence(item.sequence_id), masker) for item in records if item]
    header = f"instances on {run.hub.api_url}"
    return {
        "instance": views[0] if views else None,
        "instances": views,
        "collected": {},
        "event": None,
        "event_masked": False,
        "seconds": None,
        "diff": {"before": plan.before, "after": plan.after, "before_header": header, "after_header": header},
    }


def check_options(options: InstanceOptions) -> None:
    """Raise ``INVALID_OPTION`` for options that make no sense, before the first request."""
    if [options.name is not None, options.id is not None, options.all].count(True) != 1:
        raise SthError("INVALID_OPTION", "Set exactly one of name, id and all.")
    refuse_empty("set the name or the id of an instance", name=options.name, id=options.id)
    if options.sequence is not None:
        parse_reference(options.sequence)
    if options.count is not None and options.name is None:
        raise SthError("INVALID_OPTION", "count needs name: set the name of the pool.")
    if options.all and (options.sequence is None or options.state not in ("stopped", "absent", "restarted")):
        raise SthError("INVALID_OPTION", "all needs sequence, and state stopped, absent or restarted.")
    if options.id is not None and options.state == "started" and len(options.id) != 36:
        raise SthError("INVALID_OPTION", "id must have 36 characters: hubs accept no other length.")
    if options.count is not None and options.state in ("stopped", "absent"):
        raise SthError(
            "INVALID_OPTION",
            f"count cannot be used with state {options.state}: leave it out to act on the whole pool, or use "
            "state: started with a smaller count.",
        )
    check_program(options)
    if options.count is None and (options.index_key is not None or options.overrides):
        raise SthError("INVALID_OPTION", "index_key and overrides need a pool: set count.")
    if options.count is not None and options.count < 0:
        raise SthError("INVALID_OPTION", "count must not be negative.")
    readiness_from_options(options)
    ending_from_options(options)


def require_capabilities(hub: HubClient, options: InstanceOptions) -> None:
    """Refuse options that a hub of this version does not support, and settings that are too large for it."""
    require_start_options(hub, options)
    # If the task only waits for a running instance, the id is used to find it, not to start it.
    starts = options.state == "started" or (options.state == "completed" and options.sequence is not None)
    if options.id is not None and starts:
        hub.require("instance_id", "Choosing an instance's id", "use name")
        hub.dialect.refuse_id(options.id)
    if options.name is not None or options.id is not None:
        for program in programs(options):
            program.check_size(hub.dialect.start_body_limit)


def require_start_options(hub: HubClient, options: ProgramOptions) -> None:
    """Refuse options of a start that a hub of this version does not support."""
    if options.input_topic is not None or options.output_topic is not None:
        hub.require("start_topics", "Starting with topics", "let the program name the topic of its streams itself")
    if options.limits is not None:
        hub.require("limits", "Starting with limits", "limit the hub's own process, whose children all instances are")


def hide_options(run: Run, options: ProgramOptions) -> None:
    """Mask the secrets of the options in all texts of this run."""
    holders: list[ProgramOptions | Override] = [options, *(options.overrides or ())]
    for holder in holders:
        run.secrets |= run.masker.secrets(holder.app_config, holder.args or ())
    run.secrets |= run.masker.secrets(options.start_options)


def select(inventory: Inventory, options: InstanceOptions) -> list[InstanceRecord]:
    """Return the instances that ``name`` (also of a pool), ``id``, or ``all`` with ``sequence`` select."""
    if options.id is not None:
        return [item for item in inventory.instances if item.id == options.id]
    if options.all:
        sequences = find_sequences(parse_reference(options.sequence), inventory)
        ids = {item.id for item in sequences}
        return [item for item in inventory.instances if item.sequence_id in ids]
    marks = ((item, item.mark) for item in inventory.instances)
    return [item for item, mark in marks if mark and options.name in (mark.name, mark.pool)]


def select_own(run: Run, options: InstanceOptions, inventory: Inventory) -> list[InstanceRecord]:
    """Return what `select` does, with its secrets hidden. Raises ``CONFLICT`` if a deployment manages one of them."""
    selected = select(inventory, options)
    run.hide(selected)
    refuse_deployments((item for item in selected if item.live), run.hub.api_url)
    return selected


def wanted_sequence(run: Run, sequence: str | None, inventory: Inventory) -> SequenceRecord | None:
    """Resolve ``sequence``. In check mode, a missing one is assumed to be uploaded by an earlier task."""
    if sequence is None:
        return None
    reference = parse_reference(sequence)
    found = resolve_sequence(reference, inventory, hub=run.hub.api_url, assume=run.check_mode)
    if not found.id:
        run.note(f"Check mode assumes that an earlier task uploads sequence {reference.text}.")
    return found


def _plan(run: Run, options: InstanceOptions, inventory: Inventory, masker: Masker) -> InstancePlan:
    hub, state = run.hub.api_url, options.state
    selected = select_own(run, options, inventory)
    if state in ("stopped", "absent"):
        return plan_ended(inventory, selected, masker, f"the task has state: {state}")
    sequence = None if options.all else wanted_sequence(run, options.sequence, inventory)
    everything = options.all or (state == "restarted" and options.count is None and _is_pool(selected))
    if not everything:
        refuse_clash(options, inventory, hub)
    wanted = Wanted(
        programs=() if everything else tuple(programs(options)),
        sequence=sequence,
        on_change=options.on_change,
        pool=options.name if options.count is not None else None,
        rest=programs(options)[0] if everything else None,
    )
    if state == "started":
        return plan_started(inventory, wanted, masker, hub)
    running = [item for item in selected if item.live] if everything else []
    return plan_restarted(inventory, wanted, running, masker, hub)


def _is_pool(selected: Sequence[InstanceRecord]) -> bool:
    marks = [item.mark for item in selected if item.live]
    return any(mark is not None and mark.pool is not None for mark in marks)


def refuse_clash(options: InstanceOptions, inventory: Inventory, hub: str) -> None:
    """Raise ``CONFLICT`` if a name would be used for an instance and for a pool, because only one could be found by it."""
    name, count = options.name, options.count
    if name is None:
        return
    members = {f"{name}-{index}" for index in range(count or 0)}
    for record in inventory.instances:
        mark = record.mark
        if not record.live or mark is None:
            continue
        if count is None and mark.pool == name:
            raise SthError(
                "CONFLICT", f"{name} is a pool on {hub} ({mark.name} runs): set count, or end the pool first."
            )
        if count is not None and mark.name == name:
            raise SthError("CONFLICT", f"{name} is a single instance on {hub}: end it first, or leave out count.")
        if mark.name in members and mark.pool != name:
            raise SthError(
                "CONFLICT",
                f"{mark.name} is an instance on {hub} that does not belong to the pool {name}: end it first, or give the "
                "pool another name.",
            )


def _predicted(step: Step) -> InstanceRecord | None:
    """Return the record that a step would leave, as far as it can be predicted."""
    if step.kept is not None:
        return step.kept
    if step.start is None or step.program is None or step.sequence is None:
        last: InstanceRecord = step.stops[0].target
        return replace(last, status="ended", outcome="stopped")
    return step.program.started_from(step.sequence.id)


def _left_running(error: SthError) -> str:
    """Return what the failure of a first start says about the instance, which the task does not end."""
    if "event" in error.details:
        return "Unless it ends by itself, it keeps running, and later runs treat it as started."
    late = "instance" in error.details and error.code == "TIMEOUT" and not isinstance(error, WrittenError)
    return "It keeps running; later runs treat it as started." if late else ""


class _Apply:
    """Carries out the steps of a plan, and verifies each on the hub."""

    def __init__(self, run: Run, options: InstanceOptions, inventory: Inventory) -> None:
        self.run = run
        self.options = options
        self.hub = run.hub
        self.ending = ending_from_options(options)
        self.readiness = readiness_from_options(options, run.masker)
        self.known = {item.id for item in inventory.instances}

    def everything(self, plan: InstancePlan) -> list[InstanceRecord | None]:
        """Return the record that each step left. After a failure, no further step begins, so that a pool keeps its other
        members. The failure is raised when all running steps are done."""
        # Restart the members of a pool one after the other, so that the others keep working.
        parallel = 1 if self.options.state == "restarted" else self.options.max_parallel
        pace = Pace(self.hub, parallel, self.readiness.overload_timeout)
        works = [
            Work(partial(self._step, step), starts=step.start is not None, writes=bool(step.actions))
            for step in plan.steps
        ]
        outcomes = until_failure(works, pace)
        records = [outcome.result() for outcome in outcomes]
        if any(step.start and step.program and step.program.mark for step in plan.steps):
            records = self._without_twins(plan, records)
        return records

    def _step(self, step: Step, written: Callable[[], None]) -> InstanceRecord | None:
        last: InstanceRecord | None = None
        for action in step.stops:
            with self.run.journal.doing(action), naming(action.target.id):
                ended = end_instance(self.hub, action.target.id, self.ending)
            # 0.18 forgets ended instances.
            last = ended or replace(action.target, status="ended", outcome="stopped")
        if step.start is None or step.program is None or step.sequence is None:
            written()
            return self._kept(step) if step.kept else last
        self.run.journal.begin(step.start)
        start = Start(step.program, step.sequence.id, frozenset(self.known))
        try:
            # A replaced member is missing until it is ready. So report its write as done only then, so that no more than
            # max_parallel members are missing at a time.
            overlap = (lambda: None) if step.stops else written
            record = start_ready(self.hub, start, self.readiness, self.ending, overlap)
        except SthError as error:
            # If the failure has an id, a process was started.
            if "instance" in error.details or isinstance(error, WrittenError):
                self.run.journal.done(step.start)
            message = f"{error.message} {self._way_back(step, error)}".strip()
            raise SthError.of(error, message=message) from None
        self.run.journal.done(step.start)
        self.known.add(record.id)
        return record

    def _way_back(self, step: Step, error: SthError) -> str:
        """Start the previous instance again after its successor failed, because its configuration is known only here.

        Returns a sentence about it for the failure.
        """
        failed = error.details.get("instance")
        # Do not bring back an instance that was ending anyway, or one whose configuration the hub did not report
        # (hub-behaviour.md#starting-instance-never-answers).
        ran = [
            item.target
            for item in step.stops
            if item.target.status != "stopping" and item.target.app_config is not None
        ]
        if not ran:
            return _left_running(error)
        if isinstance(error, WrittenError):
            return "The previous instance was stopped, and is not started again because the new one may be running."
        old: InstanceRecord = min(ran, key=order)
        program = Program(None).instead_of(old).completed_from(old)
        if step.program is not None:
            # Hubs do not report these settings of the previous instance. The task's settings are the best guess.
            program = replace(program, limits=step.program.limits, start_options=step.program.start_options)
        start = Start(program, old.sequence_id, frozenset(self.known))
        try:
            if failed:
                self._end_failed(failed, step.label, answers=error.code != "TIMEOUT")
            # The previous instance was running, but nobody knows whether it was ready.
            readiness = replace(self.readiness, wait_for="running", failure_event=None)
            with self.run.journal.compensating("start", f"instance {step.label}"):
                again = start_ready(self.hub, start, readiness, self.ending)
        except WrittenError as problem:
            return f"The previous instance was stopped, and it is not known whether it runs again: {problem.message}"
        except SthError as problem:
            return f"The previous instance was stopped and could not be started again: {problem.message}"
        self.known.add(again.id)
        return f"The previous instance runs again, as {again.id}."

    def _end_failed(self, instance_id: str, called: str, answers: bool) -> None:
        record = self.hub.instance(instance_id).info()
        if record is not None and record.live:
            with self.run.journal.compensating("stop", f"instance {called}"):
                end_instance(self.hub, instance_id, self.ending, answers=answers)

    def _kept(self, step: Step) -> InstanceRecord | None:
        """Return the kept instance. Wait until it is ready, because an interrupted run may have left it while it was starting."""
        if step.kept and step.kept.status == "starting":
            return wait_ready(self.hub, step.kept.id, step.label, self.readiness)
        return step.kept

    def _without_twins(
        self, plan: InstancePlan, records: Sequence[InstanceRecord | None]
    ) -> list[InstanceRecord | None]:
        """End duplicates that two runs have started at the same time. Every run keeps the oldest.

        Raises ``CONFLICT`` if another task has removed the package at the same time.
        """
        inventory = self.hub.inventory()
        for step, record in zip(plan.steps, records):
            # If a 0.18 hub does not answer for an instance, its sequence is unknown.
            if not step.start or record is None or record.silent:
                continue
            if inventory.sequence(record.sequence_id) is None:
                self._end_without_package(step, record)
        left: list[InstanceRecord | None] = []
        for step, record in zip(plan.steps, records):
            twins = self._twins(inventory, step.program if step.start else None)
            for twin in twins[1:]:
                with self.run.journal.compensating("stop", f"instance {step.label}"):
                    end_instance(self.hub, twin.id, self.ending)
            left.append(twins[0] if len(twins) > 1 else record)
        return left

    def _end_without_package(self, step: Step, record: InstanceRecord) -> None:
        """End an instance whose package was removed while it started, which a hub may not notice, and raise ``CONFLICT``.

        Source: hub-behaviour.md#delete-orphans-a-running-instance.
        """
        with self.run.journal.compensating("stop", f"instance {step.label}"):
            end_instance(self.hub, record.id, self.ending)
        ref = step.sequence.ref if step.sequence else record.sequence_id
        raise SthError(
            "CONFLICT",
            f"Another task removed sequence {ref} from {self.hub.api_url} while instance {step.label} ({record.id}) started from it, so it "
            "was ended again: decide which of the two tasks you want, and run that one again.",
            instance=record.id,
        )

    @staticmethod
    def _twins(inventory: Inventory, program: Program | None) -> list[InstanceRecord]:
        return live_with(inventory, program) if program and program.mark else []
