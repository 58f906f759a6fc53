# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting in turns, so that an interruption of the task is never lost.

The keyword ``timeout`` of a task, and a signal, interrupt the main thread with an exception. Python raises it when the thread runs
Python code again. If the signal arrives just before the thread blocks, the blocking call is not interrupted, and lasts for its
whole time: a wait without a time would never end. So every wait lasts for one turn, and begins again.
"""

from __future__ import annotations

import math
import threading
import time
from typing import Callable

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


class Flag(threading.Event):
    """An event that a thread waits for in turns."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or ``timeout`` seconds are over; return whether it is set."""
        return in_turns(super().wait, math.inf if timeout is None else timeout)
