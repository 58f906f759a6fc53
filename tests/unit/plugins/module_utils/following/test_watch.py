# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life cycle of instances, and whether a hub can be reached."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.following import watch as watching
from ansible_collections.scramjet.sth.plugins.module_utils.following.watch import Watch
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault, from_gateway
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.following.seen import (
    RulebookEvent,
    Seen,
    Waits,
    emit,
    follow,
    start,
    wait_for_streams,
)
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, keep_ended, run_task, throw


def of(told: RulebookEvent) -> tuple[str, str]:
    return told["type"], told["instance"]["name"]


def looked_again(hub: FakeHub, seen: Seen) -> None:
    """Start another instance. Its event comes after the events of everything that was there before."""
    start(hub, "marker")
    assert seen.next("instance_started")["instance"]["name"] == "marker"


def test_start_ready_and_end_of_an_instance_are_reported(hub: FakeHub) -> None:
    start(hub, "old")
    with follow(hub) as seen:
        instance = start(hub, "shop")
        assert of(seen.next()) == ("instance_started", "shop")
        ready = seen.next()
        assert of(ready) == ("instance_ready", "shop")
        assert ready["instance"]["sequence"]["ref"].startswith("probe@sha256:")
        throw(hub, instance)
        ended = seen.next()
        assert of(ended) == ("instance_ended", "shop")
        assert ended["instance"]["id"] == instance
        knows = hub.state.has("exit_code")
        assert ended["instance"]["outcome"] == ("failed" if knows else "unknown")
        assert ended["instance"]["exit_code"] == (23 if knows else None)
        assert (ended["instance"]["live"], ended["instance"]["status"]) == (False, "ended")


def test_the_last_event_is_reported_before_the_end(hub: FakeHub) -> None:
    instance = start(hub, "shop")
    with follow(hub, events=["up"]) as seen:
        wait_for_streams(hub, 1)
        emit(hub, instance, "up", "last words")
        throw(hub, instance)
        assert [seen.next()["type"] for _event in range(2)] == ["event", "instance_ended"]


def test_a_short_instance_is_reported_if_the_hub_keeps_ended_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    between, look = threading.Lock(), Watch._look

    def locked(watch: Watch) -> None:
        with between:
            look(watch)

    with FakeHub("1.x") as hub:
        keep_ended(hub)
        throw(hub, start(hub, "before"))
        monkeypatch.setattr(Watch, "_look", locked)
        with follow(hub, events=["up"]) as seen:
            with between:
                throw(hub, start(hub, "short"))
                while not all(item.get("terminated") for item in hub.instances):
                    time.sleep(0.01)
            told = [of(seen.next()) for _event in range(3)]
    assert told == [("instance_started", "short"), ("gap", "short"), ("instance_ended", "short")]


def test_ready_event_makes_an_instance_ready(hub: FakeHub) -> None:
    with follow(hub, ready_event="up") as seen:
        instance = start(hub, "shop")
        assert of(seen.next()) == ("instance_started", "shop")
        emit(hub, instance, "up", 1)
        emit(hub, instance, "up", 2)
        assert of(seen.next()) == ("instance_ready", "shop")
        looked_again(hub, seen)
    assert [item["type"] for item in seen.all].count("event") == 0


def test_stable_for_makes_an_instance_ready(hub: FakeHub) -> None:
    with follow(hub, stable_for=60) as seen:
        start(hub, "shop")
        assert of(seen.next()) == ("instance_started", "shop")
        looked_again(hub, seen)
    assert not [item for item in seen.all if item["type"] == "instance_ready"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"instance": "pool"}, ["pool-0", "pool-1"]),
        ({"instance": ["dep", "single"]}, ["dep-0", "single"]),
        ({"sequence": "producer"}, ["dep-0"]),
        ({"sequence": "probe", "instance": ["pool-1", "dep"]}, ["pool-1"]),
        ({}, ["dep-0", "pool-0", "pool-1", "single"]),
    ],
    ids=str,
)
def test_only_the_selected_instances_are_followed(given: dict[str, Any], wanted: list[str]) -> None:
    with FakeHub("1.x") as hub, follow(hub, stable_for=60, **given) as seen:
        start(hub, "single")
        run_task("sth_instance", hub, name="pool", count=2, sequence="probe", app_config={}, wait_for="none")
        source = str(PACKAGES / "producer")
        run_task("sth_deployment", hub, name="dep", src=source, replicas=1, app_config={"every": 60}, stable_for=0)
        told = [seen.next("instance_started")["instance"]["name"] for _name in wanted]
        assert sorted(told) == wanted


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("status", status=401, reason="Unauthorized", body=b"sign in: canary-token", times=3), "UNAUTHORIZED"),
        (from_gateway(502, times=3), "UNREACHABLE"),
        (Fault("status", status=200, reason="OK", body=b"<html>", times=3), "HUB_ERROR"),
    ],
    ids=["401", "502", "html"],
)
def test_the_source_goes_on_after_any_answer_of_a_hub(fault: Fault, code: str) -> None:
    with FakeHub("1.x") as hub, follow(hub, token="canary-token") as seen:
        hub.fault(fault)
        away = seen.next("hub_unreachable")
        assert away["error_code"] == code
        assert "canary" not in str(away)
        seen.next("hub_reachable")
        start(hub, "shop")
        seen.next("instance_started")


def test_changes_during_an_outage_are_reported_after_it(hub: FakeHub) -> None:
    instance = start(hub, "shop")
    with follow(hub) as seen:
        hub.leave()
        seen.next("hub_unreachable")
        throw(hub, instance)
        hub.revive()
        seen.next("hub_reachable")
        assert of(seen.next()) == ("instance_ended", "shop")


def test_the_pauses_grow_while_a_hub_is_away_and_begin_again_after_it_was_back(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, interval = Waits(monkeypatch, watching), 0.15
    timings = replace(HASTY, reconnects=Pauses(0.05, 0.4))
    with follow(hub, interval=interval, timings=timings) as seen:
        for _time in range(2):
            before = len(waits.all)
            hub.leave()
            seen.next("hub_unreachable")
            assert waits.first(6, before, apart_from=interval) == [0.05, 0.1, 0.2, 0.4, 0.4, 0.4]
            hub.revive()
            seen.next("hub_reachable")


@pytest.mark.slow
def test_an_instance_that_survives_a_restart_of_its_hub_neither_ends_nor_starts() -> None:
    with FakeHub("1.x") as hub:
        instance = start(hub, "shop")
        with follow(hub, events=["up"]) as seen:
            wait_for_streams(hub, 1)
            hub.restart()
            # The hub lists it only later, and has a gap until then.
            assert seen.until("gap")["instance"]["id"] == instance
            emit(hub, instance, "up", 1)
            assert seen.until("event")["payload"] == 1
        assert {item["type"] for item in seen.all} <= {"hub_reachable", "hub_unreachable", "gap", "event"}


def test_an_unexpected_failure_is_reported_and_following_goes_on(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with follow(hub) as seen:
        with monkeypatch.context() as patch:
            patch.setattr(Watch, "_chosen", lambda *_given: 1 / 0)
            assert seen.next("hub_unreachable")["error_code"] == "LOCAL_ERROR"
        seen.until("hub_reachable")
        start(hub, "shop")
        seen.until("instance_started")
