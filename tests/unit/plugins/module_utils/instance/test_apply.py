# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts and stops that fail, or whose answer is lost, and what they leave."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.instance.support import (
    QUICK,
    live,
    refuse_starts,
    start,
)
from ansible_collections.scramjet.sth.tests.unit.running import (
    HASTY,
    planned,
    run_task,
)

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.mark.parametrize(
    "options",
    [{"state": "restarted"}, {"count": 3, "app_config": {"a": 2}, "max_parallel": 1}],
    ids=["restarted", "recreated"],
)
def test_after_a_failed_start_no_further_member_of_a_pool_is_stopped(hub: FakeHub, options: dict[str, Any]) -> None:
    start(hub, "pool", count=3, app_config={"a": 1})
    refuse_starts(hub, times=9)
    result = run_task("sth_instance", hub, name="pool", **{**QUICK, **options})
    assert result["error_code"] == "START_FAILED"
    planned_ones = [item["done"] for item in result["actions"] if item["reason"] != "compensation"]
    assert planned_ones == [True, False, False, False, False, False]
    assert live(hub) == ["pool-1", "pool-2"]
    assert "could not be started again" in result["msg"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "failing",
    [
        {"app_config": {"behaviour": "throw_at_start"}, "stable_for": 1.0},
        {"app_config": {"a": 2}, "wait_for": "event", "ready_event": "never", "wait_timeout": 0.3},
        {
            "app_config": {"a": 2},
            "state": "restarted",
            "wait_for": "event",
            "ready_event": "never",
            "wait_timeout": 0.3,
        },
    ],
    ids=["dead", "late", "restarted"],
)
def test_the_previous_instance_is_started_again_if_its_successor_fails(hub: FakeHub, failing: dict[str, Any]) -> None:
    first = start(hub, app_config={"a": 1, "password": "canary"}, args=["x"])
    check = run_task("sth_instance", hub, check=True, **{"name": "web", **QUICK, **failing})
    result = run_task("sth_instance", hub, **{"name": "web", **QUICK, **failing})
    assert result["error_code"] in ("START_FAILED", "TIMEOUT")
    assert "The previous instance runs again" in result["msg"]
    assert "keeps running" not in result["msg"]
    assert planned(result) == planned(check)
    assert result["actions"][-1] == {
        "action": "start", "object": "instance web", "reason": "compensation", "done": True
    }  # fmt: skip
    assert live(hub) == ["web"]
    again = start(hub, app_config={"a": 1, "password": "canary"}, args=["x"])
    assert not again["changed"], again
    assert again["instance"]["id"] != first["instance"]["id"]


def test_the_previous_instance_is_started_again_after_a_refused_start(hub: FakeHub) -> None:
    start(hub, app_config={"a": 1})
    refuse_starts(hub, times=1)
    result = start(hub, app_config={"a": 2})
    assert "The previous instance runs again" in result["msg"]
    assert [item["done"] for item in result["actions"]] == [True, False, True]
    assert not start(hub, app_config={"a": 1})["changed"]


def test_two_runs_that_start_one_name_at_once_leave_one(hub: FakeHub) -> None:
    threads = [threading.Thread(target=start, args=(hub,)) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not start(hub).get("failed")
    assert live(hub) == ["web"]


@pytest.mark.parametrize("stop_timeout", [0.1, 0.0], ids=["stop", "kill"])
def test_a_stop_that_ends_the_hub_is_reported_and_counts_as_a_change(hub: FakeHub, stop_timeout: float) -> None:
    start(hub)
    hub.fault(Fault("cut", "POST", "/_(stop|kill)$"))
    result = run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=stop_timeout, request_retries=0)
    assert (result["error_code"], result["method"], result["changed"]) == ("UNREACHABLE", "POST", True)
    assert [item["done"] for item in result["actions"]] == [True]
    assert f"The {'stop' if stop_timeout else 'kill'} of instance web (" in result["msg"]
    assert "not known whether it has ended" in result["msg"]
    assert "GET" not in result["msg"]


def test_if_the_hub_ends_after_it_answered_a_stop_the_task_reports_a_change(hub: FakeHub) -> None:
    start(hub)
    # The look before the stop, then the one after it.
    hub.fault(Fault("die", "GET", "/instance/", skip=1 if hub.state.is_1x else 2))
    result = run_task("sth_instance", hub, name="web", state="stopped", request_retries=0, **QUICK)
    assert (result["error_code"], result["changed"]) == ("UNREACHABLE", True)
    assert "Instance web (" in result["msg"]
    assert "was asked to end" in result["msg"]


@pytest.mark.slow
def test_if_an_instance_does_not_end_after_a_stop_the_task_reports_a_change(hub: FakeHub) -> None:
    start(hub)
    # Answered, and not carried out.
    hub.fault(Fault("status", "POST", "/_(stop|kill)$", times=2, status=202))
    timings = replace(HASTY, end_grace=0.1, kill_grace=0.1, stop_grace=0.1)
    result = run_task("sth_instance", hub, name="web", state="stopped", timings=timings, **QUICK)
    assert (result["error_code"], result["changed"]) == ("TIMEOUT", True)
    assert "still lists it" in result["msg"]
    hub.fault(Fault("status", "POST", "/_stop$", status=500))
    assert not run_task("sth_instance", hub, name="web", state="stopped", **QUICK)["changed"]


def test_the_message_does_not_say_that_a_start_with_an_unknown_result_failed(hub: FakeHub) -> None:
    start(hub, app_config={"a": 1})
    hub.fault(Fault("cut", "POST", "/start$"))
    result = start(hub, app_config={"a": 2}, request_retries=0)
    assert [(item["action"], item["done"]) for item in result["actions"]] == [("stop", True), ("start", True)]
    assert "not known whether it runs" in result["msg"]
    assert "The previous instance was stopped, and is not started again" in result["msg"]
    assert "could not be started again" not in result["msg"]
    hub.revive()
    assert not start(hub, app_config={"a": 2})["changed"]


def test_the_message_does_not_say_that_an_unanswered_restart_failed(hub: FakeHub) -> None:
    start(hub, app_config={"a": 1})
    refuse_starts(hub, times=1)
    hub.fault(Fault("cut", "POST", "/start$"))
    result = start(hub, app_config={"a": 2}, request_retries=0)
    assert [(item["action"], item["done"]) for item in result["actions"]] == [
        ("stop", True), ("start", False), ("start", True)
    ]  # fmt: skip
    assert "not known whether it runs again" in result["msg"]
    assert "could not be started again" not in result["msg"]


@pytest.mark.parametrize("after", [1, 2])
def test_a_task_that_is_interrupted_after_any_write_is_completed_by_the_next_run(hub: FakeHub, after: int) -> None:
    start(hub, app_config={"a": 1})
    hub.fault(Fault("cut", skip=after - 1, writes_only=True))
    assert start(hub, app_config={"a": 2}, request_retries=0).get("failed")
    hub.revive()
    done = start(hub, app_config={"a": 2})
    assert not done.get("failed"), done
    assert done["instance"]["app_config"] == {"a": 2}
    assert live(hub) == ["web"]
    assert not start(hub, app_config={"a": 2})["changed"]
