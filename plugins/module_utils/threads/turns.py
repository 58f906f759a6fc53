# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting in turns, so that an interruption of the task is never lost.

The keyword ``timeout`` of a task, and a signal, interrupt the main thread with an exception. Python raises it when the thread runs
Python code again. If the signal arrives just before the thread blocks, it does not interrupt the blocking call, which lasts for its
whole time. Without a time limit, it would never end. So every wait consists of short turns.
"""

from __future__ import annotations

import fcntl
import math
import threading
import time
from contextlib import suppress
from typing import IO, Any, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL


def in_turns(wait: Callable[[float], object], seconds: float = math.inf) -> bool:
    """Call ``wait`` with the seconds of one turn, until it returns a true value or ``seconds`` are over; return whether it did."""
    end = time.monotonic() + seconds
    while True:
        left = max(0.0, end - time.monotonic())
        if wait(min(left, REAL.turn)):
            return True
        if left <= REAL.turn:
            return False


def sleep(seconds: float, /) -> None:
    """Wait for ``seconds``."""
    in_turns(time.sleep, seconds)


def take_lock(file: IO[Any]) -> None:
    """Wait until no other process holds the lock of ``file``, and take it. It lasts until the file is closed."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            sleep(REAL.looks.first)


class Flag:
    """Does what `threading.Event` does, but an interruption cannot make it unusable.

    Python may raise the exception of a signal inside a method of `threading.Event` that holds the lock of the event. Nobody releases
    this lock then, so every later call blocks, also in the interrupted thread itself.
    """

    def __init__(self) -> None:
        self._is_set = False
        # Locked until the flag is set. A waiter that gets the lock releases it at once. If an interruption prevents that, the other
        # waiters still see `_is_set` at their next turn.
        self._unset = threading.Lock()
        self._unset.acquire()

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Set the flag, and wake all threads that wait."""
        self._is_set = True
        with suppress(RuntimeError):
            self._unset.release()

    def clear(self) -> None:
        """Unset the flag, so that later calls of `wait` block."""
        self._is_set = False
        self._unset.acquire(blocking=False)

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, or ``seconds`` are over; return whether it was set."""
        if not in_turns(lambda turn: self._is_set or self._unset.acquire(timeout=turn), seconds):
            return False
        with suppress(RuntimeError):
            self._unset.release()
        return True
