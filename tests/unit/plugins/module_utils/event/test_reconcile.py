# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending events, waiting for events, both in one task, and everything that ends such a wait."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import Expectation, wait_for_event
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import (
    PACKAGES,
    keep_ended,
    planned,
    run_task,
    throw,
    when_asked,
)


@pytest.fixture
def pool(hub: FakeHub) -> FakeHub:
    """A pool of three that answer ping with pong."""
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    start(hub, "web", count=3)
    return hub


def start(hub: FakeHub, name: str, **options: Any) -> dict[str, Any]:
    result = run_task("sth_instance", hub, name=name, sequence="probe", wait_for="none", **options)
    assert not result.get("failed"), result
    return result


def marked(instance: Any) -> str:
    return str(instance.app_config["_sth"]["name"])


def emit_when_awaited(hub: FakeHub, name: str, payload: Any) -> None:
    """Let ``web-2`` emit an event again and again, as soon as a request for it has arrived."""

    def emit() -> None:
        while not hub.closing.is_set():
            if any(item.path.endswith(f"/{name}") for item in hub.requests):
                with hub.state.lock:
                    talker = next(item for item in hub.state.instances.values() if marked(item) == "web-2")
                    talker.emit(name, payload)
            time.sleep(0.02)

    threading.Thread(target=emit, daemon=True).start()


def test_a_wait_that_begins_when_the_task_is_interrupted_ends_at_once(pool: FakeHub) -> None:
    """The keyword ``timeout`` interrupts only the main thread, which then abandons the hub and waits for the others."""
    hub = HubClient(pool.api_url)
    hub.version()
    record = hub.instances()[0]
    hub.transport.abandon()
    begin = time.monotonic()
    with pytest.raises(SthError):
        wait_for_event(hub, record.id, Expectation("never", timeout=hub.timings.subscribing))
    hub.close()
    # Nobody waits until the request would certainly have been sent.
    assert time.monotonic() - begin < hub.timings.subscribing


