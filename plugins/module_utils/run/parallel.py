# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several works on a hub at a time: as many as it bears, and none is begun any more once one has failed."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Callable, Generic, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.workers import workers
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses

T = TypeVar("T")

# Seconds that an answer may take longer than the first one. A hub that stands still for over a second cuts everything that
# runs on it off from its events (hub-behaviour.md#a-stalled-hub-loses-its-instances). Measured with 50 starts on two
# processors: 4 at once hold an answer up for 0.15 s, 16 for 0.6 s, 50 for 3 s, and none of them is over any sooner.
SLOWER = 0.25
# What a start costs shows after it is answered, when its runner boots: so it begins with these, and grows with each answer.
AT_FIRST = 4
# Works that have written and only wait; each asks the hub twice a second.
WAITING = 32


@dataclass(frozen=True)
class Work(Generic[T]):
    """What is to be done on a hub.

    ``do`` gets a function to call when it has written and only waits. ``starts``: a process, which is what burdens a hub.
    ``writes``: it does anything at all; what only reports is not paced.
    """

    do: Callable[[Callable[[], None]], T]
    starts: bool = False
    writes: bool = True


class Pace:
    """Lets works begin, ``most`` at a time, fewer starts where the hub answers slowly, and none as long as it does.

    ``patience``: seconds in all that slow answers are waited out.
    """

    def __init__(self, hub: HubClient, most: int, patience: float) -> None:
        self.most = most
        self.hub = hub
        self._patience = patience
        self._allowed = min(most, AT_FIRST)
        self._inside = 0
        self._starting = 0
        self._changed = threading.Condition()
        self._usual = math.inf
        self._prompt = True

    def enter(self, starts: bool) -> ExitStack:
        """Wait for a place; closing what is returned, once or more, leaves it."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._inside < self.most and not (starts and self._starting >= self._allowed)
            )
            self._inside += 1
            self._starting += starts
        place = ExitStack()
        place.callback(self._leave, starts)
        return place

    def _leave(self, starts: bool) -> None:
        with self._changed:
            self._inside -= 1
            self._starting -= starts
            if starts and self._prompt:
                self._allowed = min(self.most, self._allowed + 1)
            self._changed.notify()

    def wait_until_prompt(self) -> None:
        """Wait until the hub answers about as soon as it did before; fewer are let in from now on where it did not."""
        bound = Deadline(self._patience)
        for turn, _pause in enumerate(pauses(bound, longest=0.5)):
            try:
                seconds = self.hub.answer_time()
            except SthError:
                # What is to be written will say so better.
                break
            self._usual = min(self._usual, seconds)
            with self._changed:
                self._prompt = seconds <= self._usual + SLOWER
                if turn == 0 and not self._prompt:
                    self._allowed = max(1, self._allowed // 2)
            if self._prompt:
                break
        self._patience = bound.remaining


def until_failure(works: Sequence[Work[T]], pace: Pace) -> list[Future[T | None]]:
    """Begin ``works`` in order at this pace; return how each ended, None for what was not begun.

    While one only waits, the next may begin; at a pace of one the next begins when it is done. All is at rest when it returns.
    """
    over = threading.Event()

    def unless_over(work: Work[T], place: ExitStack) -> T | None:
        with place:
            if over.is_set():
                return None
            try:
                return work.do(place.close if pace.most > 1 else lambda: None)
            except BaseException:
                over.set()
                raise

    ended = []
    with workers(pace.hub, max(pace.most, WAITING)) as pool:
        for work in works:
            place = pace.enter(work.starts)
            if work.writes and len(works) > 1 and not over.is_set():
                pace.wait_until_prompt()
            ended.append(pool.submit(unless_over, work, place))
    return ended
