# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs several pieces of work on a hub in parallel: as many as the hub can handle. After a failure it begins no more."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Callable, Generic, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Outcome, Workers

T = TypeVar("T")

# How many starts to begin with; each answer allows one more. The runner boots only after the answer to its start, so the load of
# the first starts shows late (hub-behaviour.md#a-stalled-hub-loses-its-instances).
AT_FIRST = 4
# How many pieces of work may be waiting after their write. Each sends two requests a second.
WAITING = 32


@dataclass(frozen=True)
class Work(Generic[T]):
    """One piece of work on a hub.

    ``do`` gets a function that frees its place. It calls this function when it has written and only waits. ``starts``: whether it
    starts a process, which puts load on a hub. ``writes``: whether it writes anything. Work that does not write is not slowed down.
    """

    do: Callable[[Callable[[], None]], T]
    starts: bool = False
    writes: bool = True


class Pace:
    """Limits how many pieces of work write at a time: to ``most``, and to fewer starts if the hub has become slow.

    While the hub is slow, nothing begins. ``patience``: how many seconds in total to wait for a slow hub.
    """

    def __init__(self, hub: HubClient, most: int, patience: float) -> None:
        self.most = most
        self.hub = hub
        self._patience = patience
        self._allowed = min(most, AT_FIRST)
        self._inside = 0
        self._starting = 0
        self._lock = threading.Lock()
        self._left = Flag()
        self._usual = math.inf
        self._prompt = True

    def enter(self, starts: bool) -> ExitStack:
        """Wait for a free place, and return it. Closing it (also twice) frees the place."""
        while not self._got_place(starts):
            self._left.wait(math.inf)
        place = ExitStack()
        place.callback(self._leave, starts)
        return place

    def _got_place(self, starts: bool) -> bool:
        self._left.clear()
        with self._lock:
            is_free = self._inside < self.most and not (starts and self._starting >= self._allowed)
            self._inside += is_free
            self._starting += is_free and starts
        return is_free

    def _leave(self, starts: bool) -> None:
        with self._lock:
            self._inside -= 1
            self._starting -= starts
            if starts and self._prompt:
                self._allowed = min(self.most, self._allowed + 1)
        self._left.set()

    def wait_until_prompt(self) -> None:
        """Wait until the hub answers about as fast as before. If it was slow, allow fewer starts from now on."""
        bound = Deadline(self._patience)
        for turn, _pause in enumerate(pauses(bound, self.hub.timings.close_looks)):
            try:
                seconds = self.hub.answer_time()
            except SthError:
                # The write that follows fails too, with a better message.
                break
            self._usual = min(self._usual, seconds)
            with self._lock:
                self._prompt = seconds <= self._usual + self.hub.timings.slower
                if turn == 0 and not self._prompt:
                    self._allowed = max(1, self._allowed // 2)
            if self._prompt:
                break
        self._patience = bound.remaining


def until_failure(works: Sequence[Work[T]], pace: Pace) -> list[Outcome[T | None]]:
    """Begin ``works`` in order at this pace; return the outcome of each, with None for those that were not begun.

    While one of them only waits, the next may begin. If ``most`` is 1, the next begins when the one before is done. When this
    function returns, no work is running.
    """
    over = Flag()

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
    with Workers(max(pace.most, WAITING), pace.hub.abandon) as pool:
        for work in works:
            place = pace.enter(work.starts)
            if work.writes and len(works) > 1 and not over.is_set():
                pace.wait_until_prompt()
            ended.append(pool.submit(partial(unless_over, work, place)))
    return ended
