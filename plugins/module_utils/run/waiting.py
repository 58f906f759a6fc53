# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a hub with a time limit, on the monotonic clock."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Callable, Protocol, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses
from ansible_collections.scramjet.sth.plugins.module_utils.threads import turns

T = TypeVar("T")


class Clock(Protocol):
    """Measures time and waits."""

    def monotonic(self) -> float:
        """Return the seconds since a fixed moment."""

    def sleep(self, seconds: float, /) -> None:
        """Wait for ``seconds``."""


class _RealClock:
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(turns.sleep)


class Deadline:
    """A time limit, ``seconds`` from now on its ``clock``."""

    def __init__(self, seconds: float, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or _RealClock()
        self._end = self._clock.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, not below 0."""
        return max(0.0, self._end - self._clock.monotonic())

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self._clock.monotonic() >= self._end

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``, or for as long as is left."""
        self._clock.sleep(min(seconds, self.remaining))


def pauses(deadline: Deadline, growing: Pauses) -> Iterator[None]:
    """Yield at once, then after growing pauses, and a last time when the deadline has passed."""
    pause = growing.first
    while True:
        yield
        if deadline.passed:
            return
        deadline.sleep(pause * (1 + growing.jitter * random.random()))  # noqa: S311 - spreads retries, no secret
        pause = min(pause * 1.6, growing.longest)


def poll(read: Callable[[], T], until: Callable[[T], bool], deadline: Deadline, growing: Pauses) -> tuple[T, bool]:
    """Call ``read`` until its value fulfils ``until`` or the deadline has passed; return the last value and whether it does."""
    for _dummy in pauses(deadline, growing):
        value = read()
        if until(value):
            break
    return value, until(value)
