# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguishes a replica that ended by itself from one that another run or a person ended, and finds crash loops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import Goal
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import kept
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.seen import Seen
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, forgotten
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses

# A replica is in a crash loop if it became ready and ended this often in one run.
CRASHES = 2


class GateError(SthError):
    """The replica with ``index`` did not become ready, or did not stay ready."""

    index: int = -1

    @classmethod
    def at(cls, index: int, error: SthError) -> GateError:
        """Return ``error`` as the failure of the replica with ``index``."""
        made = cls.of(error)
        made.index = index
        return made


class Crashes:
    """Counts how often replicas of one run ended after they were ready."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        # By instance id: the indexes of the replicas that were ready.
        self.ready: dict[str, int] = {}
        # By index: how often a ready replica ended by itself.
        self._crashes: Counter[int] = Counter()
        # By index: how often a replica was stopped or killed although no other run had started a replica.
        self._taken: Counter[int] = Counter()
        # The index and the last record of the ready replica that was found ended last.
        self._last_ended: tuple[int, InstanceRecord] | None = None

    def start_over(self) -> None:
        """Forget everything, because the run now rolls back."""
        for counted in (self.ready, self._crashes, self._taken):
            counted.clear()
        self._last_ended = None

    def lost(self, goal: Goal) -> list[tuple[int, InstanceRecord]]:
        """Return the index and last record of each replica that was ready and has ended by itself since the last call.

        Replicas that another run or a person has ended are not included.
        """
        stay = kept(self._seen.now, goal, self._seen.failed)
        gone = {instance: index for instance, index in self.ready.items() if index not in stay}
        self.ready = {instance: index for instance, index in self.ready.items() if instance not in gone}
        records = [
            (index, self._seen.hub.instance(instance).info() or forgotten(instance))
            for instance, index in gone.items()
            if instance not in self._seen.ended
        ]
        # A replica that is still live did not crash: somebody is ending it, or it no longer fits the goal.
        ended = [item for item in records if not item[1].live]
        self._last_ended = ended[-1] if ended else self._last_ended
        return [item for item in ended if not self.is_others_doing(item[1].outcome, item[0], goal)]

    def is_others_doing(self, outcome: Any, index: int, goal: Goal) -> bool:
        """Whether another run or a person ended a replica that did not become or stay ready.

        A 1.x hub reports "killed" also for a program that calls ``app.end()`` (hub-behaviour.md#start-and-life-cycle). So if no
        other run has started a replica, only the first such end of each index counts as ended by somebody else. If the hub does not
        report how the replica ended, this waits a moment for a replica of another run.
        """
        seen = self._seen
        if outcome in ("stopped", "killed"):
            if seen.others():
                return True
            self._taken[index] += 1
            return self._taken[index] == 1
        if outcome != "unknown":
            return False
        timings = seen.hub.timings
        for _pause in pauses(Deadline(timings.others_show), timings.looks):
            seen.look()
            if seen.others() or index in kept(seen.now, goal, seen.failed):
                return True
        return False

    def refuse_loop(self, lost: Iterable[tuple[int, InstanceRecord]]) -> None:
        """Raise `GateError` if a replica is in a crash loop. A replica that has ended once is only started again."""
        for index, record in lost:
            self._crashes[index] += 1
            if self._crashes[index] >= CRASHES:
                raise self.has_ended(index, record)

    def refuse_last(self) -> None:
        """Raise the failure of the ready replica that ended last, if any. Such ends are the cause if a rollout has used up its rounds."""
        if self._last_ended is not None:
            raise self.has_ended(*self._last_ended)

    def has_ended(self, index: int, record: InstanceRecord) -> GateError:
        """Build the failure of a replica that did not stay ready."""
        label = f"{self._seen.before.name}-{index}"
        return GateError.at(index, ended_error(self._seen.hub, record, label, "after it had become ready"))
