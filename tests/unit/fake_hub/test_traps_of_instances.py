# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub has the traps of real hubs (hub-behaviour.md#traps): instances."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import pace
from ansible_collections.scramjet.sth.tests.unit.fake_hub.asking import (
    AMPLE,
    CHOSEN,
    LISTING,
    ask,
    ended,
    event,
    hangs,
    package,
    started,
    stored,
    until,
)


@pytest.mark.slow
def test_018_never_answers_an_impossible_start_and_keeps_a_zombie() -> None:
    with FakeHub("0.18") as hub:
        sequence = stored(hub, main="nope.js")
        assert hangs(hub, "POST", f"/sequence/{sequence}/start")
        [zombie] = ask(hub, "GET", "/instances").json()
        assert hangs(hub, "GET", f"/instance/{zombie['id']}")
        assert hangs(hub, "POST", f"/instance/{zombie['id']}/_kill")
        assert ask(hub, "GET", f"/sequence/{sequence}").json()["instances"] == []
        assert ask(hub, "DELETE", f"/sequence/{sequence}").status_code == 200
        assert len(ask(hub, "GET", "/instances").json()) == 1


@pytest.mark.slow
def test_018_never_answers_a_get_of_an_instance_that_is_starting() -> None:
    # Long enough to find the instance and to ask for it in the meantime.
    handshake = 0.5 * pace()
    with FakeHub("0.18", replace(FAST, handshake=handshake)) as hub, ThreadPoolExecutor() as pool:
        start = pool.submit(started, hub, stored(hub))
        until(lambda: ask(hub, "GET", "/instances").json())
        [listed] = ask(hub, "GET", "/instances").json()
        early = pool.submit(ask, hub, "GET", f"/instance/{listed['id']}", timeout=2 * handshake)
        assert start.result() == listed["id"]
        assert ask(hub, "GET", f"/instance/{listed['id']}").status_code == 200
        with pytest.raises(requests.Timeout):
            early.result()


@pytest.mark.parametrize(("generation", "status"), [("0.18", 404), ("1.x", 200)])
def test_an_answered_start_does_not_mean_that_the_program_runs(generation: str, status: int) -> None:
    with FakeHub(generation, LISTING) as hub:
        answer = ask(hub, "POST", f"/sequence/{stored(hub)}/start", {"appConfig": {"behaviour": "throw_at_start"}})
        assert answer.status_code == 200
        until(lambda: ended(hub, answer.json()["id"]))
        assert ask(hub, "GET", f"/instance/{answer.json()['id']}").status_code == status


def test_concurrent_starts_with_one_id_all_succeed() -> None:
    with FakeHub("1.x", replace(LISTING, handshake=0.3 * pace())) as hub:
        sequence = stored(hub)
        with ThreadPoolExecutor(3) as pool:
            starts = [pool.submit(started, hub, sequence, instanceId=CHOSEN) for _number in range(3)]
            assert {item.result() for item in starts} == {CHOSEN}
        assert [item["id"] for item in hub.instances] == [CHOSEN]
        assert hub.runners == 3
        ask(hub, "POST", f"/instance/{CHOSEN}/_kill")
        until(lambda: ended(hub, CHOSEN))
        assert hub.runners == 2
        assert ask(hub, "POST", f"/sequence/{sequence}/start", {"instanceId": CHOSEN}).status_code == 409


@pytest.mark.parametrize(("generation", "status"), [("0.18", 200), ("1.x", 400)])
def test_1x_cannot_start_with_a_large_configuration(generation: str, status: int) -> None:
    with FakeHub(generation) as hub:
        body = {"appConfig": {"x": "x" * 140_000}}
        assert ask(hub, "POST", f"/sequence/{stored(hub)}/start", body).status_code == status


def test_1x_ignores_the_timeout_in_a_stop_body_of_018() -> None:
    with FakeHub("1.x", replace(FAST, stop=0.5)) as hub:
        instance = started(hub, stored(hub))
        before = time.monotonic()
        assert ask(hub, "POST", f"/instance/{instance}/_stop", [4001, {"timeout": 10}]).status_code == 202
        assert time.monotonic() - before >= 0.5


def test_018_answers_500_to_a_stop_body_of_1x_and_still_stops() -> None:
    with FakeHub("0.18") as hub:
        instance = started(hub, stored(hub))
        assert ask(hub, "POST", f"/instance/{instance}/_stop", {"timeout": 10}).status_code == 500
        assert not ended(hub, instance)
        assert ask(hub, "POST", f"/instance/{instance}/_stop", [4001]).status_code == 500
        until(lambda: ended(hub, instance))


def test_a_stop_of_an_ended_instance_sets_its_status_to_stopping_for_ever() -> None:
    with FakeHub("1.x", LISTING) as hub:
        instance = started(hub, stored(hub))
        ask(hub, "POST", f"/instance/{instance}/_kill")
        until(lambda: ended(hub, instance))
        assert ask(hub, "POST", f"/instance/{instance}/_stop", {"timeout": 10}).status_code == 202
        time.sleep(0.1)
        shown = ask(hub, "GET", f"/instance/{instance}").json()
        assert (shown["status"], shown["terminated"]["exitcode"]) == ("stopping", 137)


