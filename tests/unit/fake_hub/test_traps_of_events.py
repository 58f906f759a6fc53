# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub has the traps of real hubs (hub-behaviour.md#traps): events, streams and topics of programs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.unit.fake_hub.asking import (
    AMPLE,
    GENERATIONS,
    LISTING,
    PATIENCE,
    ask,
    emitting,
    ended,
    event,
    hangs,
    started,
    stored,
    until,
)


@pytest.mark.slow
@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("route", ["event", "once"])
def test_waiting_for_an_event_outlives_the_instance(generation: str, route: str) -> None:
    with FakeHub(generation) as hub, ThreadPoolExecutor() as pool:
        instance = started(hub, stored(hub))
        waiting = pool.submit(ask, hub, "GET", f"/instance/{instance}/{route}/never", timeout=1.0)
        until(lambda: hub.requests[-1].path.endswith("/never"))
        ask(hub, "POST", f"/instance/{instance}/_kill")
        until(lambda: ended(hub, instance))
        with pytest.raises(requests.Timeout):
            waiting.result()


@pytest.mark.parametrize("payload", [0, False, None, ""])
def test_1x_forgets_a_last_event_with_a_falsy_payload(payload: Any) -> None:
    with FakeHub() as hub:
        instance = started(hub, stored(hub), **emitting(payload))
        assert hangs(hub, "GET", f"/instance/{instance}/event/said")


@pytest.mark.parametrize(
    ("payload", "status", "body"),
    [
        (5, 200, b""),
        (True, 200, b""),
        ({}, 200, b""),
        ([], 200, b"[]"),
        ("text", 200, b'"text"'),
        ({"opStatus": "Not Found", "x": 1}, 404, b'{"x":1,"error":"Not Found"}'),
    ],
)
def test_1x_answers_some_events_like_errors_of_its_own(payload: Any, status: int, body: bytes) -> None:
    with FakeHub() as hub:
        instance = started(hub, stored(hub), **emitting(payload))
        answer = ask(hub, "GET", f"/instance/{instance}/event/said")
        assert (answer.status_code, answer.content) == (status, body)
        # What was a status has been used up.
        assert body == b"" or ask(hub, "GET", f"/instance/{instance}/event/said").status_code == 200


def test_1x_never_answers_a_wait_for_an_event_with_null() -> None:
    with FakeHub() as hub, ThreadPoolExecutor() as pool:
        instance = started(hub, stored(hub))
        answer = pool.submit(ask, hub, "GET", f"/instance/{instance}/once/said")
        while not any(item.path.endswith("/once/said") for item in hub.requests):
            time.sleep(0.01)
        with hub.state.lock:
            hub.state.instances[instance].emit("said", None)
        assert answer.result().status_code == 204


@pytest.mark.parametrize(("generation", "left"), [("0.18", 3), ("0.36", 3), ("0.39", 1), ("1.x", 1)])
def test_from_039_on_an_event_of_one_program_reaches_the_others(generation: str, left: int) -> None:
    with FakeHub(generation, replace(FAST, linger=0.05)) as hub:
        hub.state.crosstalk = True
        sequence = stored(hub)
        started(hub, sequence)
        started(hub, sequence)
        crier = started(hub, sequence, appConfig={"events": [{"name": "finish", "payload": 1}]})
        assert ask(hub, "GET", f"/instance/{crier}/event/finish").ok
        time.sleep(0.2)
        assert hub.runners == left


def test_an_ended_instance_is_reported_healthy_and_accepts_events() -> None:
    with FakeHub("1.x", LISTING) as hub:
        instance = started(hub, stored(hub))
        ask(hub, "POST", f"/instance/{instance}/_kill")
        until(lambda: ended(hub, instance))
        assert ask(hub, "GET", f"/instance/{instance}/health").json()["healthy"] is True
        assert ask(hub, "POST", f"/instance/{instance}/_event", event("ping")).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("generation", "seconds", "heard"), [("0.18", 1.5, True), ("1.x", 0.5, True), ("1.x", 1.5, False)]
)
def test_after_a_pause_of_its_process_a_hub_no_longer_hears_its_programs(
    generation: str, seconds: float, heard: bool
) -> None:
    with FakeHub(generation, replace(FAST, reconnect=10.0, pace=0.1)) as hub:
        instance = started(hub, stored(hub))
        hub.stall(seconds)
        assert ask(hub, "POST", f"/instance/{instance}/_event", event("ping")).ok
        assert hangs(hub, "GET", f"/instance/{instance}/event/pong") is not heard
        assert ask(hub, "GET", f"/instance/{instance}").ok
        assert ask(hub, "GET", f"/instance/{instance}/health").json()["healthy"] is True
        if not heard:
            # Events that were sent at once were lost. Later ones arrive, but the hub does not show from when on.
            time.sleep(1.3)
            ask(hub, "POST", f"/instance/{instance}/_event", event("finish"))
            until(lambda: hub.runners == 0)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("route", ["stdin", "input"])
def test_input_after_the_end_of_the_stream_is_never_answered(generation: str, route: str) -> None:
    with FakeHub(generation) as hub:
        path = f"{hub.api_url}/instance/{started(hub, stored(hub))}/{route}"
        octets = {"Content-Type": "application/octet-stream"}
        more = requests.post(path, data=b"x", headers={**octets, "x-end-stream": "false"}, timeout=AMPLE)
        last = requests.post(path, data=b"x", headers=octets, timeout=AMPLE)
        assert (more.status_code, last.status_code) == (202, 200)
        with pytest.raises(requests.ConnectionError):
            requests.post(path, data=b"x", headers=octets, timeout=PATIENCE)
