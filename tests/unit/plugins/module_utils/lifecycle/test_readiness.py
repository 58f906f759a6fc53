# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a started instance counts as ready, and what the message says if it does not become ready."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.instance.support import (
    start,
)
from ansible_collections.scramjet.sth.tests.unit.running import (
    HASTY,
    PACKAGES,
    run_task,
    when,
)

pytestmark = pytest.mark.usefixtures("deployed")


def test_if_the_hub_ends_during_the_wait_for_readiness_the_task_reports_a_change(hub: FakeHub) -> None:
    hub.fault(Fault("die", "GET", "/instance/"))
    result = start(hub, request_retries=0)
    assert (result["error_code"], result["changed"]) == ("UNREACHABLE", True)
    assert "was started on" in result["msg"]
    assert "web" in result["msg"]


def test_a_program_that_throws_when_loaded_is_a_failed_start_although_the_hub_said_200(hub: FakeHub) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "throws-on-import"))
    result = start(hub, "bad", sequence="throws-on-import", stable_for=2.0)
    assert result["error_code"] == "START_FAILED"
    if hub.state.is_1x:
        assert result["exit_code"] == 22
        assert "boom on import" in result["msg"]
        assert "boom on import" in result["logs"]["log"]
    else:
        assert "keeps no log and no exit code" in result["msg"]


@pytest.mark.slow
def test_after_an_uncaught_exception_the_message_says_that_the_process_may_still_run(hub: FakeHub) -> None:
    if not hub.state.is_1x:
        pytest.skip("hubs before 1.0 report no such exit code")

    def end() -> None:
        for instance in hub.state.instances.values():
            instance.crash(101, "Runner failed")

    when(lambda: hub.state.instances, end)
    result = start(hub, wait_for="event", ready_event="up", wait_timeout=bound(20))
    assert (result["error_code"], result["exit_code"]) == ("START_FAILED", 101), result
    assert "the process may still run on the hub's machine, where you can end it" in result["msg"]


def test_ready_by_event(hub: FakeHub) -> None:
    events = [{"name": "up", "payload": {"ok": True}, "after": 0.2}]
    result = start(hub, app_config={"events": events}, wait_for="event", ready_event="up")
    assert not result.get("failed")


def test_a_failure_event_ends_the_wait_with_its_payload(hub: FakeHub) -> None:
    events = [{"name": "down", "payload": {"why": "no database"}, "after": 0.1}]
    result = start(
        hub,
        app_config={"events": events},
        wait_for="event",
        ready_event="up",
        failure_event="down",
        wait_timeout=bound(10),
    )
    assert result["error_code"] == "START_FAILED"
    assert "no database" in result["msg"]


@pytest.mark.parametrize("wait_for", ["running", "healthy"])
def test_a_failure_event_counts_in_every_wait(hub: FakeHub, wait_for: str) -> None:
    events = [{"name": "down", "payload": {"why": "no database"}}]
    result = start(hub, app_config={"events": events}, wait_for=wait_for, failure_event="down", stable_for=bound(5))
    assert result["error_code"] == "START_FAILED"
    assert "no database" in result["msg"]


@pytest.mark.parametrize("how", [{}, {"wait_for": "healthy"}, {"wait_for": "event", "ready_event": "up"}])
def test_a_failure_event_right_before_the_end_is_reported_with_its_payload(hub: FakeHub, how: dict[str, str]) -> None:
    def was_looked_at_after_the_event_was_asked_for() -> bool:
        paths = [item.path for item in hub.requests]
        asked = next((at for at, path in enumerate(paths) if path.endswith("/event/down")), len(paths))
        return any(re.search(r"/instance/[0-9a-f-]{36}$", path) for path in paths[asked:])

    def emit_and_end() -> None:
        with hub.state.lock:
            instance = next(item for item in hub.state.instances.values() if item.process_alive)
            instance.emit("down", {"why": "no database"})
            instance.end(137, "Instance killed")

    when(was_looked_at_after_the_event_was_asked_for, emit_and_end)
    result = start(hub, failure_event="down", stable_for=bound(20), wait_timeout=bound(20), **how)
    assert (result["error_code"], result.get("event")) == ("START_FAILED", {"why": "no database"}), result


def test_a_failure_event_counts_while_it_must_stay_alive(hub: FakeHub) -> None:
    events = [{"name": "down", "payload": {"why": "no database"}, "after": 0.5}]
    result = start(hub, app_config={"events": events}, failure_event="down", stable_for=bound(5))
    assert "no database" in result["msg"]
    assert not start(hub, "other", failure_event="down").get("failed")


def test_a_death_ends_the_wait_for_an_event_long_before_the_time_out(hub: FakeHub) -> None:
    config = {"behaviour": "throw_later", "seconds": 0.2}
    result = start(hub, app_config=config, wait_for="event", ready_event="up", wait_timeout=bound(10))
    assert result["error_code"] == "START_FAILED"


@pytest.mark.slow
def test_an_event_that_never_comes_ends_at_the_bound(hub: FakeHub) -> None:
    result = start(hub, wait_for="event", ready_event="up", wait_timeout=0.5)
    assert result["error_code"] == "TIMEOUT"
    assert "up" in result["msg"]


def test_healthy(hub: FakeHub) -> None:
    assert not start(hub, wait_for="healthy").get("failed")


@pytest.mark.slow
def test_an_instance_that_is_healthy_only_by_default_is_not_ready(hub: FakeHub) -> None:
    config = {"healthy": False}
    result = start(hub, app_config=config, wait_for="healthy", wait_timeout=0.1)
    assert result["error_code"] == "TIMEOUT", result
    assert "has not reported that it is healthy" in result["msg"]


@pytest.mark.slow
def test_an_instance_that_becomes_unhealthy_within_stable_for_is_not_ready(hub: FakeHub) -> None:
    hub.state.timings = replace(hub.state.timings, health=0.6)
    timings = replace(HASTY, health_is_asked=0.0)
    config = {"healthy": False}
    result = start(hub, app_config=config, wait_for="healthy", wait_timeout=0.1, stable_for=bound(10), timings=timings)
    assert result["error_code"] == "TIMEOUT", result
