# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet of simulated hubs promises while a client sends, and hubs and controllers are lost in the middle of an update."""

from __future__ import annotations

import itertools
import pathlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.integration.test_fleet import Fleet, everything
from ansible_collections.scramjet.sth.tests.integration.test_rollout import ROLLOUT
from ansible_collections.scramjet.sth.tests.running.background import in_background
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError
from ansible_collections.scramjet.sth.tests.scenarios.test_at_once import at_once

pytestmark = everything

NAMES = ("north", "south", "west", "east")
# Twelve replicas on four hubs, of which four may be missing.
TWELVE: dict[str, Any] = {"total_replicas": 12, "min_ready": 8, "max_surge": 0, "max_unavailable": 2}


class Member(FakeHub):
    """A hub of a fleet that counts, at each request, how many replicas of the whole fleet are ready."""

    def __init__(self, generation: str, fleet: list[Member], counts: list[int]) -> None:
        super().__init__(generation)
        self.fleet, self.counts = fleet, counts
        # The ids of the instances that were asked to stop.
        self.told: set[str] = set()
        fleet.append(self)

    def answer(self, call: Call) -> Answer:
        """Answer one call, and count before and after it."""
        if call.path.endswith(("_stop", "_kill")):
            self.told.add(call.path.split("/")[-2])
        self.counts.append(sum(len(hub.ready()) for hub in self.fleet))
        answer = super().answer(call)
        self.counts.append(sum(len(hub.ready()) for hub in self.fleet))
        return answer

    def ready(self) -> list[str]:
        """Return the ids of its replicas that a client can use; none if the hub is lost."""
        if self.dead:
            return []
        with self.state.lock:
            self.state.advance()
            live = [item for item in self.state.listed() if item.process_alive and item.connected]
        return [item.id for item in live if item.id not in self.told]


