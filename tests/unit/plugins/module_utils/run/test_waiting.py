# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting with a bound. A fake clock stands for the real one, so that nothing here takes any time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.run import waiting
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses, poll

MILLISECONDS = st.integers(1, 5000).map(lambda number: number / 1000)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        # Whatever is slept takes a little longer, as everywhere.
        self.now += seconds + 1e-6


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=clock.sleep))
    return clock


def test_a_deadline_passes_and_leaves_no_less_than_nothing(clock: Clock) -> None:
    deadline = Deadline(5.0)
    assert (deadline.remaining, deadline.passed) == (5.0, False)
    clock.now += 5.0
    assert (deadline.remaining, deadline.passed) == (0.0, True)
    clock.now += 60.0
    assert deadline.remaining == 0.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(MILLISECONDS, MILLISECONDS, MILLISECONDS, st.sampled_from([0.0, 0.5]))
def test_turns_come_at_once_further_apart_and_once_more_at_the_end(
    clock: Clock, seconds: float, first: float, longest: float, jitter: float
) -> None:
    begun, turns = clock.now, []
    for _turn in pauses(Deadline(seconds), first, longest, jitter):
        turns.append(clock.now - begun)
    assert turns[0] == 0
    assert seconds - 1e-6 <= turns[-1] <= seconds + 0.01
    # The last one is cut short by the deadline.
    gaps = [round(later - earlier, 4) for earlier, later in zip(turns, turns[1:])][:-1]
    assert all(min(first, longest) <= gap <= max(first, longest) * (1 + jitter) + 1e-4 for gap in gaps)
    if not jitter and first <= longest:
        assert gaps == sorted(gaps)


def test_reading_goes_on_until_it_holds(clock: Clock) -> None:
    values = iter(range(100))
    assert poll(lambda: next(values), lambda value: value == 3, Deadline(60.0)) == (3, True)
    assert next(values) == 4


def test_what_never_holds_is_read_a_last_time_at_the_end(clock: Clock) -> None:
    begun = clock.now
    value, held = poll(lambda: clock.now - begun, lambda value: False, Deadline(2.0))
    assert not held
    assert value >= 2.0
    assert poll(lambda: "x", lambda value: False, Deadline(0.0)) == ("x", False)
