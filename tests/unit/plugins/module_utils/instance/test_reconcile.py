# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named instances and pools: started, restarted, stopped, absent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.instance.support import (
    QUICK,
    live,
    start,
    started_four_times,
    verbs,
)
from ansible_collections.scramjet.sth.tests.unit.running import (
    HASTY,
    four_times,
    planned,
    run_task,
)

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.mark.slow
def test_started_stopped_and_absent(hub: FakeHub) -> None:
    begun = started_four_times(hub, app_config={"a": 1}, args=["x"])
    assert verbs(begun.real) == ["start"]
    assert begun.check["instance"]["id"] is None
    assert begun.real["instance"]["name"] == "web"
    assert begun.real["instance"]["app_config"] == {"a": 1}
    assert begun.again["instance"]["id"] == begun.real["instance"]["id"]
    ended = four_times("sth_instance", hub, name="web", state="stopped", **QUICK)
    assert verbs(ended.real) == ["stop"]
    assert ended.real["instance"]["outcome"] == "stopped"
    start(hub)
    gone = four_times("sth_instance", hub, name="web", state="absent", removal_timeout=bound(5), **QUICK)
    assert verbs(gone.real) == ["stop"]
    assert gone.real["instances"] == []
    assert hub.instances == []


def test_a_failure_event_at_the_first_start_says_what_is_left(hub: FakeHub) -> None:
    config = {"events": [{"name": "failed", "payload": "no", "after": 0.1}]}
    options: dict[str, Any] = {"name": "web", "sequence": "probe", "app_config": config, "failure_event": "failed"}
    result = run_task("sth_instance", hub, **options)
    assert result["error_code"] == "START_FAILED"
    assert result["msg"].endswith("Unless it ends by itself, it keeps running, and later runs treat it as started.")
    assert not run_task("sth_instance", hub, **options)["changed"]


@pytest.mark.slow
def test_an_id_can_be_used_again_when_the_hub_has_forgotten_its_instance(hub: FakeHub) -> None:
    own_id = "11111111-2222-4333-8444-555555555555"
    wanted: dict[str, Any] = {"id": own_id, "sequence": "probe", "removal_timeout": bound(10), **QUICK}
    if not hub.state.is_1x:
        assert run_task("sth_instance", hub, **wanted)["error_code"] == "UNSUPPORTED_BY_HUB"
        return
    assert verbs(four_times("sth_instance", hub, **wanted).real) == ["start"]
    wanted["app_config"] = {"x": 1}
    assert verbs(four_times("sth_instance", hub, **wanted).real) == ["stop", "start"]
    run_task("sth_instance", hub, id=own_id, state="stopped", **QUICK)
    again = four_times("sth_instance", hub, **wanted)
    assert verbs(again.real) == ["start"]
    assert again.real["instance"]["id"] == own_id
    wanted |= {"state": "completed", "app_config": {"behaviour": "complete"}, "if_running": "replace"}
    completed = run_task("sth_instance", hub, **wanted)
    assert completed["instance"]["outcome"] == "completed", completed


@pytest.mark.parametrize("pool", [{}, {"count": 3}])
def test_nothing_to_do_costs_at_most_two_requests_on_1_x(hub: FakeHub, pool: dict[str, Any]) -> None:
    start(hub, **pool)
    before = len(hub.requests)
    assert not start(hub, **pool)["changed"]
    assert len(hub.requests) - before == (2 if hub.state.is_1x else 3 + pool.get("count", 1))


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"app_config": {"a": "1"}}, "app_config"), ({"args": ["y"]}, "args"), ({"app_config": {}, "args": []}, "args")],
)
def test_an_instance_is_recreated_for_a_set_option_that_differs(
    hub: FakeHub, changed: dict[str, Any], named: str
) -> None:
    first = start(hub, app_config={"a": 1}, args=["x"])
    again = started_four_times(hub, **changed)
    assert verbs(again.real) == ["stop", "start"]
    assert named in again.real["actions"][0]["reason"]
    assert again.real["instance"]["id"] != first["instance"]["id"]
    assert live(hub) == ["web"]


TYPED = ["Hello", 123, {"abc": 456}, ["789"], True, None, "123", ""]


