# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows fake hubs as an event source does, and collects the events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.following.arguments import read_arguments
from ansible_collections.scramjet.sth.plugins.module_utils.following.follower import Follower
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, run_task, working_threads

RulebookEvent = dict[str, Any]


class Seen:
    """The events of a source so far, in order."""

    def __init__(self, follower: Follower, arrived: threading.Event) -> None:
        self.all: list[RulebookEvent] = []
        self._follower = follower
        self._arrived = arrived
        self._at = 0

    def next(self, kind: str | None = None) -> RulebookEvent:
        """Return the next event, which must be of this ``kind`` if that is given."""
        while self._at == len(self.all):
            event = self._follower.take()
            if event is not None:
                self.all.append(event)
            else:
                assert self._arrived.wait(bound(20)), f"nothing more was told, {kind} is missing: {self.all}"
                self._arrived.clear()
        self._at += 1
        found = self.all[self._at - 1]
        assert kind in (None, found["type"]), f"{kind} was to come: {found}"
        return found

    def until(self, kind: str) -> RulebookEvent:
        """Return the next event of this kind, and pass over others."""
        while True:
            found = self.next()
            if found["type"] == kind:
                return found


class Waits:
    """How long the threads of a module wait, in order: the seconds that they ask for, not the time that passes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
        self.all: list[float] = []
        self._added = threading.Condition()
        monkeypatch.setattr(module, "Flag", lambda: _Recorded(self))

    def add(self, seconds: float) -> None:
        """Record a wait that begins."""
        with self._added:
            self.all.append(seconds)
            self._added.notify_all()

    def first(self, count: int, after: int = 0, apart_from: float | None = None) -> list[float]:
        """Return the first ``count`` waits after the first ``after``, as soon as there are so many. Pass over those of ``apart_from`` seconds."""

        def found() -> list[float]:
            return [item for item in self.all[after:] if item != apart_from]

        with self._added:
            assert self._added.wait_for(lambda: len(found()) >= count, bound(20)), f"too few waits: {self.all}"
            return found()[:count]


class _Recorded(Flag):
    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self._waits = waits

    def wait(self, seconds: float) -> bool:
        self._waits.add(seconds)
        return super().wait(seconds)


@contextmanager
def follow(*hubs: FakeHub, timings: Timings = HASTY, **given: Any) -> Iterator[Seen]:
    """Follow hubs, from when they are reached."""
    listed = [{"name": f"hub-{at}", "api_url": hub.api_url} for at, hub in enumerate(hubs)]
    arguments = read_arguments({"hubs": listed, "interval": 0.1, "stable_for": 0, **given}, {})
    arrived = threading.Event()
    follower = Follower(arguments, arrived.set, timings)
    follower.start()
    try:
        seen = Seen(follower, arrived)
        for _hub in hubs:
            seen.next("hub_reachable")
        yield seen
    finally:
        follower.stop()
    left = working_threads("follow ", "ask for ", "await ")
    assert left == [], f"threads go on after the end: {left}"


def start(hub: FakeHub, name: str, sequence: str = "probe", **config: Any) -> str:
    """Start an instance, and return its id."""
    if not any(item["config"]["name"] == sequence for item in hub.sequences):
        run_task("sth_sequence", hub, src=str(PACKAGES / sequence))
    done = run_task("sth_instance", hub, name=name, sequence=sequence, app_config=config, wait_for="none", stable_for=0)
    assert not done.get("failed"), done
    return str(done["instance"]["id"])


def emit(hub: FakeHub, instance: str, name: str, payload: Any) -> None:
    """Let a program emit an event."""
    with hub.state.lock:
        hub.state.instances[instance].emit(name, payload)


def wait_for_streams(hub: FakeHub, count: int) -> None:
    """Wait until ``count`` requests for events have been answered with a stream."""
    end = threading.Event()
    for _turn in range(int(bound(20) * 100)):
        if len([path for path in hub.readings if "/events/" in path]) >= count:
            return
        end.wait(0.01)
    raise AssertionError(f"nobody follows: {hub.readings}")
