# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that work in parallel for a task, and that end when the task is interrupted.

They replace `concurrent.futures`. Its waits have no time limit, and an interruption at the wrong moment leaves its locks locked, so
that the threads that need them never end.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Callable, Generic, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import local_error
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag

S = TypeVar("S")
T = TypeVar("T")


class Outcome(Generic[T]):
    """One piece of work, and how it ended."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.cancelled = False
        self._work = work
        self._values: list[T] = []
        self._failure: BaseException | None = None
        self._over = Flag()

    def carry_out(self) -> None:
        """Do the work, unless it is cancelled."""
        try:
            if not self.cancelled:
                self._values.append(self._work())
        except BaseException as error:
            self._failure = error
        finally:
            self._over.set()

    def ends_within(self, seconds: float) -> bool:
        """Wait for the end of the work; return whether it has ended."""
        return self._over.wait(seconds)

    def result(self) -> T:
        """Wait for the end of the work, and return its result or raise its failure. Not for work that was cancelled."""
        self.ends_within(math.inf)
        if self._failure is not None:
            raise self._failure
        return self._values[0]

    def failure(self) -> BaseException | None:
        """Wait for the end of the work, and return its failure."""
        self.ends_within(math.inf)
        return self._failure


class Workers:
    """Up to ``most`` threads. When the context is left, all work is over, also after a failure.

    ``abandon`` makes the work end soon. It is called if the waiting thread is interrupted. Otherwise the interruption would take
    effect only after the last work, perhaps minutes later, and the threads would go on writing until then.
    """

    def __init__(self, most: int, abandon: Callable[[], object] = lambda: None) -> None:
        self._most = most
        self._abandon = abandon
        self._queue: SimpleQueue[Outcome[Any] | None] = SimpleQueue()
        self._unfinished: set[Outcome[Any]] = set()
        self._threads = 0

    def submit(self, work: Callable[[], T]) -> Outcome[T]:
        """Let the next free thread do ``work``. Call this from one thread only."""
        outcome = Outcome(work)
        self._unfinished.add(outcome)
        self._queue.put(outcome)
        if self._threads < self._most:
            self._threads += 1
            try:
                threading.Thread(target=self._carry_out, daemon=True).start()
            except RuntimeError as error:
                # The machine allows no more threads, so the existing ones do all the work.
                self._threads -= 1
                if not self._threads:
                    self._unfinished.discard(outcome)
                    raise local_error("start a thread", error) from None
        return outcome

    def map(self, work: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """Return the results of ``work`` for all ``items``, in order; raise the first failure."""
        return [outcome.result() for outcome in [self.submit(partial(work, item)) for item in items]]

    def _carry_out(self) -> None:
        while (outcome := self._queue.get()) is not None:
            outcome.carry_out()
            self._unfinished.discard(outcome)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None or issubclass(kind, Exception):
                for outcome in tuple(self._unfinished):
                    outcome.ends_within(math.inf)
            else:
                self._give_up()
        except BaseException:
            self._give_up()
            raise
        finally:
            for _dummy in range(self._threads):
                self._queue.put(None)

    def _give_up(self) -> None:
        self._abandon()
        with suppress(Empty):
            while (outcome := self._queue.get_nowait()) is not None:
                outcome.cancelled = True
                outcome.carry_out()
        end = time.monotonic() + REAL.interrupted
        for outcome in tuple(self._unfinished):
            outcome.ends_within(max(0.0, end - time.monotonic()))