def test_arguments_are_sent_and_compared_with_their_types(hub: FakeHub) -> None:
    begun = started_four_times(hub, args=TYPED)
    assert begun.check["diff"]["after"]["web"]["args"] == begun.real["instance"]["args"] == TYPED
    body = next(json.loads(item.body) for item in hub.requests if item.path.endswith("/start"))
    assert body["args"] == TYPED
    assert not start(hub, args=["Hello", 123.0, *TYPED[2:]])["changed"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["1"], [1]),
        ([1], [True]),
        ([0], [False]),
        ([""], [None]),
        (["{'abc': 456}"], [{"abc": 456}]),
        (["True"], [True]),
        ([["1"]], [[1]]),
        ([{"a": None}], [{}]),
    ],
)
def test_arguments_of_another_type_differ(hub: FakeHub, before: list[Any], after: list[Any]) -> None:
    start(hub, args=before)
    again = started_four_times(hub, args=after)
    assert again.real["actions"][0]["reason"] == "args differs"
    assert again.real["instance"]["args"] == after


def test_an_override_has_arguments_with_their_types(hub: FakeHub) -> None:
    begun = started_four_times(hub, "pool", count=2, args=[1], overrides=[{"args": [{"shard": 0}, None]}])
    assert [item["args"] for item in begun.real["instances"]] == [[{"shard": 0}, None], [1]]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, [{"deep": float("-inf")}]])
def test_numbers_that_a_hub_would_change_are_refused_in_args(hub: FakeHub, value: Any) -> None:
    before = len(hub.writes)
    for check in (True, False):
        failed = run_task("sth_instance", hub, name="web", sequence="probe", args=["a", value], check=check)
        assert failed["error_code"] == "INVALID_CONFIG"
    assert len(hub.writes) == before


def test_options_that_are_not_set_are_not_compared_and_are_kept(hub: FakeHub) -> None:
    start(hub, app_config={"a": 1}, args=["x"])
    assert not start(hub)["changed"]
    result = start(hub, args=["y"])
    assert result["instance"]["app_config"] == {"a": 1}


def test_on_change_keep_and_fail(hub: FakeHub) -> None:
    start(hub, app_config={"a": 1})
    assert not start(hub, app_config={"a": 2}, on_change="keep")["changed"]
    before = len(hub.writes)
    refused = start(hub, app_config={"a": 2}, on_change="fail")
    assert refused["error_code"] == "CONFLICT"
    assert "app_config" in refused["msg"]
    assert len(hub.writes) == before


def test_a_pool_grows_and_shrinks_and_each_member_has_its_overrides(hub: FakeHub) -> None:
    options: dict[str, Any] = {"index_key": "shard.number", "overrides": [{"app_config": {"first": True}}]}
    grown = started_four_times(hub, "pool", count=3, app_config={"shard": {"of": 3}}, **options)
    assert [item["name"] for item in grown.real["instances"]] == ["pool-0", "pool-1", "pool-2"]
    assert grown.real["instances"][0]["app_config"] == {"shard": {"of": 3, "number": 0}, "first": True}
    assert grown.real["instances"][2]["app_config"] == {"shard": {"of": 3, "number": 2}}
    shrunk = four_times("sth_instance", hub, name="pool", count=1, **QUICK)
    assert [item["object"] for item in shrunk.real["actions"]] == ["instance pool-2", "instance pool-1"]
    assert live(hub) == ["pool-0"]
    four_times("sth_instance", hub, name="pool", count=0, **QUICK)
    assert live(hub) == []


@pytest.mark.parametrize("state", ["started", "restarted"])
def test_overrides_of_a_member_keep_the_rest_of_its_configuration(hub: FakeHub, state: str) -> None:
    start(hub, "pool", count=3, app_config={"db": "prod", "shard": {"of": 3}}, index_key="shard.number")
    own: dict[str, Any] = {"index_key": "shard.number", "overrides": [{"app_config": {"first": True}}]}
    options: dict[str, Any] = {"name": "pool", "count": 2, "sequence": "probe", "state": state, **own, **QUICK}
    done = four_times("sth_instance", hub, **options) if state == "started" else None
    found = (done.real if done else run_task("sth_instance", hub, **options))["instances"]
    assert [item["app_config"] for item in found[:2]] == [
        {"db": "prod", "shard": {"of": 3, "number": 0}, "first": True},
        {"db": "prod", "shard": {"of": 3, "number": 1}},
    ]
    if done:
        # The second member had all of that.
        assert [item["object"].split()[1] for item in done.real["actions"]] == ["pool-0", "pool-0", "pool-2"]


