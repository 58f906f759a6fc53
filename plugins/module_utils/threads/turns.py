# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting in turns, so that an interruption of the task is never lost.

The keyword ``timeout`` of a task, and a signal, interrupt the main thread with an exception. Python raises it when the thread runs
Python code again. If the signal arrives just before the thread blocks, the blocking call is not interrupted, and lasts for its
whole time: a wait without a time would never end. So every wait lasts for one turn, and begins again.
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
    """Call ``wait`` with the seconds of one turn until it returns something true, or ``seconds`` are over; return whether it did."""
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
    """Does what `threading.Event` does, with a lock that no interruption leaves locked for others.

    Python may raise the exception of a signal inside the methods of an event, when they have taken its lock and nobody will give
    it back. Then every later call blocks, also in the interrupted thread itself.
    """

    def __init__(self) -> None:
        self._is_set = False
        # Locked until it is set. Who gets the lock gives it back, and nobody relies on that.
        self._unset = threading.Lock()
        self._unset.acquire()

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Wake all that wait."""
        self._is_set = True
        with suppress(RuntimeError):
            self._unset.release()

    def clear(self) -> None:
        """Let those that come now wait."""
        self._is_set = False
        self._unset.acquire(blocking=False)

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, or ``seconds`` are over; return whether it was set."""
        if not in_turns(lambda turn: self._is_set or self._unset.acquire(timeout=turn), seconds):
            return False
        with suppress(RuntimeError):
            self._unset.release()
        return True
