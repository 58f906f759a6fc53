# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out the rollout of a deployment, batch by batch, and sees that it has stayed (architecture.md#deployments).

There is no lock on a hub. After its last write a run looks again; where another one, which leads, has written meanwhile, it
brings about what that one wanted before it gives way, so that whoever ends last leaves no mixture.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import (
    Goal,
    goal_of,
    with_unreported,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import (
    Batch,
    Policy,
    ToStart,
    ToStop,
    kept,
    plan_rollout,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import (
    Observed,
    Replica,
    replicas_of,
)
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, WrittenError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import Ending, end_instance
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import ask_silent_again, observe
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import (
    Readiness,
    ended_error,
    forgotten,
    wait_ready,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.starting import Start, start_ready
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.parallel import Pace, Work, until_failure
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses

# Each round puts right what another run or the end of a program has changed; nobody has needed more than a few.
ROUNDS = 20
# A replica that has been ready this often in one run, and has ended each time, is in a crash loop.
CRASHES = 2
# Where the hub does not tell how a replica ended: seconds until one that another run starts in its place is listed.
OTHERS_SHOW = 3.0
# What says nothing about the replica itself: the hub cannot be asked to bring anything back either.
NOT_ITS_FAULT = ("UNREACHABLE", "UNAUTHORIZED")


class GateError(SthError):
    """A replica, that with ``index``, did not become ready, or did not stay so."""

    def __init__(self, error: SthError, index: int) -> None:
        super().__init__(error.code, error.message, **error.details)
        self.index = index


def look(hub: HubClient, name: str) -> Observed:
    """Read a deployment from the hub."""
    inventory = observe(hub, lambda found: _complete(replicas_of(name, found)))
    # A 0.18 hub does not say whose an instance is while it starts (hub-behaviour.md#starting-instance-never-answers); a
    # run that was cut off may have left one.
    return replicas_of(name, ask_silent_again(hub, inventory))


class Rolling:
    """One run's way from what it has observed to its goal."""

    def __init__(self, run: Run, before: Observed, policy: Policy, readiness: Readiness, ending: Ending) -> None:
        self.run = run
        self.hub = run.hub
        self.before = before
        self.now = before
        self.policy = policy
        self.readiness = readiness
        self.ending = ending
        self.pace = Pace(self.hub, run.options["max_parallel"], readiness.overload_timeout)
        # By id: seconds that a start or stop took; the last records of what was ended; what missed its gate.
        self.seconds: dict[str, float] = {}
        self.ended: dict[str, InstanceRecord] = {}
        self.failed: set[str] = set()
        # Index by id of what was ready, and by index how often that has ended.
        self._ready: dict[str, int] = {}
        self._crashes: Counter[int] = Counter()
        # By index how often a replica was stopped or killed while no other run showed; and what was last seen ended, by whom ever.
        self._taken: Counter[int] = Counter()
        self._last_ended: tuple[int, InstanceRecord] | None = None
        # Ids of versions that were uploaded or moved meanwhile, by ref.
        self._stored: dict[str, str] = {}
        self._known = {item.id for item in before.inventory.instances}

    def stored(self, sequence: SequenceRecord) -> None:
        """Take note of the id under which the hub has a version."""
        self._stored[sequence.ref] = sequence.id

    def reach(self, goal: Goal, batches: Sequence[Batch]) -> Replica | None:
        """Carry out the planned batches and what turns out to be needed then; return who leads instead, if anybody.

        Raises `GateError` for a replica that does not become ready or does not stay so.
        """
        for batch in batches:
            if not self._carry_out(batch, goal, planned=True):
                break
        return self.settle(goal)

    def settle(self, goal: Goal) -> Replica | None:
        """Look again and put right what differs, until nothing does. See `reach`."""
        leader = None
        for _round in range(ROUNDS):
            self.look()
            leader = self._leader(goal)
            if leader is not None:
                # What others have ended is no crash.
                self._ready.clear()
            there = with_unreported(goal_of(self.now, leader), self.run.options) if leader else goal
            batches = plan_rollout(self.now, there, self.policy, self.failed, self._ready)
            if not batches:
                return leader
            self._refuse_crash_loop(self._lost(there))
            for batch in batches:
                if not self._carry_out(batch, there, planned=False):
                    break
        if leader is None and self._last_ended is not None:
            raise self._has_ended(*self._last_ended)
        raise SthError(
            "CONFLICT",
            f"The deployment {self.before.name} on {self.hub.api_url} is changed by others as often as it is put right: "
            "end them, and run the task again.",
        )

    def turn_back(self, goal: Goal) -> Replica | None:
        """Bring about what was before. See `reach`."""
        for counted in (self._ready, self._crashes, self._taken):
            counted.clear()
        self._last_ended = None
        return self.settle(with_unreported(goal, self.run.options))

    def end_failed(self) -> None:
        """End what missed its gate."""
        for replica in self.look().live:
            if replica.id in self.failed:
                self._stop(ToStop(replica, Action("stop", replica.object, ""), serves=False), planned=False)
        self.look()

    def look(self) -> Observed:
        """Read the deployment as it is now."""
        self.now = look(self.hub, self.before.name)
        return self.now

    def _leader(self, goal: Goal) -> Replica | None:
        """Return a replica of the run that has the last word instead of this one: another is at work, and ranks higher.

        What nothing on the hub tells of, such as a run that only ends replicas, never ranks higher.
        """
        own = goal.rollout
        others = any(item.rollout.rank != own.rank for item in self._others())
        leader = self.now.leader
        if not others or leader is None or leader.rollout.rank == own.rank or leader.rollout.digest == own.digest:
            return None
        return leader

    def _carry_out(self, batch: Batch, goal: Goal, planned: bool) -> bool:
        """Do what is in a batch, several at a time; False where another run leads. All is at rest when it returns."""
        if any(item.serves for item in batch.stops):
            self.look()
            if self._leader(goal) is not None:
                return False
            # What it was to replace must not be ended too. Where the hub does not tell how it ended, it is given a chance.
            lost = self._lost(goal)
            self._refuse_crash_loop([item for item in lost if item[1].outcome == "unknown"])
            for index, record in lost:
                if record.outcome != "unknown":
                    raise self._has_ended(index, record)
            if lost:
                return False
        works = [
            *(Work(partial(self._await, item)) for item in batch.awaited),
            *(Work(partial(self._start, item, planned), starts=True) for item in batch.starts),
            *(Work(partial(self._stop, item, planned)) for item in batch.stops),
        ]
        outcomes = until_failure(works, self.pace)
        errors = [error for error in (outcome.exception() for outcome in outcomes) if error is not None]
        for error in sorted(errors, key=lambda item: not isinstance(item, GateError)):
            outcome = error.details.get("outcome") if isinstance(error, GateError) else None
            if not isinstance(error, GateError) or not self._is_others_doing(outcome, error.index, goal):
                raise error
        return not errors

    def _is_others_doing(self, outcome: Any, index: int, goal: Goal) -> bool:
        """Whether a replica that did not become or stay ready was ended by another run, or by hand.

        A program that ends itself looks the same on 1.x. So where no other run shows it is believed once of each index.
        """
        if outcome in ("stopped", "killed"):
            if self._others():
                return True
            self._taken[index] += 1
            return self._taken[index] == 1
        if outcome != "unknown":
            return False
        for _pause in pauses(Deadline(OTHERS_SHOW)):
            self.look()
            if self._others() or index in kept(self.now, goal, self.failed):
                return True
        return False

    def _others(self) -> list[Replica]:
        """Return the live replicas that another run has started since this one began."""
        return [item for item in self.now.live if item.id not in self._known]

    def _await(self, replica: Replica, written: Callable[[], None]) -> None:
        written()
        try:
            wait_ready(self.hub, replica.id, replica.mark.name, self.readiness)
        except SthError as error:
            raise self._gate(error, replica.index, replica.id) from None
        self._ready[replica.id] = replica.index

    def _start(self, step: ToStart, planned: bool, written: Callable[[], None]) -> None:
        self._tell(step.action, planned)
        begun = time.monotonic()
        try:
            record = self._started(step, written)
        except SthError as error:
            instance = error.details.get("instance")
            # A process was started wherever it is known by its id.
            if instance is not None or isinstance(error, WrittenError):
                self._note(step.action, planned)
            raise self._gate(error, step.slot.index, instance) from None
        self.seconds[record.id] = round(time.monotonic() - begun, 3)
        self._known.add(record.id)
        self._ready[record.id] = step.slot.index
        self._note(step.action, planned)

    def _started(self, step: ToStart, written: Callable[[], None]) -> InstanceRecord:
        sequence, program = step.slot.sequence, step.slot.program
        sequence_id = self._stored.get(sequence.ref, sequence.id)
        start = Start(program, sequence_id, frozenset(self._known))
        try:
            return start_ready(self.hub, start, self.readiness, self.ending, written)
        except SthError as error:
            if error.code != "NOT_FOUND":
                raise
            # Another run may have removed this copy of the package as a twin of its own.
            others = [item for item in self.hub.sequences() if item.ref == sequence.ref]
            if not others:
                raise
            self.stored(others[0])
            start = replace(start, sequence_id=others[0].id)
            return start_ready(self.hub, start, self.readiness, self.ending, written)

    def _stop(self, step: ToStop, planned: bool, _written: Callable[[], None] = lambda: None) -> None:
        journal, action = self.run.journal, step.action
        begun = time.monotonic()
        with journal.doing(action) if planned else journal.compensating(action.action, action.object):
            ended = end_instance(self.hub, step.replica.id, self.ending)
        self.seconds[step.replica.id] = round(time.monotonic() - begun, 3)
        # 0.18 forgets what has ended.
        self.ended[step.replica.id] = ended or replace(step.replica.record, status="ended", outcome="stopped")

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
            self.failed.add(instance)
            self._known.add(instance)
        return error if error.code in NOT_ITS_FAULT else GateError(error, index)

    def _lost(self, goal: Goal) -> list[tuple[int, InstanceRecord]]:
        """Return the index and last record of each replica that was ready and has ended by itself since the last look.

        What another run or somebody by hand has ended is none of them: it is just not there.
        """
        stay = kept(self.now, goal, self.failed)
        gone = {instance: index for instance, index in self._ready.items() if index not in stay}
        self._ready = {instance: index for instance, index in self._ready.items() if instance not in gone}
        records = [
            (index, self.hub.instance(instance).info() or forgotten(instance))
            for instance, index in gone.items()
            if instance not in self.ended
        ]
        # One that is still live has been told to end.
        ended = [item for item in records if not item[1].live]
        self._last_ended = ended[-1] if ended else self._last_ended
        return [item for item in ended if not self._is_others_doing(item[1].outcome, item[0], goal)]

    def _refuse_crash_loop(self, lost: Iterable[tuple[int, InstanceRecord]]) -> None:
        """Raise where a replica has ended each time after it was ready; the first time it is just started again."""
        for index, record in lost:
            self._crashes[index] += 1
            if self._crashes[index] >= CRASHES:
                raise self._has_ended(index, record)

    def _has_ended(self, index: int, record: InstanceRecord) -> GateError:
        label = f"{self.before.name}-{index}"
        return GateError(ended_error(self.hub, record, label, "although it had been ready"), index)


def _complete(observed: Observed) -> bool:
    """Whether as many replicas are listed as the latest run wanted; right after a restart of a 1.x hub they may not be."""
    leader = observed.leader
    return leader is not None and len({item.index for item in observed.live}) >= leader.rollout.replicas