def test_an_instance_with_a_name_is_not_restarted_by_its_id(hub: FakeHub) -> None:
    own_id = start(hub, app_config={"top": 1})["instance"]["id"]
    if not hub.state.is_1x:
        refused = run_task("sth_instance", hub, id=own_id, sequence="probe", app_config={"top": 2}, **QUICK)
        assert refused["error_code"] == "UNSUPPORTED_BY_HUB"
        return
    same = run_task("sth_instance", hub, id=own_id, sequence="probe", app_config={"top": 1}, **QUICK)
    assert same["instance"]["id"] == own_id
    for check in (True, False):
        other = run_task("sth_instance", hub, check=check, id=own_id, sequence="probe", app_config={"top": 2}, **QUICK)
        assert other["error_code"] == "CONFLICT"
        assert "web" in other["msg"]
    assert live(hub) == ["web"]


def test_one_name_is_an_instance_or_a_pool(hub: FakeHub) -> None:
    start(hub, "web")
    start(hub, "pool", count=1)
    assert start(hub, "web", count=2)["error_code"] == "CONFLICT"
    assert start(hub, "pool")["error_code"] == "CONFLICT"


def test_a_pool_is_stopped_by_its_name(hub: FakeHub) -> None:
    start(hub, "pool", count=2)
    start(hub, "other")
    four_times("sth_instance", hub, name="pool", state="stopped", **QUICK)
    assert live(hub) == ["other"]


def test_restarted_takes_unset_options_from_the_running_instance(hub: FakeHub) -> None:
    first = start(hub, app_config={"a": 1}, args=["x"])
    check = run_task("sth_instance", hub, check=True, name="web", state="restarted", **QUICK)
    second = run_task("sth_instance", hub, name="web", state="restarted", **QUICK)
    assert check["changed"]
    assert planned(check) == planned(second)
    assert check["diff"] == second["diff"]
    assert second["instance"]["id"] != first["instance"]["id"]
    assert (second["instance"]["app_config"], second["instance"]["args"]) == ({"a": 1}, ["x"])
    assert live(hub) == ["web"]
    nothing = run_task("sth_instance", hub, name="nobody", state="restarted")
    assert nothing["error_code"] == "NOT_FOUND"


def test_a_pool_restarts_one_member_after_the_other(hub: FakeHub) -> None:
    start(hub, "pool", count=2)
    result = run_task("sth_instance", hub, name="pool", state="restarted", **QUICK)
    assert verbs(result) == ["stop", "start", "stop", "start"]
    posts = [item.path.rpartition("/")[2] for item in hub.writes if item.path.endswith(("_stop", "start"))]
    assert posts[-4:] == ["_stop", "start", "_stop", "start"]
    assert live(hub) == ["pool-0", "pool-1"]


def test_all_selects_the_instances_of_a_sequence_with_and_without_a_name(hub: FakeHub) -> None:
    start(hub)
    hub.state.start(next(iter(hub.state.sequences.values())), {"appConfig": {}})
    result = four_times("sth_instance", hub, all=True, sequence="probe", state="stopped", **QUICK)
    assert verbs(result.real) == ["stop", "stop"]


def test_of_duplicates_the_oldest_stays(hub: FakeHub) -> None:
    first = start(hub)
    hub.state.start(next(iter(hub.state.sequences.values())), {"appConfig": {"_sth": {"name": "web"}}})
    result = started_four_times(hub)
    assert verbs(result.real) == ["stop"]
    assert result.real["instance"]["id"] == first["instance"]["id"]


@pytest.mark.parametrize("by_id", [False, True])
def test_restarted_unnamed_instances_run_again(hub: FakeHub, by_id: bool) -> None:
    hub.state.start(next(iter(hub.state.sequences.values())), {"appConfig": {"a": 1}, "args": ["x"]})
    old = run_task("sth_instance_info", hub)["instance"]["id"]
    meant: dict[str, Any] = {"id": old} if by_id else {"all": True, "sequence": "probe"}
    result = run_task("sth_instance", hub, state="restarted", **QUICK, **meant)
    assert not result.get("failed"), result
    again = result["instance"]
    assert again["id"] != old
    assert (again["name"], again["app_config"], again["args"]) == (None, {"a": 1}, ["x"])
    assert live(hub) == [None]


def test_a_member_that_is_changed_by_its_own_name_stays_in_its_pool(hub: FakeHub) -> None:
    start(hub, "pool", count=2, app_config={"a": 1})
    changed = started_four_times(hub, "pool-0", app_config={"a": 2})
    assert (changed.real["instance"]["name"], changed.real["instance"]["index"]) == ("pool-0", 0)
    restarted = run_task("sth_instance", hub, name="pool-0", state="restarted", **QUICK)
    assert restarted["instance"]["index"] == 0
    run_task("sth_instance", hub, name="pool", state="stopped", **QUICK)
    assert live(hub) == []


