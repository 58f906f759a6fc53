# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a hub with a time limit, on the monotonic clock."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Callable, TypeVar

T = TypeVar("T")


class Deadline:
    """A time limit, ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, not below 0."""
        return max(0.0, self._end - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self._end


def pauses(deadline: Deadline, first: float = 0.1, longest: float = 1.0, jitter: float = 0.0) -> Iterator[None]:
    """Yield at once and then after growing pauses, until the deadline has passed; once more at its end."""
    pause = first
    while True:
        yield
        if deadline.passed:
            return
        wanted = pause * (1 + jitter * random.random())  # noqa: S311 - spreads retries, no secret
        time.sleep(min(wanted, deadline.remaining))
        pause = min(pause * 1.6, longest)


def poll(read: Callable[[], T], until: Callable[[T], bool], deadline: Deadline) -> tuple[T, bool]:
    """Read until ``until`` holds or the deadline has passed; return the last value and whether it held."""
    for _dummy in pauses(deadline):
        value = read()
        if until(value):
            break
    return value, until(value)
