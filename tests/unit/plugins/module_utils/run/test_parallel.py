# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many works run at the same time. The times of the hub are made up, because a real hub is not slow on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses, Timings
from ansible_collections.scramjet.sth.plugins.module_utils.run.parallel import Pace, Work, until_failure
from ansible_collections.scramjet.sth.tests.running.pace import bound

PROMPT, SLOW = 0.01, 0.9


class Answering:
    """Answers in the times it is given, and then promptly."""

    timings = Timings(close_looks=Pauses(0.01, 0.05))

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self.seconds = iter(seconds)
        self.asked = 0

    def answer_time(self) -> float:
        """Return the next."""
        self.asked += 1
        return next(self.seconds, PROMPT)

    def abandon(self) -> None:
        """Nothing is open."""


class Works:
    """Works that wait until they are let go, and how many of them write at once."""

    def __init__(self, count: int) -> None:
        self.let_go = threading.Event()
        self.begun: list[int] = []
        self.writing = 0
        self.most = 0
        self.lock = threading.Lock()
        self.all = [Work(partial(self.work, number), starts=True) for number in range(count)]

    def work(self, number: int, written: Callable[[], None]) -> int:
        """Write, and then wait for the others."""
        with self.lock:
            self.begun.append(number)
            self.writing += 1
            self.most = max(self.most, self.writing)
        with self.lock:
            self.writing -= 1
        if len(self.begun) == len(self.all):
            self.let_go.set()
        written()
        assert self.let_go.wait(bound(10)), "the others have not begun"
        return number


def _pace(most: int, seconds: Iterable[float] = (), patience: float = 5.0) -> Pace:
    return Pace(Answering(seconds), most, patience)  # type: ignore[arg-type]


def test_the_next_start_begins_while_the_previous_one_waits() -> None:
    works = Works(10)
    ended = until_failure(works.all, _pace(2))
    assert [item.result() for item in ended] == list(range(10))
    assert works.most <= 2


def test_the_next_start_waits_for_the_write_of_the_previous_one() -> None:
    at_once, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=bound(10))

    def work(_written: Callable[[], None]) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        both.wait()
        with lock:
            at_once -= 1

    for item in until_failure([Work(work)] * 6, _pace(2)):
        item.result()
    assert most == 2


def test_work_without_starts_is_limited_only_by_max_parallel() -> None:
    """An instance may take long to stop, and burdens the hub with nothing meanwhile."""
    all_of_them = threading.Barrier(20, timeout=bound(10))

    def stop(_written: Callable[[], None]) -> int:
        return all_of_them.wait()

    assert len({item.result() for item in until_failure([Work(stop)] * 20, _pace(20))}) == 20


def test_with_max_parallel_1_each_is_done_before_the_next_begins() -> None:
    said: list[str] = []

    def work(number: int, written: Callable[[], None]) -> None:
        said.append(f"begin {number}")
        written()
        said.append(f"end {number}")

    until_failure([Work(partial(work, number)) for number in range(3)], _pace(1))
    assert said == ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]


def test_after_a_failure_no_further_work_begins() -> None:
    begun: list[int] = []

    def work(number: int, _written: Callable[[], None]) -> int:
        begun.append(number)
        if number == 1:
            raise SthError("START_FAILED", "It has failed.")
        return number

    first, second, *rest = until_failure([Work(partial(work, number)) for number in range(4)], _pace(1))
    assert first.result() == 0
    with pytest.raises(SthError, match="It has failed"):
        second.result()
    assert [item.result() for item in rest] == [None, None]
    assert begun == [0, 1]


def test_while_the_hub_answers_slowly_no_further_start_begins() -> None:
    hub = Answering([PROMPT, SLOW, SLOW, PROMPT])
    begun_at: list[int] = []

    def work(_written: Callable[[], None]) -> None:
        begun_at.append(hub.asked)

    until_failure([Work(work)] * 2, Pace(hub, 1, 5.0))  # type: ignore[arg-type]
    assert begun_at == [1, 4]


def test_a_hub_with_constant_delays_does_not_slow_starts_down() -> None:
    hub = Answering([SLOW] * 8)
    until_failure([Work(lambda _written: None)] * 8, Pace(hub, 2, 5.0))  # type: ignore[arg-type]
    assert hub.asked == 8


def test_slow_answers_are_waited_out_only_up_to_a_total() -> None:
    works = Works(3)
    ended = until_failure(works.all, _pace(2, [PROMPT, *[SLOW] * 1000], patience=0.3))
    assert [item.result() for item in ended] == [0, 1, 2]


def test_a_hub_that_does_not_answer_does_not_slow_starts_down() -> None:
    class Gone(Answering):
        def answer_time(self) -> float:
            raise SthError("UNREACHABLE", "It is gone.")

    ended = until_failure([Work(lambda _written: 1)] * 3, Pace(Gone(), 2, 5.0))  # type: ignore[arg-type]
    assert [item.result() for item in ended] == [1, 1, 1]


def test_a_single_start_makes_no_extra_request() -> None:
    hub = Answering()
    until_failure([Work(lambda _written: None)], Pace(hub, 4, 5.0))  # type: ignore[arg-type]
    assert hub.asked == 0


@pytest.mark.parametrize(("answers", "expected"), [([], 20), ([PROMPT] * 12 + [SLOW, PROMPT], 12)])
def test_the_number_of_concurrent_starts_grows_and_is_halved_after_a_slow_answer(
    answers: list[float], expected: int
) -> None:
    """Four at first and 16 after 12; of these 8 are left, and 12 after four more."""
    pace = _pace(20, answers)
    for _number in range(16):
        place = pace.enter(starts=True)
        pace.wait_until_prompt()
        place.close()
    places = [pace.enter(starts=True) for _number in range(expected)]
    blocked = threading.Thread(target=pace.enter, args=[True], daemon=True)
    blocked.start()
    blocked.join(0.2)
    assert blocked.is_alive()
    places[0].close()
    blocked.join(bound(10))
    assert not blocked.is_alive()