def test_a_stopping_instance_cannot_be_killed() -> None:
    with FakeHub() as hub, ThreadPoolExecutor() as pool:
        instance = started(hub, stored(hub))
        stop = pool.submit(ask, hub, "POST", f"/instance/{instance}/_stop", {"timeout": round(500 * pace())})
        until(lambda: hub.instances[0]["status"] == "stopping")
        refused = ask(hub, "POST", f"/instance/{instance}/_kill")
        assert (refused.status_code, refused.json()) == (400, {"error": "Instance not running"})
        assert stop.result().status_code == 202


@pytest.mark.slow
def test_the_end_of_another_process_with_the_same_id_ends_the_record() -> None:
    with FakeHub("1.x", replace(FAST, extension=0.6 * pace())) as hub:
        instance = started(hub, stored(hub))
        hub.declare_completed(instance)
        assert ask(hub, "GET", f"/instance/{instance}").json()["terminated"]["exitcode"] == -1
        until(lambda: not hub.instances)
        assert hub.runners == 1


@pytest.mark.slow
def test_an_instance_may_run_although_it_is_not_listed_after_a_restart() -> None:
    # Long enough to start the second one in the meantime.
    seconds = 1.5 * pace()
    with FakeHub("1.x", replace(FAST, reconnect=seconds)) as hub:
        sequence = stored(hub)
        started(hub, sequence, instanceId=CHOSEN, appConfig={"take": 1})
        hub.restart()
        assert hub.instances == []
        started(hub, sequence, instanceId=CHOSEN, appConfig={"take": 2})
        time.sleep(seconds + 0.1)
        assert [item["appConfig"]["take"] for item in hub.instances] == [2]
        assert hub.runners == 2


@pytest.mark.slow
@pytest.mark.parametrize(("command", "body"), [("_kill", None), ("_stop", {"timeout": 10})])
def test_a_reconnected_instance_stays_listed_after_it_is_ended(command: str, body: Any) -> None:
    with FakeHub("1.x", replace(FAST, reconnect=0.1, busy=0.1, extension=0.1)) as hub:
        sequence = stored(hub)
        instance = started(hub, sequence, instanceId=CHOSEN)
        hub.restart()
        until(lambda: hub.instances)
        assert ask(hub, "POST", f"/instance/{instance}/{command}", body).status_code == 202
        until(lambda: hub.runners == 0)
        time.sleep(0.3)
        assert "terminated" not in ask(hub, "GET", f"/instance/{instance}").json()
        put = requests.put(f"{hub.api_url}/sequence/{sequence}", data=package(), timeout=AMPLE)
        assert put.status_code == 409
        assert ask(hub, "DELETE", f"/sequence/{sequence}").status_code == 409
        assert ask(hub, "POST", f"/sequence/{sequence}/start", {"instanceId": CHOSEN}).status_code == 409
        assert hangs(hub, "DELETE", f"/sequence/{sequence}", force="1")
        hub.restart()
        assert ask(hub, "DELETE", f"/sequence/{sequence}").status_code == 200


def test_a_reconnected_instance_that_ends_by_itself_is_removed() -> None:
    with FakeHub("1.x", replace(FAST, reconnect=0.1, busy=0.1, extension=0.1, linger=0.1)) as hub:
        instance = started(hub, stored(hub))
        hub.restart()
        until(lambda: hub.instances)
        ask(hub, "POST", f"/instance/{instance}/_event", event("finish"))
        until(lambda: not hub.instances)


@pytest.mark.parametrize("body", [{}, {"appConfig": {}}, {"args": []}, {"appConfig": {}, "args": []}])
def test_018_starts_python_only_with_both_configuration_and_arguments(body: dict[str, Any]) -> None:
    with FakeHub("0.18") as hub:
        instance = started(hub, stored(hub, engine="python3"), **body)
        time.sleep(0.1)
        assert ended(hub, instance) is (len(body) < 2)


@pytest.mark.slow
def test_018_does_not_stop_python_and_kills_it_late() -> None:
    # Long enough to see that it still runs after the kill.
    with FakeHub("0.18", replace(FAST, overdue_018=1.5 * pace())) as hub:
        instance = started(hub, stored(hub, engine="python3"), appConfig={}, args=[])
        assert ask(hub, "POST", f"/instance/{instance}/_stop", [4001, {"timeout": 10}]).status_code == 200
        time.sleep(0.2)
        assert not ended(hub, instance)
        ask(hub, "POST", f"/instance/{instance}/_kill")
        time.sleep(0.2)
        assert not ended(hub, instance)
        until(lambda: ended(hub, instance))


@pytest.mark.parametrize(
    ("command", "body"), [("_kill", None), ("_stop", {"timeout": 10}), ("_event", event("finish"))]
)
def test_1x_reports_every_end_of_a_python_program_alike(command: str, body: Any) -> None:
    with FakeHub("1.x", LISTING) as hub:
        instance = started(hub, stored(hub, engine="python3"))
        assert ask(hub, "GET", f"/instance/{instance}").json()["created"] is None
        ask(hub, "POST", f"/instance/{instance}/{command}", body)
        until(lambda: ended(hub, instance))
        [shown] = hub.instances
        assert (shown["status"], shown["terminated"]["exitcode"]) == ("errored", 213)


@pytest.mark.parametrize(("generation", "status"), [("0.18", 200), ("1.x", 400)])
def test_python_programs_do_not_start_with_a_newer_interpreter(generation: str, status: int) -> None:
    with FakeHub(generation) as hub:
        hub.state.python = "too new"
        path = f"/sequence/{stored(hub, engine='python3')}/start"
        assert ask(hub, "POST", path, {"appConfig": {}, "args": []}).status_code == status
        until(lambda: not hub.instances)