def event(hub: FakeHub, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_task("sth_event", hub, check, **options)


def sent(hub: FakeHub) -> int:
    return len([item for item in hub.writes if item.path.endswith("/_event")])


def test_a_reply_is_awaited_in_the_task_that_asks_for_it(pool: FakeHub) -> None:
    result = event(pool, instance="web-1", send="ping", payload="are you there", expect="pong")
    assert result["changed"]
    assert result["event"]["payload"] == "are you there"
    assert result["event"]["elapsed"] < 25
    assert [item["instance_name"] for item in result["events"]] == ["web-1"]
    assert sent(pool) == 1


def test_the_subscription_is_made_before_the_event_is_sent(pool: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the client sees it: a hub may read two connections in any order."""
    await_event, send_event = InstanceClient.await_event, InstanceClient.send_event
    asked: list[InFlight] = []
    was_asked: list[bool] = []

    def asking(client: InstanceClient, which: Any, name: str, silence: float, request: InFlight) -> Any:
        asked.append(request)
        return await_event(client, which, name, silence, request)

    def sending(client: InstanceClient, *arguments: Any, **options: Any) -> Any:
        was_asked.append(bool(asked) and asked[0].sent.is_set())
        return send_event(client, *arguments, **options)

    monkeypatch.setattr(InstanceClient, "await_event", asking)
    monkeypatch.setattr(InstanceClient, "send_event", sending)
    assert event(pool, instance="web-0", send="ping", payload="x", expect="pong")["event"]["payload"] == "x"
    assert was_asked == [True]


@pytest.mark.parametrize("target", [{"instance": "web"}, {"sequence": "probe"}])
def test_a_pool_and_a_sequence_address_all_their_instances(pool: FakeHub, target: dict[str, Any]) -> None:
    result = event(pool, send="ping", payload="x", expect="pong", **target)
    assert [item["instance_name"] for item in result["events"]] == ["web-0", "web-1", "web-2"]
    assert {item["payload"] for item in result["events"]} == {"x"}
    assert sent(pool) == 3


def test_an_id_is_used_without_listing_instances(pool: FakeHub) -> None:
    instance = run_task("sth_instance_info", pool, instance=["web-0"])["instance"]
    before = len(pool.requests)
    assert event(pool, instance=instance["id"], send="ping", payload="x")["changed"]
    asked = [item.path.rpartition("/v1/")[2] for item in pool.requests[before:]]
    assert set(asked) == {"version", f"instance/{instance['id']}", f"instance/{instance['id']}/_event"}


def test_a_reply_is_heard_although_the_hub_never_answers_the_first_request_for_it(pool: FakeHub) -> None:
    pool.fault(Fault("hang", method="GET", path="/once/done"))
    emit_when_awaited(pool, "done", "x")
    result = event(pool, instance="web-2", expect="done", wait_timeout=bound(20))
    assert not result.get("failed"), result
    assert result["event"]["payload"] == "x"


def test_check_mode_predicts_what_is_sent_and_sends_nothing(pool: FakeHub) -> None:
    options: dict[str, Any] = {"instance": "web", "send": "ping", "payload": "x", "expect": "pong"}
    before = sent(pool)
    check = event(pool, check=True, **options)
    assert sent(pool) == before
    real = event(pool, **options)
    assert (check["changed"], planned(check)) == (real["changed"], planned(real))
    assert check["event"] is None
    assert len(planned(real)) == 3
    assert all(item["done"] for item in real["actions"])


def test_check_mode_assumes_what_an_earlier_task_would_start(hub: FakeHub) -> None:
    result = event(hub, check=True, instance="later", send="ping", expect="pong")
    assert result["changed"]
    assert "assumes" in result["notes"][0]
    assert event(hub, check=True, sequence="later@1.0.0", send="ping")["changed"]


def test_waiting_for_an_event_is_not_a_change(pool: FakeHub) -> None:
    emit_when_awaited(pool, "done", {"n": 1})
    result = event(pool, instance="web-2", expect="done", wait_timeout=bound(20))
    assert not result["changed"]
    assert result["event"]["payload"] == {"n": 1}


def test_the_last_event_counts_if_there_was_one(pool: FakeHub) -> None:
    start(pool, "talker", app_config={"events": [{"name": "done", "payload": ["x"]}]})
    options: dict[str, Any] = {"instance": "talker", "expect_which": "last", "wait_timeout": 0}
    assert event(pool, expect="done", **options)["event"]["payload"] == ["x"]
    nothing = event(pool, expect="never", **options)
    assert not nothing.get("failed")
    assert nothing["event"] is None
    # The next one is another matter.
    assert event(pool, instance="talker", expect="done", wait_timeout=0.3)["error_code"] == "TIMEOUT"


@pytest.mark.slow
def test_a_wait_ends_with_the_instance(pool: FakeHub) -> None:
    keep_ended(pool)
    dies = start(pool, "dies")["instance"]["id"]
    when_asked(pool, "/once/never", lambda: throw(pool, dies))
    result = event(pool, instance="dies", expect="never", wait_timeout=bound(20))
    assert result["error_code"] == "ENDED_EARLY"
    if pool.state.is_1x:
        assert result["exit_code"] == 23
        assert "boom later" in result["logs"]["log"]


def test_the_failure_event_ends_the_wait_with_its_payload_masked(pool: FakeHub) -> None:
    emit_when_awaited(pool, "failed", {"why": "disk full", "apiToken": "hunter22", "pin": "4711a"})
    result = event(
        pool, instance="web-2", expect="done", failure_event="failed", wait_timeout=bound(20), secret_keys=["pin"]
    )
    assert result["error_code"] == "FAILURE_EVENT"
    assert result["event"] == {"why": "disk full", "apiToken": "********", "pin": "********"}


def test_if_one_of_several_instances_fails_the_other_answers_are_returned(pool: FakeHub) -> None:
    pool.fault(Fault("status", method="POST", path="/_event", status=500))
    result = event(pool, instance="web", send="ping", payload="x", expect="pong", wait_timeout=bound(5), max_parallel=1)
    assert result["error_code"] == "HUB_ERROR"
    assert [item.get("error_code") for item in result["events"]] == ["HUB_ERROR", None, None]
    assert [item["payload"] for item in result["events"]] == [None, "x", "x"]


def test_a_lost_answer_is_never_sent_again(pool: FakeHub) -> None:
    pool.fault(Fault("lost", method="POST", path="/_event"))
    result = event(pool, instance="web-0", send="ping", payload="x")
    assert result["failed"]
    assert result["changed"]
    assert sent(pool) == 1


@pytest.mark.parametrize("payload", ["0", '""', "null", "false", "7", '{"a": [{"b": null}, "", 0]}', "[]", '"text"'])
def test_payloads_reach_the_program_unchanged_or_are_refused(pool: FakeHub, payload: str) -> None:
    if pool.state.is_1x or payload in ('""', '"text"'):
        result = event(pool, instance="web-0", send="ping", payload_json=payload, expect="pong", wait_timeout=bound(5))
        assert not result.get("failed"), result
        assert pool.writes[-1].body == b'[5001, {"eventName": "ping", "message": %s}]' % payload.encode()
        # A payload that a 1.x hub cannot return differs from null in the result.
        assert result["event"]["payload_lost"] == (pool.state.is_1x and payload in ("0", '""', "false", "7"))
    else:
        result = event(pool, instance="web-0", send="ping", payload_json=payload)
        assert result["error_code"] == "UNSUPPORTED_BY_HUB"
        assert sent(pool) == 0


def test_an_event_without_payload_can_be_sent_to_every_hub(pool: FakeHub) -> None:
    assert event(pool, instance="web-0", send="ping", expect="pong", wait_timeout=bound(5))["changed"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"instance": "nobody", "send": "x"}, "NOT_FOUND"),
        ({"instance": "7c1a47a2-8f0e-4f47-9d4b-000000000000", "send": "x"}, "NOT_FOUND"),
        ({"sequence": "nothing", "send": "x"}, "NOT_FOUND"),
        ({"instance": "", "send": "x"}, "INVALID_OPTION"),
        ({"instance": "web-0", "send": ""}, "INVALID_OPTION"),
        ({"instance": "web-0", "expect": "two words"}, "INVALID_OPTION"),
        ({"instance": "web-0", "expect": "x", "payload": "y"}, "INVALID_OPTION"),
        ({"instance": "web-0", "send": "x", "failure_event": "y"}, "INVALID_OPTION"),
        ({"instance": "web-0", "send": "x", "expect": "y", "expect_which": "last"}, "INVALID_OPTION"),
        ({"instance": "web-0", "expect": "y", "wait_timeout": 0}, "INVALID_OPTION"),
        ({"instance": "web-0", "send": "x", "payload_json": "{"}, "INVALID_OPTION"),
        ({"instance": "web-0", "send": "x", "max_parallel": 0}, "INVALID_OPTION"),
    ],
)
def test_contradictory_options_are_refused_before_anything_is_sent(
    pool: FakeHub, options: dict[str, Any], code: str
) -> None:
    assert event(pool, **options)["error_code"] == code
    assert sent(pool) == 0


def test_the_failure_says_that_the_instance_has_ended(pool: FakeHub) -> None:
    keep_ended(pool)
    program: dict[str, Any] = {"sequence": "probe", "app_config": {"behaviour": "throw_at_start"}}
    assert run_task("sth_instance", pool, name="dies", **program)["error_code"] == "START_FAILED"
    result = event(pool, instance="dies", send="x")
    assert result["error_code"] == ("ENDED_EARLY" if pool.state.is_1x else "NOT_FOUND")
    assert sent(pool) == 0


def test_a_hub_that_dies_ends_the_wait(pool: FakeHub) -> None:
    when_asked(pool, "/once/never", lambda: setattr(pool, "dead", True))
    assert event(pool, instance="web-0", expect="never", wait_timeout=bound(20))["error_code"] == "UNREACHABLE"


@pytest.mark.parametrize("check", [False, True])
def test_a_refusal_for_an_ended_instance_does_not_consume_its_output(pool: FakeHub, check: bool) -> None:
    if not pool.state.is_1x:
        pytest.skip("a 0.18 hub forgets an ended instance, its streams included")
    keep_ended(pool)
    ended = start(pool, "dies")["instance"]["id"]
    throw(pool, ended)
    while not any(item["id"] == ended and "terminated" in item for item in pool.instances):
        time.sleep(0.01)
    before = len(pool.writes)
    result = event(pool, check, instance=ended, send="x")
    assert (result["error_code"], result["exit_code"]) == ("ENDED_EARLY", 23)
    assert len(pool.writes) == before


@pytest.mark.parametrize(("method", "thread"), [("await_event", "await never"), ("info", "watch the instance")])
def test_an_unexpected_exception_in_a_thread_ends_the_wait(
    pool: FakeHub, monkeypatch: pytest.MonkeyPatch, method: str, thread: str
) -> None:
    works = getattr(InstanceClient, method)

    def fail(*arguments: Any, **named: Any) -> Any:
        if threading.current_thread().name == thread:
            raise ValueError("cannot be")
        return works(*arguments, **named)

    monkeypatch.setattr(InstanceClient, method, fail)
    began = time.monotonic()
    result = run_task("sth_event", pool, instance="web-0", expect="never", wait_timeout=bound(200))
    assert result["error_code"] == "LOCAL_ERROR", result
    assert "ValueError: cannot be" in result["msg"]
    assert time.monotonic() - began < bound(100)