def test_a_restarted_pool_takes_what_is_given(hub: FakeHub) -> None:
    start(hub, "pool", count=2, app_config={"a": 1}, args=["x"])
    result = run_task("sth_instance", hub, name="pool", state="restarted", app_config={"a": 2}, **QUICK)
    assert [item["name"] for item in result["instances"]] == ["pool-0", "pool-1"]
    assert [(item["app_config"], item["args"]) for item in result["instances"]] == [({"a": 2}, ["x"])] * 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"name": ""}, "INVALID_OPTION"),
        ({"name": None}, "INVALID_OPTION"),
        ({"sequence": ""}, "INVALID_OPTION"),
        ({"sequence": "nope"}, "NOT_FOUND"),
        ({"app_config": {"_sth": 1}}, "INVALID_CONFIG"),
        ({"app_config": {"account": [{"number": 2**53}]}}, "INVALID_CONFIG"),
        ({"app_config": {"most": float("inf")}}, "INVALID_CONFIG"),
        ({"count": 1, "overrides": [{"app_config": {"least": -(2**60)}}]}, "INVALID_CONFIG"),
        ({"start_options": {"appConfig": {}}}, "INVALID_OPTION"),
        ({"index_key": "a"}, "INVALID_OPTION"),
        ({"count": -1}, "INVALID_OPTION"),
        ({"count": 1, "index_key": "a.b", "app_config": {"a": 1}}, "INVALID_CONFIG"),
        ({"wait_for": "event"}, "INVALID_OPTION"),
        ({"ready_event": "x"}, "INVALID_OPTION"),
        ({"start_attempts": 0}, "INVALID_OPTION"),
        ({"all": True}, "INVALID_OPTION"),
        ({"count": 1, "state": "stopped"}, "INVALID_OPTION"),
        ({"count": 0, "state": "absent"}, "INVALID_OPTION"),
        ({"input": {"content": "x"}}, "INVALID_OPTION"),
        ({"collect": ["output"], "state": "stopped"}, "INVALID_OPTION"),
        ({"output_dest": "/nowhere", "state": "restarted"}, "INVALID_OPTION"),
        ({"completion_event": "done", "state": "absent"}, "INVALID_OPTION"),
        ({"run_timeout": 0.0}, "INVALID_OPTION"),
        ({"run_timeout": -1.0, "state": "completed"}, "INVALID_OPTION"),
        ({"stop_timeout": -1.0, "state": "stopped"}, "INVALID_OPTION"),
        ({"removal_timeout": -1.0}, "INVALID_OPTION"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written_in_check_mode_too(
    hub: FakeHub, options: dict[str, Any], code: str
) -> None:
    before = len(hub.writes)
    for check in (True, False):
        if check and code == "NOT_FOUND":
            continue
        result = run_task("sth_instance", hub, check=check, **{"name": "web", "sequence": "probe", **options})
        assert result.get("error_code") == code, result
    assert len(hub.writes) == before


@pytest.mark.parametrize(("options", "word"), [({"overrides": [{}]}, "count"), ({"count": -1}, "negative")])
def test_options_of_a_pool_need_count(hub: FakeHub, options: dict[str, Any], word: str) -> None:
    assert word in start(hub, **options)["msg"]


def test_options_that_a_hub_generation_does_not_support_are_refused(hub: FakeHub) -> None:
    large = start(hub, app_config={"data": "x" * 200_000})
    topic = start(hub, "other", output_topic="t")
    if hub.state.is_1x:
        assert large["error_code"] == "INVALID_CONFIG"
        assert not topic.get("failed")
    else:
        assert not large.get("failed")
        assert topic["error_code"] == "UNSUPPORTED_BY_HUB"


def test_a_sequence_that_an_earlier_task_would_upload_is_assumed_in_check_mode(hub: FakeHub) -> None:
    result = run_task("sth_instance", hub, check=True, name="web", sequence="new@sha256:0123456789ab")
    assert result["changed"]
    assert "earlier task" in result["notes"][0]


def test_instances_of_a_deployment_are_refused(hub: FakeHub) -> None:
    mark = {"name": "web", "deployment": "shop"}
    hub.state.start(next(iter(hub.state.sequences.values())), {"appConfig": {"_sth": mark}})
    result = run_task("sth_instance", hub, name="web", state="stopped")
    assert result["error_code"] == "CONFLICT"
    assert "sth_deployment" in result["msg"]


@pytest.mark.slow
@pytest.mark.parametrize("order", ["_stop", "_kill"])
@pytest.mark.parametrize("kind", ["die", "cut"])
def test_an_instance_that_is_not_listed_right_after_a_restart_has_not_ended(
    hub: FakeHub, order: str, kind: Literal["die", "cut"]
) -> None:
    if not hub.state.is_1x:
        pytest.skip("the programs of a 0.18 hub do not come back after a restart")
    start(hub, app_config={"a": 1})
    hub.fault(Fault(kind, "POST", f"/{order}$", then=hub.restart))
    changed = start(hub, app_config={"a": 2}, stop_timeout=0.1 if order == "_stop" else 0)
    assert not changed.get("failed"), changed
    assert hub.runners == 1


PAGE = b"<html>Sign in</html>"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("reset"), "UNREACHABLE"),
        (Fault("hang"), "TIMEOUT"),
        (Fault("status", status=200, body=PAGE), "HUB_ERROR"),
    ],
    ids=["reset", "hang", "page"],
)
def test_requests_that_never_arrive_are_reported_as_such(hub: FakeHub, fault: Fault, code: str) -> None:
    start(hub)
    hub.fault(replace(fault, method="POST", path="/_(stop|kill)$", times=10**6))
    timings = replace(HASTY, end_grace=0.1, kill_grace=0.5, stop_grace=0.5)
    options: dict[str, Any] = {"name": "web", "state": "stopped", "request_timeout": 0.7, **QUICK}
    result = run_task("sth_instance", hub, timings=timings, **options)
    assert result["error_code"] == code, result
    assert "restart" not in result["msg"]
    assert "still runs" in result["msg"]
    hub.faults.clear()
    assert verbs(run_task("sth_instance", hub, **options)) == ["stop"]


