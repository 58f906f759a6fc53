# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits end soon after an interruption, even if its signal has not woken the call that blocks.

Here another thread gets the signal. Then no call of the main thread is woken, as if the signal had come just before the call.
"""

from __future__ import annotations

import pathlib
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.http.pools import HubAdapter
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.plugins.module_utils.run.parallel import Pace
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag, in_turns
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Workers

# Longer than any wait of a test, shorter than a person's patience with a test that hangs.
LONG = 60.0


class InterruptionError(BaseException):
    """As ansible-core raises for the keyword timeout."""


def interrupt(signum: int, frame: FrameType | None) -> None:
    """Handle the signal."""
    raise InterruptionError


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """What the threads of a test wait for."""
    event = threading.Event()
    yield event
    event.set()


def when_it_waits() -> None:
    """Interrupt the main thread when it sleeps."""
    stat = pathlib.Path(f"/proc/self/task/{threading.main_thread().native_id}/stat")
    end = time.monotonic() + LONG
    while stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "S" and time.monotonic() < end:
        pass
    # It may still be about to sleep. Then the test shows nothing, but does not fail.
    time.sleep(0.05)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)


def seconds_until_interrupted(wait: Callable[[], object]) -> float:
    """Return how long ``wait`` lasts that is interrupted at once."""
    before = signal.signal(signal.SIGUSR1, interrupt)
    interrupting = threading.Thread(target=when_it_waits, daemon=True)
    began = time.monotonic()
    try:
        interrupting.start()
        with pytest.raises(InterruptionError):
            wait()
    finally:
        seconds = time.monotonic() - began
        interrupting.join()
        signal.signal(signal.SIGUSR1, before)
    return seconds


class Waiting(Attended):
    """A thread that waits."""

    def __init__(self, let_go: threading.Event | Flag) -> None:
        super().__init__("wait")
        self.let_go = let_go

    def work(self) -> None:
        """Wait."""
        self.let_go.wait(LONG)


def for_a_result(let_go: threading.Event) -> None:
    """As `map` does."""
    with Workers(1, let_go.set) as pool:
        pool.submit(lambda: let_go.wait(LONG)).result()


def for_all_work(let_go: threading.Event) -> None:
    """Leave the context."""
    with Workers(1, let_go.set) as pool:
        pool.submit(lambda: let_go.wait(LONG))


def for_a_thread(let_go: threading.Event) -> None:
    """Join it."""
    thread = Waiting(let_go)
    thread.start()
    thread.join()


def for_a_place(let_go: threading.Event) -> None:
    """A place among the starts at the same time, which does not become free in time."""
    pace = Pace(None, 1, 0.0)  # type: ignore[arg-type]
    place = pace.enter(starts=True)

    def free() -> None:
        let_go.wait(LONG)
        place.close()

    threading.Thread(target=free, daemon=True).start()
    pace.enter(starts=True)


def for_an_answer(let_go: threading.Event) -> None:
    """Of a server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        Transport(connection_from_options({"api_url": url, "request_timeout": LONG})).get("version", repeat="never")


@pytest.mark.slow
@pytest.mark.parametrize(
    "wait",
    [
        for_a_result,
        for_all_work,
        for_a_thread,
        for_a_place,
        for_an_answer,
        lambda let_go: Flag().wait(LONG),
        lambda let_go: Deadline(LONG).sleep(LONG),
    ],
    ids=["result", "all work", "thread", "place", "answer", "flag", "sleep"],
)
def test_a_wait_ends_soon_after_an_interruption(
    wait: Callable[[threading.Event], object], let_go: threading.Event
) -> None:
    assert seconds_until_interrupted(lambda: wait(let_go)) < LONG / 2


@pytest.mark.slow
def test_the_turns_add_up_to_the_whole_time() -> None:
    turns: list[float] = []
    began = time.monotonic()

    def wait(turn: float) -> None:
        turns.append(turn)
        time.sleep(turn)

    assert not in_turns(wait, 1.5)
    assert time.monotonic() - began >= 1.5
    assert turns[0] == 1.0
    assert max(turns) <= 1.0


def interrupted_at(number: int, do: Callable[[], object]) -> bool:
    """Call ``do``, and interrupt it at its step ``number``; return whether it has so many steps."""
    left = number

    def step(frame: FrameType, event: str, value: object) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise InterruptionError
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        do()
    except InterruptionError:
        return True
    finally:
        sys.settrace(before)
    return left <= 0


def a_flag() -> Callable[[], object]:
    """Which is used in every way."""
    flag = Flag()

    def use() -> None:
        flag.set()
        flag.wait(0)
        flag.clear()
        flag.wait(0)

    return use


def free_connections() -> Callable[[], object]:
    """Of a pool of a session."""
    adapter = HubAdapter(4.0, pool_maxsize=1)
    pool = adapter.poolmanager.connection_from_url("http://127.0.0.1:1")

    def use() -> None:
        pool._put_conn(pool._get_conn())

    return use


@pytest.mark.parametrize("make", [a_flag, free_connections])
def test_no_step_leaves_a_lock_when_it_is_interrupted(make: Callable[[], Callable[[], object]]) -> None:
    number, more = 0, True
    while more:
        number += 1
        use = make()
        more = interrupted_at(number, use)
        again = threading.Thread(target=use, daemon=True)
        again.start()
        again.join(LONG)
        assert not again.is_alive(), f"it blocks after an interruption at step {number}"
    assert number > 10


def test_a_flag_wakes_all_that_wait_and_can_be_cleared() -> None:
    flag = Flag()
    assert not flag.wait(0)
    woken = [Waiting(flag) for _dummy in range(3)]
    for thread in woken:
        thread.start()
    flag.set()
    flag.set()
    for thread in woken:
        thread.join(LONG)
        assert not thread.is_alive()
    assert flag.is_set()
    assert flag.wait(0)
    flag.clear()
    assert not flag.is_set()
    assert not flag.wait(0)
