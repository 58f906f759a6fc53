# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that send requests to a hub: none runs on after their context, and an interrupted wait ends at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Outcome, Workers
from ansible_collections.scramjet.sth.tests.running.pace import bound


class Hub:
    """A hub whose waiting requests end when it is abandoned."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.abandoned = False

    def abandon(self) -> None:
        self.abandoned = True
        self.answered.set()


def left_by(error: BaseException, hub: Hub, works: list[Callable[[], Any]], most: int) -> list[Outcome[Any]]:
    """Begin ``works``, and raise ``error`` in the thread that waits for them."""
    begun: list[Outcome[Any]] = []

    def leave() -> None:
        with Workers(most, hub.abandon) as pool:
            begun.extend(pool.submit(work) for work in works)
            raise error

    with pytest.raises(type(error)) as raised:
        leave()
    assert raised.value is error
    return begun


def test_leaving_waits_for_all_work_also_after_a_failure() -> None:
    hub, done = Hub(), threading.Semaphore(0)
    futures = left_by(ValueError("mine"), hub, [done.release] * 100, 2)
    assert all(future.ends_within(0) and not future.cancelled for future in futures)
    assert not hub.abandoned


def test_after_an_interruption_no_work_begins() -> None:
    hub = Hub()
    futures = left_by(KeyboardInterrupt(), hub, [lambda: hub.answered.wait(bound(20))] * 3, 1)
    assert hub.abandoned
    assert futures[0].result() is True
    assert futures[-1].cancelled


@pytest.mark.parametrize("there_are", [0, 1])
def test_the_threads_that_can_be_started_do_all_the_work(there_are: int, monkeypatch: pytest.MonkeyPatch) -> None:
    results: list[Any] = []

    def begin() -> None:
        try:
            with Workers(3) as pool:
                results.extend(pool.map(int, ["1", "2", "3"]))
        except SthError as error:
            results.append(error.code)

    task, start, more = threading.Thread(target=begin, daemon=True), threading.Thread.start, iter(range(there_are))

    def start_if_possible(thread: threading.Thread) -> None:
        if thread is not task and next(more, None) is None:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_if_possible)
    task.start()
    task.join(bound(10))
    assert results == ([1, 2, 3] if there_are else ["LOCAL_ERROR"])