def test_a_pool_refuses_an_instance_with_the_name_of_a_member(hub: FakeHub) -> None:
    start(hub, "web-1")
    before = len(hub.writes)
    for check in (True, False):
        refused = run_task("sth_instance", hub, check=check, name="web", count=2, sequence="probe", **QUICK)
        assert refused["error_code"] == "CONFLICT"
        assert "web-1" in refused["msg"]
    assert len(hub.writes) == before
    assert verbs(start(hub, "web", count=1)) == ["start"]


def test_an_empty_address_is_not_the_hub_of_this_machine(hub: FakeHub) -> None:
    refused = run_task("sth_instance", hub, name="web", sequence="probe", api_url="")
    assert refused["error_code"] == "INVALID_OPTION"
    assert refused["hub"]["api_url"] is None


@pytest.mark.slow
def test_a_stop_may_take_longer_than_any_other_request(hub: FakeHub) -> None:
    start(hub, app_config={"stopHandler": "slow", "slowMs": 60_000})
    ended = run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=1.5, request_timeout=0.7)
    assert ended["changed"], ended
    assert live(hub) == []


def test_start_options_reach_the_hub(hub: FakeHub) -> None:
    more: dict[str, Any] = {"start_options": {"priority": 3}}
    if hub.state.is_1x:
        more["limits"] = {"memory": 128}
    start(hub, count=2, args=["all"], overrides=[{"args": ["own"]}], **more)
    bodies = [json.loads(item.body) for item in hub.writes if item.path.endswith("/start")]
    assert sorted(body["args"] for body in bodies) == [["all"], ["own"]]
    assert [body["priority"] for body in bodies] == [3, 3]
    assert [body.get("limits") for body in bodies] == [more.get("limits")] * 2


def test_can_keepalive_lets_a_program_ask_for_more_time(hub: FakeHub) -> None:
    start(hub)
    run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=0.1, can_keepalive=True)
    stop = json.loads(next(item.body for item in hub.writes if item.path.endswith("/_stop")))
    assert (stop if hub.state.is_1x else stop[1])["canCallKeepalive"] is True


@pytest.mark.parametrize("name", ["ready_event", "failure_event", "input_topic", "output_topic"])
def test_an_empty_name_is_refused_before_anything_is_written(hub: FakeHub, name: str) -> None:
    before = len(hub.writes)
    more = {"wait_for": "event"} if name == "ready_event" else {}
    for check in (True, False):
        refused = run_task(
            "sth_instance", hub, check=check, name="web", sequence="probe", **{**QUICK, **more, name: ""}
        )
        assert (refused["error_code"], name in refused["msg"]) == ("INVALID_OPTION", True)
    assert len(hub.writes) == before
