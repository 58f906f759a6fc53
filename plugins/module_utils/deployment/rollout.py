# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out the rollout of a deployment, batch by batch, and verifies the result (architecture.md#deployments).

A hub has no locks. So a run reads the deployment again after its last write. If a run with a higher rank has started replicas in
the meantime, this run first completes the goal of that run, and then fails. So no mixture is left, whichever run ends last.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.crashes import Crashes, GateError
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import (
    Goal,
    goal_before,
    goal_of,
    with_unreported,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import DeploymentPlan
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import (
    Batch,
    Policy,
    ToStart,
    ToStop,
    plan_rollout,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.report import (
    deployment_view,
    replica_views,
    without_sequences,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.seen import Seen
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.versions import named
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, WrittenError, given
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import end_instance
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import came_back
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import (
    Ending,
    Readiness,
    ending_from_options,
    readiness_from_options,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import wait_ready
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.starting import (
    Start,
    UnseenStartError,
    start_ready,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import need_content
from ansible_collections.scramjet.sth.plugins.module_utils.run.parallel import Pace, Work, until_failure
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.storing import (
    delete_unused,
    upload_package,
    without_twins,
)

# Each round corrects what another run or the end of a program has changed. A few rounds have always been enough.
ROUNDS = 20
# Failures of the hub and not of the replica. With these, a rollback is not possible either.
NOT_ITS_FAULT = ("UNREACHABLE", "UNAUTHORIZED")


class Rolling:
    """Brings a deployment from the observed state to the goal of one run."""

    def __init__(
        self,
        run: Run,
        options: DeploymentOptions,
        before: Observed,
        policy: Policy,
        readiness: Readiness,
        ending: Ending,
    ) -> None:
        self.run = run
        self.options = options
        self.hub = run.hub
        self.before = before
        self.seen = Seen(run.hub, before, run.journal.say)
        self.crashes = Crashes(self.seen)
        self.policy = policy
        self.readiness = readiness
        self.ending = ending
        self.pace = Pace(self.hub, options.max_parallel, readiness.overload_timeout)
        # By id: how many seconds a start or stop took.
        self.seconds: dict[str, float] = {}
        # Ids of replicas that a rollback replaces although the policy replaces none.
        self._to_replace: set[str] = set()
        # By ref: ids of versions that were uploaded, or replaced by a copy, during this run.
        self._stored: dict[str, str] = {}

    def stored(self, sequence: SequenceRecord) -> None:
        """Remember the id of a version on the hub."""
        self._stored[sequence.ref] = sequence.id

    def reach(self, goal: Goal, batches: Sequence[Batch]) -> Replica | None:
        """Carry out the planned batches, and further ones if needed. Return a replica of another run if that run leads, else None.

        Raises `GateError` for a replica that does not become ready or does not stay ready.
        """
        for batch in batches:
            if not self._carry_out(batch, goal, planned=True):
                break
        return self.settle(goal)

    def settle(self, goal: Goal) -> Replica | None:
        """Read the deployment and correct the differences, until there are none. See `reach`."""
        leader = None
        for _round in range(ROUNDS):
            self.seen.look()
            leader = self._leader(goal)
            if leader is not None:
                # Replicas that other runs have ended did not crash.
                self.crashes.ready.clear()
            there = with_unreported(goal_of(self.seen.now, leader), self.options) if leader else goal
            failed = self.seen.failed | self._to_replace
            batches = plan_rollout(self.seen.now, there, self.policy, failed, self.crashes.ready)
            if not batches:
                return leader
            self.crashes.refuse_loop(self.crashes.lost(there))
            for batch in batches:
                if not self._carry_out(batch, there, planned=False):
                    break
        if leader is None:
            self.crashes.refuse_last()
        raise SthError(
            "CONFLICT",
            f"Gave up on deployment {self.before.name} on {self.hub.api_url} after {ROUNDS} rounds: other tasks keep changing it. "
            "Stop them, and run the task again.",
        )

    def roll_back(self, goal: Goal) -> Replica | None:
        """Roll back. See `reach`."""
        self.crashes.start_over()
        if self.run.only_missing:
            # What this run has started was missing before, so it need not count as ready.
            for item in self.seen.look().live:
                slot = goal.slot(item.index)
                if slot is not None and self.seen.is_own(item.id) and goal.differs(item, slot):
                    self._to_replace.add(item.id)
        return self.settle(with_unreported(goal, self.options))

    def end_failed(self) -> None:
        """End the replicas that did not become ready."""
        for replica in self.seen.look().live:
            if replica.id in self.seen.failed:
                self._stop(ToStop(replica, Action("stop", replica.object, ""), serves=False), planned=False)
        self.seen.look()

    def _leader(self, goal: Goal) -> Replica | None:
        """Return a replica of another run if that run leads: it has started replicas since this run began, and ranks higher.

        A run that only ends replicas leaves no mark, and so never leads. A run with the same goal does not lead either.
        """
        own = goal.rollout
        others = any(item.rollout.rank != own.rank for item in self.seen.others())
        leader = self.seen.now.leader
        if not others or leader is None or leader.rollout.rank == own.rank or leader.rollout.digest == own.digest:
            return None
        return leader

    def _carry_out(self, batch: Batch, goal: Goal, planned: bool) -> bool:
        """Carry out a batch, several writes at a time; False if another run leads. When it returns, no write is running."""
        if any(item.serves for item in batch.stops):
            self.seen.look()
            if self._leader(goal) is not None:
                return False
            # If a new replica has ended meanwhile, the old one that it should replace must not be ended too. So fail, or plan again
            # if the hub does not report how the new one ended.
            lost = self.crashes.lost(goal)
            self.crashes.refuse_loop([item for item in lost if item[1].outcome == "unknown"])
            for index, record in lost:
                if record.outcome != "unknown":
                    raise self.crashes.has_ended(index, record)
            if lost:
                return False
        works = [
            *(Work(partial(self._await, item)) for item in batch.awaited),
            *(Work(partial(self._start, item, planned), starts=True) for item in batch.starts),
            *(Work(partial(self._stop, item, planned)) for item in batch.stops),
        ]
        outcomes = until_failure(works, self.pace)
        errors = [error for error in (outcome.failure() for outcome in outcomes) if error is not None]
        for error in sorted(errors, key=lambda item: not isinstance(item, GateError)):
            outcome = error.details.get("outcome") if isinstance(error, GateError) else None
            if not isinstance(error, GateError):
                raise error
            if not self._lost_package(error, goal) and not self.crashes.is_others_doing(outcome, error.index, goal):
                raise error
        return not errors and not any(item.id in self.seen.failed for item in batch.awaited)

    def _lost_package(self, error: GateError, goal: Goal) -> bool:
        """Whether a start failed because another run, which leads, has removed its package as a version that it does not need."""
        if error.code != "NOT_FOUND" or "instance" in error.details:
            return False
        self.seen.look()
        return self._leader(goal) is not None

    def _await(self, replica: Replica, written: Callable[[], None]) -> None:
        written()
        readiness, is_older = self.readiness, came_back(self.hub, replica.record)
        if is_older and readiness.wait_for == "event":
            # A restarted hub has lost the events of its instances, and the program does not emit its ready event again
            # (hub-behaviour.md#since-when-a-hub-is-up).
            readiness = replace(readiness, wait_for="healthy", ready_event=None)
        try:
            wait_ready(self.hub, replica.id, replica.mark.name, readiness)
        except SthError as error:
            if is_older and error.code not in NOT_ITS_FAULT:
                # The restart of the hub may be the cause, so this says nothing about the version: replace the replica, do not fail.
                self.seen.failed.add(replica.id)
                return
            raise self._gate(error, replica.index, replica.id) from None
        self.crashes.ready[replica.id] = replica.index

    def _start(self, step: ToStart, planned: bool, written: Callable[[], None]) -> None:
        self._tell(step.action, planned)
        begun = time.monotonic()
        try:
            record = self._started(step, written)
        except SthError as error:
            instance = error.details.get("instance")
            # If the failure has an id, a process was started.
            if instance is not None or isinstance(error, WrittenError):
                self._note(step.action, planned)
            # If the replica was not seen afterwards, it may be ready.
            failed = None if isinstance(error, UnseenStartError) else instance
            raise self._gate(error, step.slot.index, failed) from None
        self.seconds[record.id] = round(time.monotonic() - begun, 3)
        self.seen.started(record.id)
        self.crashes.ready[record.id] = step.slot.index
        self._note(step.action, planned)

    def _started(self, step: ToStart, written: Callable[[], None]) -> InstanceRecord:
        sequence, program = step.slot.sequence, step.slot.program
        sequence_id = self._stored.get(sequence.ref, sequence.id)
        start = Start(program, sequence_id, frozenset(self.seen.known))
        try:
            return start_ready(self.hub, start, self.readiness, self.ending, written)
        except SthError as error:
            if error.code != "NOT_FOUND":
                raise
            # Another run may have removed this copy of the package in favour of its own copy.
            others = [item for item in self.hub.sequences() if item.is_called(sequence.ref)]
            if not others:
                raise
            self.stored(others[0])
            start = replace(start, sequence_id=others[0].id)
            return start_ready(self.hub, start, self.readiness, self.ending, written)

    def _stop(self, step: ToStop, planned: bool, _written: Callable[[], None] = lambda: None) -> None:
        journal, action = self.run.journal, step.action
        begun = time.monotonic()
        with journal.doing(action) if planned else journal.compensating(action.action, action.object):
            # A replica that never became ready may not answer to a stop.
            ended = end_instance(
                self.hub, step.replica.id, self.ending, answers=step.replica.id not in self.seen.failed
            )
        self.seconds[step.replica.id] = round(time.monotonic() - begun, 3)
        # 0.18 forgets ended instances.
        self.seen.ended[step.replica.id] = ended or replace(step.replica.record, status="ended", outcome="stopped")

    def _tell(self, action: Action, planned: bool) -> None:
        if planned:
            self.run.journal.begin(action)
        else:
            self.run.journal.begin_unplanned(action.action, action.object)

    def _note(self, action: Action, planned: bool) -> None:
        if planned:
            self.run.journal.done(action)
        else:
            self.run.journal.compensate(action.action, action.object)

    def _gate(self, error: SthError, index: int, instance: str | None) -> SthError:
        if instance is not None:
            self.seen.failed.add(instance)
            self.seen.known.add(instance)
        return error if error.code in NOT_ITS_FAULT else GateError.at(index, error)


def roll_out(
    run: Run,
    options: DeploymentOptions,
    before: Observed,
    package: Package | None,
    policy: Policy,
    plan: DeploymentPlan,
) -> Rolling:
    """Carry out a plan, and return what it has done."""
    if any(action.action == "upload" for action in plan.first):
        need_content(options)
    apply = _Apply(run, options, before, package, policy)
    apply.everything(plan)
    return apply.rolling


class _Apply:
    """Carries out a plan, and verifies each step on the hub."""

    def __init__(
        self, run: Run, options: DeploymentOptions, before: Observed, package: Package | None, policy: Policy
    ) -> None:
        self.run = run
        self.options = options
        self.hub = run.hub
        self.before = before
        self.package = package
        self.uploaded: SequenceRecord | None = None
        self.ending = ending_from_options(options)
        self.rolling = Rolling(run, options, before, policy, readiness_from_options(options, run.masker), self.ending)

    def everything(self, plan: DeploymentPlan) -> None:
        """Upload the new version, roll it out, and remove old versions."""
        for action in plan.first:
            if action.action == "upload":
                self._upload(action)
            else:
                self._delete(action)
        if plan.batches:
            try:
                leader = self.rolling.reach(plan.goal, plan.batches)
            except GateError as missed:
                raise self._failed(missed, plan.goal) from None
            if leader is not None:
                self._drop_upload()
                raise self._overtaken(leader)
        for action in plan.deletes:
            try:
                self._delete(action)
            except SthError as error:
                # The replicas are as wanted. If an old version cannot be removed, only add a note, because on 1.x a record that is
                # never removed (hub-behaviour.md#records-that-never-go) would make every run fail.
                if error.code != "CONFLICT" or self.options.state == "absent":
                    raise
                self.run.notes.append(error.message)

    def _delete(self, action: Action) -> None:
        with self.run.journal.doing(action):
            delete_unused(self.hub, action.target, self.ending.removal_timeout)
        self.rolling.seen.now = without_sequences(self.rolling.seen.now, {action.target.id})

    def _upload(self, action: Action) -> None:
        compare = self.options.compare
        with self.run.journal.doing(action):
            stored = upload_package(self.hub, given(self.package), compare, self.run.journal)
        if compare == "content":
            stored = without_twins(self.hub, stored, self.run.journal)
        self.uploaded = stored
        self.rolling.stored(stored)

    def _failed(self, missed: SthError, goal: Goal) -> SthError:
        """Do what ``on_failure`` says, and return the failure with the resulting state of the deployment."""
        how = self.options.on_failure
        rolled_back, said = False, "was left as it is (on_failure: leave)."
        try:
            if how == "rollback":
                leader = self.rolling.roll_back(goal_before(self.before, goal, self.rolling.seen.failed))
                rolled_back = leader is None
                was = self.before.leader
                back = f"was rolled back to {was.ref}." if was and was.ref else "was rolled back to what ran before."
                said = back if self.before.live else "was removed again: nothing ran before."
                if leader is not None:
                    said = "was changed by another task meanwhile, which wins."
            elif how == "stop":
                self.rolling.end_failed()
                said = "was left half updated (on_failure: stop)."
            else:
                self.rolling.seen.look()
            if how != "leave":
                self._drop_failed(goal)
        except SthError as error:
            done = {"rollback": "rolled back either", "stop": "cleaned up", "leave": "observed again"}[how]
            said = f"could not be {done}: {error.message}"
        now = self.rolling.seen.now
        ref, canary = (goal.sequence.ref if goal.sequence else None), goal.rollout.canary
        if rolled_back:
            ref, canary = (now.leader.ref, now.leader.rollout.canary) if now.leader else (None, 0)
        return SthError.of(
            missed,
            message=f"{missed.message} Deployment {self.before.name} {said}",
            rolled_back=rolled_back,
            deployment=deployment_view(now, ref, canary),
            instances=replica_views(self.before, now, self.rolling.seen.ended, self.rolling.seconds, self.run.masker),
        )

    def _drop_failed(self, goal: Goal) -> None:
        """Remove the version that failed, if this run or an interrupted run before it has uploaded it.

        A version that the mark of a replica names stays, because it may be needed for a rollback.
        """
        self._drop_upload()
        failed = goal.sequence if self.uploaded is None and self.package is not None else None
        if failed is not None and failed.id and failed.ref not in named(self.rolling.seen.now):
            self._drop(failed)

    def _drop_upload(self) -> None:
        """Remove the version that this run has uploaded but does not need."""
        if self.uploaded is not None:
            self._drop(self.uploaded)

    def _drop(self, sequence: SequenceRecord) -> None:
        """Remove a version, unless an instance runs from it."""
        if any(item.live and item.sequence_id == sequence.id for item in self.rolling.seen.now.inventory.instances):
            return
        try:
            with self.run.journal.compensating("delete", f"sequence {sequence.ref}"):
                delete_unused(self.hub, sequence, self.ending.removal_timeout)
        except SthError as error:
            if error.code != "CONFLICT":
                raise
            return
        self.rolling.seen.now = without_sequences(self.rolling.seen.now, {sequence.id})

    def _overtaken(self, leader: Replica) -> SthError:
        return SthError(
            "CONFLICT",
            f"Another task deployed {leader.ref or 'another version'} to {self.before.name} on {self.hub.api_url} at the same time "
            "and wins: decide which one you want, and run that task again.",
            deployment=deployment_view(self.rolling.seen.now, leader.ref, leader.rollout.canary),
        )
