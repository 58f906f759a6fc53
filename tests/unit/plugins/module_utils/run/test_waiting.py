# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting with a time limit, on a simulated clock."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses, poll

LOOKS = Pauses(0.1, 1.0)
MILLISECONDS = st.integers(1, 5000).map(lambda number: number / 1000)


class FakeClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        # Whatever is slept takes a little longer, as everywhere.
        self.now += seconds + 1e-6


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_the_time_left_of_a_deadline_is_never_negative(clock: FakeClock) -> None:
    deadline = Deadline(5.0, clock)
    assert (deadline.remaining, deadline.passed) == (5.0, False)
    clock.now += 5.0
    assert (deadline.remaining, deadline.passed) == (0.0, True)
    clock.now += 60.0
    assert deadline.remaining == 0.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(MILLISECONDS, MILLISECONDS, MILLISECONDS, st.sampled_from([0.0, 0.5]))
def test_looks_begin_at_once_in_growing_pauses_with_a_last_one_at_the_end(
    clock: FakeClock, seconds: float, first: float, longest: float, jitter: float
) -> None:
    begun, turns = clock.now, []
    for _turn in pauses(Deadline(seconds, clock), Pauses(first, longest, jitter)):
        turns.append(clock.now - begun)
    assert turns[0] == 0
    assert seconds - 1e-6 <= turns[-1] <= seconds + 0.01
    # The last one is cut short by the deadline.
    gaps = [round(later - earlier, 4) for earlier, later in zip(turns, turns[1:])][:-1]
    assert all(min(first, longest) <= gap <= max(first, longest) * (1 + jitter) + 1e-4 for gap in gaps)
    if not jitter and first <= longest:
        assert gaps == sorted(gaps)


def test_polling_goes_on_until_the_condition_holds(clock: FakeClock) -> None:
    values = iter(range(100))
    assert poll(lambda: next(values), lambda value: value == 3, Deadline(60.0, clock), LOOKS) == (3, True)
    assert next(values) == 4


def test_polling_ends_with_a_last_look_at_the_deadline(clock: FakeClock) -> None:
    begun = clock.now
    value, held = poll(lambda: clock.now - begun, lambda value: False, Deadline(2.0, clock), LOOKS)
    assert not held
    assert value >= 2.0
    assert poll(lambda: "x", lambda value: False, Deadline(0.0, clock), LOOKS) == ("x", False)