class Traffic:
    """A client that sends events all the time, to one ready replica of the fleet after the other."""

    def __init__(self, hubs: list[Member]) -> None:
        self.hubs = hubs
        self.sent = 0
        # What a replica refused that nobody had asked to stop, on a hub that was not lost.
        self.refused: list[str] = []

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Send until the end of the context."""

        def send(ended: threading.Event) -> None:
            clients = {id(hub): HubClient(hub.api_url) for hub in self.hubs}
            # Without this pause, the client would take the processor from the hubs, which are in this process.
            while not ended.wait(0.02):
                for hub in self.hubs:
                    for instance in hub.ready():
                        try:
                            clients[id(hub)].instance(instance).send_event("ping", "x")
                            self.sent += 1
                        except SthError:
                            # The update may have stopped it in the meantime.
                            if instance not in hub.told and not hub.dead:
                                self.refused.append(instance)
            for client in clients.values():
                client.close()

        with in_background(send):
            yield


@contextmanager
def four_hubs(directory: pathlib.Path) -> Iterator[tuple[Fleet, list[Member], list[int]]]:
    """Yield a fleet of both generations, its hubs, and how many replicas were ready at each request."""
    hubs: list[Member] = []
    counts: list[int] = []
    with (
        Member("1.x", hubs, counts) as north,
        Member("0.18", hubs, counts) as south,
        Member("1.x", hubs, counts) as west,
        Member("0.18", hubs, counts) as east,
    ):
        yield Fleet(directory, dict(zip(NAMES, (north, south, west, east)))), hubs, counts


def settled(fleet: Fleet, args: list[str]) -> None:
    """Fail unless each index runs once, with these ``args``, and nothing else runs or is stored."""
    shown = fleet.shown()
    assert sorted(itertools.chain.from_iterable(shown.values())) == list(range(12)), shown
    assert [len(indexes) for indexes in shown.values()] == [3, 3, 3, 3]
    for hub in fleet.hubs.values():
        alive = [item for item in hub.state.runners if item.process_alive]
        assert {tuple(item.args or ()) for item in alive} == {tuple(args)}
        # No program without a record, no package without a program.
        listed = {item.id for item in hub.state.listed() if item.process_alive}
        assert listed == {item.id for item in alive}
        assert len(hub.sequences) == 1


@pytest.mark.parametrize("book", [None, ROLLOUT])
def test_a_fleet_is_updated_under_a_client_that_sends(book: str | None, tmp_path: pathlib.Path) -> None:
    with four_hubs(tmp_path) as (fleet, hubs, counts):
        fleet.deploy(**TWELVE)
        counts.clear()
        traffic = Traffic(hubs)
        with traffic.flowing():
            fleet.deploy("-f", "10", "-e", "sth_rollout_soak_time=0", book=book, **TWELVE, args=["new"])
        assert min(counts) >= 8
        assert traffic.sent > 100
        assert traffic.refused == []
        settled(fleet, ["new"])


@pytest.mark.parametrize(("book", "lost"), [(None, "north"), (None, "west"), (ROLLOUT, "south"), (ROLLOUT, "east")])
def test_a_hub_is_lost_while_it_is_updated(book: str | None, lost: str, tmp_path: pathlib.Path) -> None:
    with four_hubs(tmp_path) as (fleet, hubs, counts):
        fleet.deploy(**TWELVE)
        hub = fleet.hubs[lost]
        hub.fault(Fault("die", "POST", "/start", skip=1))
        counts.clear()
        traffic = Traffic(hubs)
        options = ("-f", "10", "-e", "sth_rollout_soak_time=0")
        with traffic.flowing(), pytest.raises(CommandFailedError) as failure:
            fleet.deploy(*options, book=book, warned=True, **TWELVE, args=["new"])
        assert lost in str(failure.value)
        assert traffic.refused == []
        # Two hubs are updated at the same time, with two missing on each. Besides the three of the lost hub, two of the other one may be
        # missing, and no further hub begins.
        assert min(counts) >= 12 - 3 - 2
        if book:
            # The way back keeps min_ready with what is left.
            assert "Brought back to what ran before" in str(failure.value)
        hub.revive()
        fleet.deploy(*options, book=book, **TWELVE, args=["new"])
        settled(fleet, ["new"])


def test_after_a_failed_turn_the_hubs_after_it_stay_as_they_are(tmp_path: pathlib.Path) -> None:
    with four_hubs(tmp_path) as (fleet, _hubs, counts):
        given = {**TWELVE, "min_ready": 10, "on_failure": "leave"}
        fleet.deploy(**given)
        fleet.hubs["south"].fault(Fault("status", "POST", "/start", times=99, status=500))
        counts.clear()
        said = fleet.refused("-f", "10", **given, args=["new"])
        assert "because south has failed before" in said
        assert fleet.hubs["east"].api_url in said
        assert min(counts) >= 10
        shown = {
            name: {tuple(item.args or ()) for item in hub.state.runners if item.process_alive}
            for name, hub in fleet.hubs.items()
        }
        assert shown == {"north": {("new",)}, "south": {()}, "west": {()}, "east": {()}}
        fleet.hubs["south"].faults.clear()
        # None may be stopped until the missing ones are back.
        fleet.deploy("-f", "10", **given, args=["new"])
        assert min(counts) >= 10
        settled(fleet, ["new"])


@pytest.mark.parametrize("book", [None, ROLLOUT])
def test_missing_replicas_are_started_first_if_none_may_be_stopped(book: str | None, tmp_path: pathlib.Path) -> None:
    with four_hubs(tmp_path) as (fleet, hubs, counts):
        fleet.deploy(**TWELVE)
        # Eight are left. The hubs that lack some are the last ones of the play.
        for hub in hubs[2:]:
            for instance in hub.ready()[:2]:
                hub.kill_runner(instance)
        left = [set(hub.ready()) for hub in hubs]
        assert [len(ready) for ready in left] == [3, 3, 1, 1]
        options = ("-f", "10", "-e", "sth_rollout_soak_time=0")
        counts.clear()
        # If one hub cannot start them, no replica is stopped on the other hubs.
        west, east = hubs[2:]
        east.fault(Fault("status", "POST", "/start", times=99, status=500))
        assert east.api_url in fleet.refused(*options, book=book, **TWELVE, args=["new"])
        assert [len(hub.ready()) for hub in hubs] == [3, 3, 3, 1]
        assert all(ready <= set(hub.ready()) for hub, ready in zip(hubs, left))
        east.faults.clear()
        for instance in set(west.ready()) - left[2]:
            west.kill_runner(instance)

        before = fleet.writes()
        planned = fleet.reported("--check", *options, book=book, **TWELVE, args=["new"])
        assert fleet.writes() == before

        # The same if they are started and do not become ready.
        never: dict[str, Any] = {"wait_for": "event", "ready_event": "never", "wait_timeout": 1}
        said = fleet.refused(*options, book=book, **TWELVE, args=["new"], **never)
        assert "never" in said
        assert [set(hub.ready()) for hub in hubs] == left

        assert sorted(fleet.reported(*options, book=book, **TWELVE, args=["new"])) == sorted(planned)
        assert min(counts) >= 8
        # No hub had more than its share.
        assert max(counts) <= 12
        settled(fleet, ["new"])


def test_a_failed_batch_brings_back_hubs_on_which_missing_replicas_were_started(tmp_path: pathlib.Path) -> None:
    with four_hubs(tmp_path) as (fleet, hubs, counts):
        fleet.deploy(**TWELVE)
        for hub in hubs[2:]:
            for instance in hub.ready()[:2]:
                hub.kill_runner(instance)
        counts.clear()
        # The first batch, after west and east have started theirs.
        hubs[0].fault(Fault("status", "POST", "/start", status=500))
        options = ("-f", "10", "-e", "sth_rollout_soak_time=0")
        said = fleet.refused(*options, book=ROLLOUT, **TWELVE, args=["new"])
        assert "Brought back to what ran before: north, west, east." in said
        assert min(counts) >= 8
        settled(fleet, [])


def test_replicas_of_a_lost_hub_stay_where_they_were_started_if_a_batch_fails(tmp_path: pathlib.Path) -> None:
    with four_hubs(tmp_path) as (fleet, hubs, _counts):
        given = {**TWELVE, "min_ready": 10, "max_surge": 1, "on_unreachable": "reassign"}
        fleet.deploy(**given)
        hubs[3].leave()
        # North gets one replica of east in the first batch.
        hubs[1].fault(Fault("status", "POST", "/start", times=99, status=500))
        options = ("-f", "10", "-e", "sth_rollout_soak_time=0")
        said = fleet.refused(*options, book=ROLLOUT, **given, args=["new"])
        assert "Brought back to what ran before: north, south. Replicas that were added on north stay, because" in said
        assert [len(hub.ready()) for hub in hubs] == [4, 3, 3, 0]
        assert {tuple(item.args or ()) for hub in hubs for item in hub.state.runners if item.process_alive} == {()}
        hubs[1].faults.clear()
        hubs[3].revive()
        fleet.deploy(*options, book=ROLLOUT, **given, args=["new"])
        settled(fleet, ["new"])


@pytest.mark.parametrize("book", [None, ROLLOUT])
def test_two_controllers_at_once(book: str | None, tmp_path: pathlib.Path) -> None:
    with four_hubs(tmp_path) as (fleet, _hubs, _counts):
        fleet.deploy(**TWELVE)
        options = ("-f", "10", "-e", "sth_rollout_soak_time=0")

        def update(arg: str) -> str:
            """Run the playbook, and return what it says if it fails."""
            try:
                fleet.deploy(*options, book=book, warned=True, **TWELVE, args=[arg])
            except CommandFailedError as failure:
                return str(failure)
            return ""

        for said in at_once(partial(update, "one"), partial(update, "other")):
            assert not said or "CONFLICT" in said or "min_ready" in said, said
        fleet.deploy(*options, book=book, **TWELVE, args=["one"])
        settled(fleet, ["one"])
        before = fleet.writes()
        fleet.deploy(*options, book=book, **TWELVE, args=["one"])
        assert fleet.writes() == before
