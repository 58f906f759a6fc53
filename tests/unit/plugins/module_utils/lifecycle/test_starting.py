# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One start makes one process, whatever becomes of its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.instance.support import (
    QUICK,
    live,
    refuse_starts,
    start,
)
from ansible_collections.scramjet.sth.tests.unit.running import (
    HASTY,
    run_task,
)

pytestmark = pytest.mark.usefixtures("deployed")


def test_the_failure_says_that_the_chosen_id_is_still_in_use(hub: FakeHub) -> None:
    if hub.state.is_1x:
        own_id = "11111111-2222-4333-8444-555555555555"
        wanted: dict[str, Any] = {"id": own_id, "sequence": "probe", "removal_timeout": 0.1, **QUICK}
        run_task("sth_instance", hub, **wanted)
        refused = run_task("sth_instance", hub, **wanted, app_config={"x": 1})
        assert refused["error_code"] == "TIMEOUT"
        assert "removal_timeout" in refused["msg"]
        assert "runs again" in refused["msg"]


def test_a_lost_answer_makes_no_second_process_of_an_unnamed_instance(hub: FakeHub) -> None:
    hub.state.start(next(iter(hub.state.sequences.values())), {"appConfig": {"a": 1}})
    hub.fault(Fault("lost", "POST", "/start$"))
    assert not run_task("sth_instance", hub, all=True, sequence="probe", state="restarted", **QUICK).get("failed")
    assert live(hub) == [None]


def test_a_failure_after_the_start_names_the_instance(hub: FakeHub) -> None:
    hub.fault(Fault("status", "GET", "/instance/[^/]+$", status=403, times=1000))
    result = start(hub)
    assert result["failed"], result
    assert result["instance"] == hub.instances[0]["id"]
    assert "not known whether it became ready" in result["msg"]
    assert "later runs" not in result["msg"]


def test_a_lost_answer_of_a_start_makes_no_second_process(hub: FakeHub) -> None:
    hub.fault(Fault("lost", "POST", "/start$"))
    assert not start(hub).get("failed")
    assert len(hub.instances) == 1


@pytest.mark.slow
def test_a_start_that_never_arrived_is_repeated(hub: FakeHub) -> None:
    hub.fault(Fault("reset", "POST", "/start$"))
    assert not start(hub).get("failed")
    assert len(hub.instances) == 1


def test_a_start_that_ends_the_hub_is_reported_and_counts_as_a_change(hub: FakeHub) -> None:
    hub.fault(Fault("cut", "POST", "/start$"))
    result = start(hub, request_retries=0)
    assert (result["error_code"], result["method"], result["changed"]) == ("UNREACHABLE", "POST", True)
    assert [item["done"] for item in result["actions"]] == [True]
    assert "The start of instance web was sent to" in result["msg"]
    assert "not known whether it runs" in result["msg"]
    assert "run the task again" in result["msg"]
    assert "GET" not in result["msg"]


@pytest.mark.slow
def test_start_attempts(hub: FakeHub) -> None:
    result = start(hub, app_config={"behaviour": "throw_at_start"}, stable_for=1.0, start_attempts=2, wait_timeout=5.0)
    assert result["error_code"] == "START_FAILED"
    assert len([item for item in hub.writes if item.path.endswith("/start")]) == 2


def test_start_attempts_cover_a_program_that_dies_before_the_hub_answers(hub: FakeHub) -> None:
    hub.fault(Fault("status", "POST", "/start$", status=400, body=b'{"error":"Runner failed"}'))
    assert not start(hub, start_attempts=2).get("failed")
    refuse_starts(hub, times=1)
    assert start(hub, "other", start_attempts=2)["error_code"] == "START_FAILED"


def test_a_lost_start_that_may_not_be_repeated_fails(hub: FakeHub) -> None:
    hub.fault(Fault("reset", "POST", "/start$"))
    result = start(hub, overload_timeout=0.0, timings=replace(HASTY, lost_start_shows=0.1))
    assert result["error_code"] == "UNREACHABLE"
    assert "lost its connection" in result["msg"]


@pytest.mark.slow
def test_overload_is_waited_out_for_overload_timeout(hub: FakeHub) -> None:
    hub.overload(1)
    assert not start(hub, overload_timeout=bound(5)).get("failed")
    hub.overload(1)
    assert start(hub, "other", overload_timeout=0.0)["error_code"] == "INSUFFICIENT_RESOURCES"


@pytest.mark.parametrize("options", [{"name": "web"}, {"name": "web", "count": 2}])
def test_if_the_hub_does_not_report_app_config_the_instance_is_ended(hub: FakeHub, options: dict[str, Any]) -> None:
    if not hub.state.is_1x:
        pytest.skip("only a build of 1.0.1 was seen to do so")
    hub.state.hides_configuration = True
    for _run in range(2):
        result = start(hub, **options)
        assert result["error_code"] == "UNSUPPORTED_BY_HUB", result
        assert hub.runners == 0


def test_a_program_that_dies_before_its_start_is_answered_is_named(hub: FakeHub) -> None:
    if not hub.state.is_1x:
        return
    hub.fault(Fault("status", method="POST", path="/start$", status=400, body=b'{"error":"Runner failed"}'))
    failed = start(hub)
    assert failed["error_code"] == "START_FAILED"
    assert "web" in failed["msg"]
    assert "Runner failed" in failed["msg"]
