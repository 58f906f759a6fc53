# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out a plan for ``sth_instance``, and verifies each step on the hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, WrittenError, naming
from ansible_collections.scramjet.sth.plugins.module_utils.instance.options import InstanceOptions
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import InstancePlan, Step, live_with, order
from ansible_collections.scramjet.sth.plugins.module_utils.instance.reconcile import select
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import end_instance, wait_removed
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import (
    ending_from_options,
    readiness_from_options,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import wait_ready
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.starting import Start, start_ready
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.parallel import Pace, Work, until_failure
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run


def _left_running(error: SthError) -> str:
    """Return what the failure of a first start says about the instance, which the task does not end."""
    if "event" in error.details:
        return "Unless it ends by itself, it keeps running, and later runs treat it as started."
    late = "instance" in error.details and error.code == "TIMEOUT" and not isinstance(error, WrittenError)
    return "It keeps running; later runs treat it as started." if late else ""


def apply_steps(
    run: Run, options: InstanceOptions, inventory: Inventory, plan: InstancePlan
) -> list[InstanceRecord | None]:
    """Carry out a plan, and return the record that each step leaves. With ``state: absent``, wait until the hub lists none."""
    records = _Apply(run, options, inventory).everything(plan)
    if options.state == "absent":
        wait_removed(run.hub, [item.id for item in select(inventory, options)], options.removal_timeout)
    return list(records)


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
