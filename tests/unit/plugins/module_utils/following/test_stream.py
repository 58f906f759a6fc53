# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events of programs: if some may be lost, the source says so, and it takes no event from another reader."""

from __future__ import annotations

import socket
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.following import stream as streaming
from ansible_collections.scramjet.sth.plugins.module_utils.following.stream import _Probed
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.following.seen import (
    Waits,
    emit,
    follow,
    start,
    wait_for_streams,
)
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, run_task, when, when_asked

# What a program may emit, and what arrives from a 1.x hub where that is something else.
PAYLOADS: list[Any] = [{"a": [1]}, 7, True, "text", "two\nlines", [1, 2], {"opStatus": "Not Found"}]
FALSY: list[Any] = [0, False, None, "", {}]


def test_every_event_arrives_once_and_in_order(hub: FakeHub) -> None:
    instance = start(hub, "shop")
    with follow(hub, events=["up"]) as seen:
        wait_for_streams(hub, 1)
        for payload in PAYLOADS:
            emit(hub, instance, "up", payload)
        told = [seen.next("event") for _payload in PAYLOADS]
    assert [item["payload"] for item in told] == PAYLOADS
    assert [(item["name"], item["kept"], item["payload_lost"]) for item in told] == [("up", False, False)] * len(told)
    assert told[0]["hub"] == {"name": "hub-0", "api_url": hub.api_url}
    assert (told[0]["instance"]["id"], told[0]["instance"]["name"]) == (instance, "shop")
    assert "app_config" not in told[0]["instance"]


def test_a_hub_that_drops_falsy_payloads_is_reported(hub: FakeHub) -> None:
    instance = start(hub, "shop")
    drops = hub.state.has("bare_event_payload")
    with follow(hub, events=["up"]) as seen:
        wait_for_streams(hub, 1)
        for payload in FALSY:
            emit(hub, instance, "up", payload)
        told = [seen.next("event") for _payload in FALSY]
    assert [item["payload"] for item in told] == ([{}] * len(FALSY) if drops else FALSY)
    assert [item["payload_lost"] for item in told] == [drops] * len(FALSY)


def test_other_readers_get_every_event_too(hub: FakeHub) -> None:
    instance = HubClient(hub.api_url).instance(start(hub, "shop"))
    writes = len(hub.writes)
    with follow(hub, events=["pong"]) as seen, instance.follow_events("pong", bound(20)) as other:
        wait_for_streams(hub, 2)
        done = run_task("sth_event", hub, instance="shop", send="ping", payload="x", expect="pong")
        assert [done["event"]["payload"], seen.next("event")["payload"], next(other).payload] == ["x"] * 3
    # Streams count as writes, because reading them takes something away; those of events do not.
    assert [item.path.rpartition("/")[2] for item in hub.writes[writes:]] == ["_event"]


def test_an_earlier_event_is_reported_only_for_a_new_instance(hub: FakeHub) -> None:
    old = start(hub, "old")
    emit(hub, old, "up", "long ago")
    with follow(hub, events=["up"]) as seen:
        wait_for_streams(hub, 1)
        new = start(hub, "new", events=[{"name": "up", "payload": "at start"}])
        assert seen.next("instance_started")["instance"]["id"] == new
        kept = next(item for item in iter(seen.next, None) if item["type"] == "event")
        assert (kept["instance"]["id"], kept["payload"], kept["kept"]) == (new, "at start", True)
        for instance in (old, new):
            emit(hub, instance, "up", "later")
        later = [seen.until("event") for _instance in (old, new)]
        assert sorted(item["instance"]["id"] for item in later) == sorted([old, new])
        assert [(item["payload"], item["kept"]) for item in later] == [("later", False)] * 2


def test_an_event_during_the_first_request_is_reported_once(hub: FakeHub) -> None:
    with follow(hub, events=["up"]) as seen:

        def answer() -> None:
            (path,) = [item.path for item in hub.requests if item.path.endswith("/event/up")]
            emit(hub, path.split("/")[-3], "up", 1)

        when_asked(hub, "/event/up", answer)
        instance = start(hub, "new")
        assert seen.until("event")["payload"] == 1
        emit(hub, instance, "up", 2)
        assert seen.until("event")["payload"] == 2


@pytest.mark.parametrize("how", ["cut", "away"])
def test_a_gap_is_reported_and_later_events_arrive(hub: FakeHub, how: str) -> None:
    instance = start(hub, "shop")
    with follow(hub, events=["up"]) as seen:
        wait_for_streams(hub, 1)
        if how == "cut":
            hub.cut_streams()
        else:
            hub.leave()
            assert seen.next("hub_unreachable")["error_code"] == "UNREACHABLE"
            emit(hub, instance, "up", "nobody hears it")
            hub.revive()
        gap = seen.until("gap")
        assert (gap["name"], gap["instance"]["id"]) == ("up", instance)
        assert 0 <= gap["seconds"] < 60
        assert "lost its connection" in gap["message"]
        emit(hub, instance, "up", "again")
        assert seen.until("event")["payload"] == "again"
    assert len([item for item in seen.all if item["type"] == "gap"]) == 1


def test_a_stream_that_has_lasted_is_opened_again_at_once_and_then_with_growing_pauses(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, clock = Waits(monkeypatch, streaming), [1000.0]
    monkeypatch.setattr(streaming, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    timings = replace(HASTY, reconnects=Pauses(0.05, 0.4))
    start(hub, "shop")
    with follow(hub, events=["up"], timings=timings) as seen:
        wait_for_streams(hub, 1)
        for _time in range(2):
            clock[0] += 60
            before = len(waits.all)
            hub.leave()
            assert waits.first(7, before) == [0.0, 0.05, 0.1, 0.2, 0.4, 0.4, 0.4]
            hub.revive()
            seen.until("gap")


def test_an_unreadable_event_is_reported_as_a_gap_and_following_goes_on(hub: FakeHub) -> None:
    instance = start(hub, "shop")
    hub.fault(Fault("status", path="/events/up", status=200, reason="OK", body=b"no event\n"))
    with follow(hub, events=["up"]) as seen:
        assert "an event that is not JSON" in seen.until("gap")["message"]
        emit(hub, instance, "up", 1)
        assert seen.until("event")["payload"] == 1


def test_a_request_that_the_hub_has_forgotten_is_sent_again(hub: FakeHub) -> None:
    instance = start(hub, "shop")
    hub.fault(Fault("hang", path="/events/up"))
    with follow(hub, events=["up"], timings=replace(HASTY, subscribing=0.3)) as seen:
        seen.until("gap")
        emit(hub, instance, "up", 1)
        assert seen.until("event")["payload"] == 1


def test_an_instance_that_ends_before_it_could_be_followed_leaves_a_gap(hub: FakeHub) -> None:
    instance = start(hub, "shop")
    hub.fault(Fault("hang", path="/events/up", times=99))
    with follow(hub, events=["up"]) as seen:
        # It may be asked already.
        when(lambda: any(item.path.endswith("/events/up") for item in hub.requests), lambda: hub.kill_runner(instance))
        assert "before the hub had answered" in seen.next("gap")["message"]
        seen.next("instance_ended")


def test_a_silent_connection_is_probed() -> None:
    request = _Probed()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        request.opened(client)
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        request.release()
