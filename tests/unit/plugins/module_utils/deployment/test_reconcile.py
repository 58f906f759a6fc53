# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments: what changes, what stays, and what a failure leaves."""

from __future__ import annotations

import itertools
import pathlib
import shutil
import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any, Callable

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment import rollout
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.routes import Answer, Call
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import (
    HASTY,
    PACKAGES,
    FourTimes,
    four_times,
    planned,
    run_task,
)

QUICK: dict[str, Any] = {"name": "web", "stable_for": 0.05, "stop_timeout": 0.05}
Version = Callable[[str], str]


@pytest.fixture
def version(tmp_path: pathlib.Path) -> Version:
    """Return the directory of the probe package, with other content for every letter."""

    def make(letter: str) -> str:
        path = tmp_path / letter
        if not path.exists():
            shutil.copytree(PACKAGES / "probe", path)
            with (path / "index.js").open("a") as main:
                main.write(f"// {letter}\n")
        return str(path)

    return make


def deploy(hub: FakeHub, **options: Any) -> dict[str, Any]:
    return run_task("sth_deployment", hub, **{**QUICK, **options})


def deployed_four_times(hub: FakeHub, **options: Any) -> FourTimes:
    results = four_times("sth_deployment", hub, **{**QUICK, **options})
    assert results.again["instances"] == results.check_again["instances"]
    assert results.check["deployment"] == results.real["deployment"]
    assert results.again["deployment"] == results.check_again["deployment"]
    return results


def verbs(result: dict[str, Any]) -> Counter[str]:
    return Counter(action for action, _object in planned(result))


def running(hub: FakeHub) -> dict[str, str]:
    """Return the ids of the live instances by name; there may be no two of one name."""
    listed = run_task("sth_instance_info", hub, status=["starting", "running", "stopping"])["instances"]
    assert len({item["name"] for item in listed}) == len(listed), listed
    return {item["name"]: item["id"] for item in listed}


def configs(hub: FakeHub) -> list[Any]:
    listed = run_task("sth_instance_info", hub, status=["starting", "running", "stopping"])["instances"]
    return [item["app_config"] for item in listed]


def refs(hub: FakeHub) -> list[str]:
    """Return what the live instances run, by name."""
    listed = run_task("sth_instance_info", hub, status=["starting", "running", "stopping"])["instances"]
    return [item["sequence"]["ref"] for item in listed]


@pytest.mark.slow
def test_deployed_scaled_and_removed(hub: FakeHub, version: Version) -> None:
    begun = deployed_four_times(hub, src=version("a"), replicas=2, app_config={"x": 1}, index_key="shard")
    assert verbs(begun.real) == {"upload": 1, "start": 2}
    assert [item["id"] for item in begun.check["instances"]] == [None, None]
    assert [item["app_config"] for item in begun.real["instances"]] == [{"x": 1, "shard": 0}, {"x": 1, "shard": 1}]
    assert [item["was"] for item in begun.real["instances"]] == ["started", "started"]
    assert all(item["seconds"] > 0 for item in begun.real["instances"])
    ref = begun.check["deployment"]["ref"]
    assert begun.real["deployment"] == {
        "name": "web", "ref": ref, "previous_ref": None, "replicas": 2, "ready": 2, "canary": 0,
    }  # fmt: skip
    retyped = deployed_four_times(hub, args=["1", {"on": True}])
    assert (
        verbs(retyped.real) == verbs(deployed_four_times(hub, args=[1, {"on": True}]).real) == {"start": 2, "stop": 2}
    )
    grown = deployed_four_times(hub, replicas=4)
    assert verbs(grown.real) == {"start": 2}
    assert [item["args"] for item in grown.real["instances"]] == [[1, {"on": True}]] * 4
    assert [item["was"] for item in grown.real["instances"]] == ["kept", "kept", "started", "started"]
    assert grown.real["instances"][3]["app_config"] == {"x": 1, "shard": 3}
    shrunk = deployed_four_times(hub, replicas=1)
    assert [item["object"] for item in shrunk.real["actions"]] == [
        f"instance web-{number} from {ref}" for number in (3, 2, 1)
    ]
    assert [(item["was"], item["live"]) for item in shrunk.real["instances"]] == [
        ("kept", True),
        *[("ended", False)] * 3,
    ]
    assert list(running(hub)) == ["web-0"]
    gone = deployed_four_times(hub, state="absent")
    assert verbs(gone.real) == {"stop": 1, "delete": 1}
    assert (running(hub), hub.sequences) == ({}, [])


def test_overrides_have_arguments_with_their_types(hub: FakeHub, version: Version) -> None:
    typed: list[Any] = [{"shard": 0, "more": [1, [None, {"x": 2.5}]]}, False]
    options = {"src": version("a"), "replicas": 2, "args": [1], "overrides": [{"args": typed}]}
    begun = deployed_four_times(hub, **options)
    assert [item["args"] for item in begun.check["instances"]] == [typed, [1]]
    assert [item["args"] for item in begun.real["instances"]] == [typed, [1]]
    as_text = [{"shard": "0", "more": [1, [None, {"x": 2.5}]]}, False]
    again = deployed_four_times(hub, **{**options, "overrides": [{"args": as_text}]})
    assert verbs(again.real) == {"start": 1, "stop": 1}
    assert [item["args"] for item in again.real["instances"]] == [as_text, [1]]


@pytest.mark.parametrize("names_it", [True, False])
def test_without_a_replica_the_ref_is_that_of_the_task(hub: FakeHub, version: Version, names_it: bool) -> None:
    begun = deploy(hub, src=version("a"), replicas=2)
    names: dict[str, Any] = {"src": version("a")} if names_it else {}
    four = deployed_four_times(hub, replicas=0, **names)
    assert verbs(four.real) == {"stop": 2}
    for result in (four.check, four.real, four.check_again, four.again):
        assert result["deployment"]["ref"] == (begun["deployment"]["ref"] if names_it else None)


def test_a_rollback_to_no_replica_brings_nothing_back(hub: FakeHub, version: Version) -> None:
    deploy(hub, src=version("a"), replicas=2)
    deploy(hub, src=version("b"))
    four = deployed_four_times(hub, state="rolled_back", replicas=0)
    assert verbs(four.real)["stop"] == 2
    for result in (four.check, four.real, four.check_again, four.again):
        assert (result["rolled_back"], result["deployment"]["ref"]) == (False, None)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["rolling", "blue_green", "recreate"])
def test_a_changed_package_rolls_everything_and_old_versions_are_kept_as_asked(
    hub: FakeHub, version: Version, strategy: str
) -> None:
    first = deploy(hub, src=version("a"), replicas=2, args=["x", 1, {"y": [None]}])
    second = deployed_four_times(hub, src=version("b"), strategy=strategy)
    assert verbs(second.real) == {"upload": 1, "start": 2, "stop": 2}
    assert second.real["deployment"]["previous_ref"] == first["deployment"]["ref"]
    assert [(item["was"], item["previous_ref"]) for item in second.real["instances"]] == [
        ("replaced", first["deployment"]["ref"])
    ] * 2
    assert [item["args"] for item in second.real["instances"]] == [["x", 1, {"y": [None]}]] * 2
    third = deployed_four_times(hub, src=version("c"), strategy=strategy)
    assert verbs(third.real) == {"upload": 1, "start": 2, "stop": 2, "delete": 1}
    assert refs(hub) == [third.real["deployment"]["ref"]] * 2
    assert len(hub.sequences) == 2
    last = deployed_four_times(hub, keep_versions=0).real
    assert verbs(last) == {"delete": 1}
    assert last["deployment"]["previous_ref"] is None


def test_a_changed_configuration_rolls_without_an_upload(hub: FakeHub, version: Version) -> None:
    deploy(hub, src=version("a"), replicas=2, app_config={"x": 1, "password": "s3same"})
    changed = deployed_four_times(hub, src=version("a"), app_config={"x": 2, "password": "s3same-2"})
    assert verbs(changed.real) == {"start": 2, "stop": 2}
    after = changed.real["diff"]["after"]["app_config"]
    assert after == {"x": 2, "password": "******** (changed)"}
    assert "s3same" not in str(changed)


def test_nothing_to_do_costs_at_most_two_requests_on_1_x(hub: FakeHub, version: Version) -> None:
    deploy(hub, src=version("a"), replicas=3)
    for options in ({"src": version("a"), "replicas": 3}, {}):
        before = len(hub.requests)
        assert not deploy(hub, **options)["changed"]
        assert len(hub.requests) - before == (2 if hub.state.is_1x else 3 + 3)


@pytest.mark.slow
def test_a_canary_is_a_state_of_its_own_and_is_completed(hub: FakeHub, version: Version) -> None:
    old = deploy(hub, src=version("a"), replicas=3)["deployment"]["ref"]
    tried = deployed_four_times(hub, src=version("b"), canary=1)
    new = tried.real["deployment"]["ref"]
    assert refs(hub) == [new, old, old]
    assert tried.again["deployment"]["canary"] == 1
    assert verbs(deployed_four_times(hub, replicas=4).real) == {"start": 1}
    assert refs(hub) == [new, old, old, old]
    assert len(running_after(hub, deploy(hub, state="restarted"))) == 4
    assert refs(hub) == [new, old, old, old]
    completed = deployed_four_times(hub, canary=0)
    assert verbs(completed.real) == {"start": 3, "stop": 3}
    assert refs(hub) == [new] * 4


@pytest.mark.slow
def test_a_second_canary_leaves_the_other_replicas_and_a_rollback_skips_canaries(
    hub: FakeHub, version: Version
) -> None:
    old = deploy(hub, src=version("a"), replicas=3)["deployment"]["ref"]
    deploy(hub, src=version("b"), canary=1)
    tried = deployed_four_times(hub, src=version("c"), canary=1)
    assert verbs(tried.real) == {"upload": 1, "start": 1, "stop": 1, "delete": 1}
    assert refs(hub) == [tried.real["deployment"]["ref"], old, old]
    assert tried.real["deployment"]["previous_ref"] == old
    deployed_four_times(hub, state="rolled_back")
    assert refs(hub) == [old] * 3
    assert {item["ref"] for item in run_task("sth_sequence_info", hub)["sequences"]} == {old}


@pytest.mark.slow
def test_a_canary_of_a_configuration_can_be_ended(hub: FakeHub, version: Version) -> None:
    deploy(hub, src=version("a"), replicas=3, app_config={"x": 1})
    ref = deploy(hub, src=version("b"))["deployment"]["ref"]
    deploy(hub, canary=1, app_config={"x": 2})
    assert configs(hub) == [{"x": 2}, {"x": 1}, {"x": 1}]
    back = deployed_four_times(hub, state="rolled_back")
    assert verbs(back.real) == {"start": 1, "stop": 1}
    assert (refs(hub), configs(hub)) == ([ref] * 3, [{"x": 1}] * 3)
    assert (back.real["deployment"]["canary"], back.real["rolled_back"]) == (0, True)


@pytest.mark.slow
def test_rolled_back_once_and_not_again(hub: FakeHub, version: Version) -> None:
    old = deploy(hub, src=version("a"), replicas=2, app_config={"x": 1})["deployment"]["ref"]
    assert deploy(hub, state="rolled_back")["error_code"] == "NOT_FOUND"
    new = deploy(hub, src=version("b"), app_config={"x": 2})["deployment"]["ref"]
    back = deployed_four_times(hub, state="rolled_back", src=version("b"))
    assert back.real["rolled_back"] is back.again["rolled_back"] is True
    assert (refs(hub), configs(hub)) == ([old] * 2, [{"x": 2}] * 2)
    assert back.again["deployment"]["previous_ref"] == new
    forward = deployed_four_times(hub, sequence=new)
    assert verbs(forward.real) == {"start": 2, "stop": 2}
    assert forward.real["rolled_back"] is False


def test_restarted_replaces_everything_every_time(hub: FakeHub, version: Version) -> None:
    first = running_after(hub, deploy(hub, src=version("a"), replicas=2, app_config={"x": 1}))
    for strategy in ("rolling", "recreate"):
        check = run_task("sth_deployment", hub, check=True, **{**QUICK, "state": "restarted", "strategy": strategy})
        result = deploy(hub, state="restarted", strategy=strategy)
        assert planned(check) == planned(result)
        assert check["diff"] == result["diff"]
        assert verbs(result) == {"start": 2, "stop": 2}
        assert not set(running_after(hub, result).values()) & set(first.values())
        assert configs(hub) == [{"x": 1}] * 2


def running_after(hub: FakeHub, result: dict[str, Any]) -> dict[str, str]:
    assert not result.get("failed"), result
    return running(hub)


def test_a_replica_that_has_ended_is_replaced_and_the_others_stay(hub: FakeHub, version: Version) -> None:
    first = running_after(hub, deploy(hub, src=version("a"), replicas=3))
    hub.state.instances[first["web-1"]].finish("errored", 213, "Runner failed")
    repaired = deployed_four_times(hub)
    assert [item["was"] for item in repaired.real["instances"]] == ["kept", "started", "kept"]
    if hub.state.is_1x:
        assert "213" in repaired.real["actions"][0]["reason"]
    again = running(hub)
    assert {name for name in again if again[name] != first[name]} == {"web-1"}


@pytest.mark.parametrize("strategy", ["rolling", "blue_green"])
def test_a_new_version_that_does_not_get_ready_leaves_all_old_replicas(
    hub: FakeHub, version: Version, strategy: str
) -> None:
    before = running_after(hub, deploy(hub, src=version("a"), replicas=3))
    options = {"src": version("b"), "strategy": strategy, "stable_for": 0.5, "max_surge": 2}
    result = deploy(hub, app_config={"behaviour": "throw_at_start"}, **options)
    assert (result["error_code"], result["rolled_back"], result["changed"]) == ("START_FAILED", True, True)
    if hub.state.is_1x:
        assert result["exit_code"] == 23
        assert "boom at start" in result["logs"]["log"]
    assert running(hub) == before
    assert [item["was"] for item in result["instances"]] == ["kept"] * 3
    assert len(hub.sequences) == 1
    assert not deploy(hub)["changed"]
    assert result["deployment"] == deploy(hub)["deployment"]


@pytest.mark.slow
def test_replicas_that_were_replaced_before_the_failure_are_restored(hub: FakeHub, version: Version) -> None:
    deploy(hub, src=version("a"), replicas=3, app_config={"x": 1}, overrides=[{}, {"app_config": {"y": 2}}])
    before = running(hub)
    failing = [{}, {}, {"app_config": {"behaviour": "throw_at_start"}}]
    result = deploy(hub, src=version("b"), app_config={}, overrides=failing, stable_for=0.3)
    assert result["rolled_back"] is True
    assert "compensation" in {item["reason"] for item in result["actions"]}
    assert configs(hub) == [{"x": 1}, {"x": 1, "y": 2}, {"x": 1}]
    assert running(hub)["web-2"] == before["web-2"]
    assert len(hub.sequences) == 1


@pytest.mark.slow
def test_restored_replicas_have_the_limits_of_the_task(hub: FakeHub, version: Version) -> None:
    given: dict[str, Any] = {
        "start_options": {"extra": 1},
        **({"limits": {"memoryMax": 256}} if hub.state.is_1x else {}),
    }

    def bodies() -> list[Any]:
        live = [item for item in hub.state.instances.values() if item.process_alive]
        return [(item.body.get("extra"), item.body.get("limits")) for item in live]

    deploy(hub, src=version("a"), replicas=2, **given)
    failing = [{}, {"app_config": {"behaviour": "throw_at_start"}}]
    assert deploy(hub, src=version("b"), app_config={}, overrides=failing, stable_for=0.3, **given)["rolled_back"]
    assert bodies() == [(1, given.get("limits"))] * 2
    hub.state.instances[running(hub)["web-1"]].finish("errored", 213, "Runner failed")
    deploy(hub, src=version("b"), canary=1, replicas=2, **given)
    assert len(running(hub)) == 2
    assert bodies() == [(1, given.get("limits"))] * 2


@pytest.mark.slow
def test_versions_that_other_deployments_keep_are_not_removed(hub: FakeHub, version: Version) -> None:
    for letter in "ab":
        for name in ("web", "api"):
            deploy(hub, name=name, src=version(letter))
    assert verbs(deployed_four_times(hub, src=version("c")).real) == {"upload": 1, "start": 1, "stop": 1}
    assert not deploy(hub, name="api", state="rolled_back").get("failed")
    deploy(hub, state="absent")
    assert len(hub.sequences) == 2
    deploy(hub, name="api", state="absent")
    assert hub.sequences == []


def test_with_keep_config_replicas_that_all_have_overrides_are_scaled(hub: FakeHub, version: Version) -> None:
    own = [{"app_config": {"id": letter}} for letter in "pqr"]
    deploy(hub, src=version("a"), replicas=2, app_config={"x": 1}, overrides=own)
    assert deploy(hub, replicas=3)["error_code"] == "INVALID_CONFIG"
    assert verbs(deployed_four_times(hub, replicas=3, app_config={"x": 2}, overrides=own, keep_config=True).real) == {
        "start": 1
    }
    assert configs(hub) == [{"x": 1, "id": "p"}, {"x": 1, "id": "q"}, {"x": 2, "id": "r"}]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stop", "leave"])
def test_on_failure_stop_and_leave_replace_nothing_more(hub: FakeHub, version: Version, how: str) -> None:
    old = deploy(hub, src=version("a"), replicas=2)["deployment"]["ref"]
    events = [{"name": "up", "payload": {"ok": True}}]
    options = {"wait_for": "event", "ready_event": "up", "wait_timeout": 0.5, "on_failure": how}
    result = deploy(hub, src=version("b"), app_config={}, overrides=[{"app_config": {"events": events}}], **options)
    assert (result["error_code"], result["rolled_back"]) == ("TIMEOUT", False)
    listed = run_task("sth_instance_info", hub, status=["running"])["instances"]
    versions = sorted((item["name"], item["sequence"]["ref"] == old) for item in listed)
    left = [("web-0", False), ("web-1", False), ("web-1", True)]
    assert versions == (left if how == "leave" else [left[0], left[2]])
    repaired = deploy(hub, src=version("c"), app_config={})
    assert not repaired.get("failed"), repaired
    assert refs(hub) == [repaired["deployment"]["ref"]] * 2


def test_a_first_deployment_that_fails_leaves_nothing(hub: FakeHub, version: Version) -> None:
    result = deploy(hub, src=version("a"), replicas=2, app_config={"behaviour": "throw_at_start"}, stable_for=0.3)
    assert result["error_code"] == "START_FAILED"
    assert (running(hub), hub.sequences) == ({}, [])


@pytest.mark.slow
def test_a_replica_that_crashes_after_it_was_ready_fails_the_update_with_its_logs(
    hub: FakeHub, version: Version
) -> None:
    # What has ended is listed long enough to be asked.
    hub.state.timings = replace(hub.state.timings, extension=60.0)
    before = running_after(hub, deploy(hub, src=version("a"), replicas=3))
    config = {"behaviour": "throw_later", "seconds": 0.3, "message": "no database"}
    result = deploy(hub, app_config=config, stop_timeout=0.3)
    assert result["error_code"] == "START_FAILED"
    if hub.state.is_1x:
        assert result["exit_code"] == 23
        assert "no database" in result["msg"]
    assert configs(hub) == [{}] * 3
    assert running(hub)["web-2"] == before["web-2"]


@pytest.mark.slow
@pytest.mark.parametrize("first", [True, False])
def test_a_program_that_kills_itself_is_not_mistaken_for_another_task(
    hub: FakeHub, version: Version, first: bool
) -> None:
    hub.state.timings = replace(hub.state.timings, extension=60.0)
    if not first:
        deploy(hub, src=version("a"), replicas=2)
    before = Counter(item.path.rsplit("/", 1)[-1] for item in hub.writes)["start"]
    gate = {"wait_for": "event", "ready_event": "up", "wait_timeout": 10}
    config = {"behaviour": "end", "seconds": 0.1, "stderr": "cannot go on"}
    result = deploy(hub, src=version("b"), replicas=2, app_config=config, **gate)
    assert result["rolled_back"] is True, result
    if hub.state.is_1x:
        assert (result["error_code"], result["exit_code"]) == ("ENDED_EARLY", 137)
        assert "cannot go on" in result["logs"]["stderr"]
    assert Counter(item.path.rsplit("/", 1)[-1] for item in hub.writes)["start"] - before <= 4
    assert len(running(hub)) == (0 if first else 2)


@pytest.mark.slow
def test_when_rounds_run_out_the_failure_names_the_replica_that_ended_last(
    hub: FakeHub, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hub.state.is_1x:
        return
    hub.state.timings = replace(hub.state.timings, extension=60.0)
    deploy(hub, src=version("a"))
    monkeypatch.setattr(rollout, "ROUNDS", 1)
    result = deploy(hub, app_config={"behaviour": "end", "seconds": 0.1}, stable_for=0, stop_timeout=0.4)
    assert (result["error_code"], result["outcome"], result["exit_code"]) == ("ENDED_EARLY", "killed", 137)
    assert configs(hub) == [{}]


@pytest.mark.slow
def test_overload_is_waited_out_for_overload_timeout(hub: FakeHub, version: Version) -> None:
    hub.overload(1)
    assert not deploy(hub, src=version("a"), overload_timeout=bound(5)).get("failed")
    hub.overload(5)
    before = running(hub)
    assert deploy(hub, src=version("b"), overload_timeout=0.0)["error_code"] == "INSUFFICIENT_RESOURCES"
    assert running(hub) == before
    hub.overload(10**6)
    begun = time.monotonic()
    assert deploy(hub, src=version("b"), overload_timeout=1.0)["error_code"] == "INSUFFICIENT_RESOURCES"
    assert time.monotonic() - begun < bound(10)
    assert running(hub) == before


@pytest.mark.slow
@pytest.mark.parametrize("handler", ["keepAlive", "slow"])
def test_old_replicas_are_stopped_then_killed_and_seen_ended_before_the_next_step(
    hub: FakeHub, version: Version, handler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hub.state.is_1x:
        # It would go on for as long as that; a 1.x hub refuses a kill while it is at it itself
        # (hub-behaviour.md#kill-only-while-running).
        hub.state.timings = replace(hub.state.timings, overdue_018=60.0)
    old = {"behaviour": "run", "stopHandler": handler, "slowMs": 60000}
    first = running_after(hub, deploy(hub, src=version("a"), replicas=2, app_config=old))
    most, begun, answer = [0], len(hub.writes), hub.answer

    def counting(call: Call) -> Answer:
        given = answer(call)
        with hub.state.lock:
            most[0] = max(most[0], sum(item.process_alive for item in hub.state.instances.values()))
        return given

    monkeypatch.setattr(hub, "answer", counting)
    options = {"stop_timeout": 0.1, "can_keepalive": handler == "keepAlive"}
    timings = replace(HASTY, keepalive_cap=0.2)
    assert not deploy(hub, src=version("b"), app_config={}, timings=timings, **options).get("failed")
    assert most == [3]
    told = [item.path for item in hub.writes[begun:]]
    for replica in first.values():
        assert sum(path.endswith(f"/{replica}/_stop") for path in told) == 1
        killed = sum(path.endswith(f"/{replica}/_kill") for path in told)
        assert killed == (not hub.state.is_1x and handler == "keepAlive")
        instance = hub.state.instances.get(replica)
        assert instance is None or not instance.process_alive


@pytest.mark.slow
def test_no_more_are_started_at_once_than_max_parallel(
    hub: FakeHub, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, lock = hub.answer, threading.Lock()
    inside, most, wanted = [0], [0], [1]
    full = threading.Event()

    def slowly(call: Call) -> Answer:
        if not call.path.endswith("/start"):
            return answer(call)
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if inside[0] == wanted[0]:
                full.set()
        # Until as many have come as may, and then for a moment in which one more would come.
        full.wait(bound(10))
        time.sleep(0.1)
        try:
            return answer(call)
        finally:
            with lock:
                inside[0] -= 1

    monkeypatch.setattr(hub, "answer", slowly)
    for parallel in (1, 3):
        most[0], wanted[0] = 0, parallel
        full.clear()
        options = {"name": f"web{parallel}", "src": version("a"), "replicas": 6, "max_parallel": parallel}
        assert not deploy(hub, **options).get("failed")
        assert most[0] == parallel


@pytest.mark.slow
def test_each_step_is_shown_before_it_is_done_also_of_a_rollback(
    hub: FakeHub, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(hub, src=version("a"), replicas=2)
    lines: list[str] = []
    answer = hub.answer
    paths = {"/sequence": "upload", "/start": "start", "/_kill": "stop", "/_stop": "stop"}

    def noting(call: Call) -> Answer:
        for path, name in paths.items():
            if call.method == "POST" and call.path.endswith(path):
                lines.append(f"asked: {name}")
        if call.method == "DELETE":
            lines.append("asked: delete")
        return answer(call)

    monkeypatch.setattr(hub, "answer", noting)
    failing = [{}, {"app_config": {"behaviour": "throw_at_start"}}]
    options = {
        **QUICK,
        "src": version("b"),
        "app_config": {},
        "overrides": failing,
        "stable_for": 0.2,
        "stop_timeout": 0,
    }
    result = run_task("sth_deployment", hub, tell=lines.append, max_parallel=1, **options)
    assert result["rolled_back"] is True
    told = [line for line in lines if not line.startswith("asked")]
    # The task sends nothing to the hub that it has not announced just before. While a 1.x hub is busy, it sends the same again.
    steps = [line for line, _again in itertools.groupby(lines)]
    assert [f"asked: {line.split()[0]}" for line in steps[::2]] == steps[1::2], lines
    assert {line.split(" from ")[0] for line in told if line.endswith("compensation")} >= {
        "start instance web-0", "stop instance web-0",
    }  # fmt: skip
    assert len(told) == sum(item["done"] for item in result["actions"]), lines


@pytest.mark.slow
def test_a_version_that_the_hub_refuses_to_remove_fails_no_run(hub: FakeHub, version: Version) -> None:
    if not hub.state.is_1x:
        return
    deploy(hub, src=version("a"), replicas=2)
    deploy(hub, src=version("b"))
    hub.fault(Fault("status", "DELETE", "/sequence/", times=10**6, status=409, body=b'{"error": "in use"}'))
    result = deploy(hub, src=version("c"), timings=replace(HASTY, busy_after_end=1.0))
    assert not result.get("failed"), result
    assert [(item["action"], item["done"]) for item in result["actions"]][-1] == ("delete", False)
    assert "refuses to delete" in result["notes"][0]
    assert len(hub.sequences) == 3
    hub.faults.clear()
    assert verbs(deploy(hub)) == {"delete": 1}
    assert len(hub.sequences) == 2


def test_an_instance_that_does_not_answer_on_0_18_costs_one_more_request(hub: FakeHub, version: Version) -> None:
    if hub.state.is_1x:
        return
    deploy(hub, src=version("a"), replicas=2)
    with hub.state.lock:
        zombie = hub.state.launch(next(iter(hub.state.sequences.values())), {"appConfig": {}, "args": []})
        zombie.zombie, zombie.process_alive = True, False
    before = len(hub.requests)
    assert not deploy(hub, timings=replace(HASTY, single_get=0.3))["changed"]
    assert len(hub.requests) - before == 3 + 3 + 1


def test_lost_answers_make_no_second_copy_of_anything(hub: FakeHub, version: Version) -> None:
    hub.fault(Fault("lost", "POST", "/sequence$"))
    hub.fault(Fault("lost", "POST", "/start$"))
    assert not deploy(hub, src=version("a"), replicas=2).get("failed")
    assert list(running(hub)) == ["web-0", "web-1"]
    assert len(hub.sequences) == 1


@pytest.mark.slow
def test_versions_from_which_anything_else_runs_are_never_removed(hub: FakeHub, version: Version) -> None:
    # The diff names the versions of ended instances, as long as these are listed.
    hub.state.timings = replace(hub.state.timings, extension=180.0)
    ref = deploy(hub, src=version("a"))["deployment"]["ref"]
    assert run_task("sth_instance", hub, name="other", sequence=ref, stable_for=0.05)["changed"]
    deployed_four_times(hub, src=version("b"), keep_versions=0)
    assert len(hub.sequences) == 2
    deployed_four_times(hub, state="absent")
    assert [item["ref"] for item in run_task("sth_sequence_info", hub)["sequences"]] == [ref]


def test_names_of_other_instances_and_of_deployments_are_refused(hub: FakeHub, version: Version) -> None:
    ref = deploy(hub, src=version("a"))["deployment"]["ref"]
    for options in ({"name": "web-0"}, {"name": "web", "count": 2}, {"name": "web", "state": "stopped"}):
        result = run_task("sth_instance", hub, **{"sequence": ref, **options})
        assert result["error_code"] == "CONFLICT", result
    run_task("sth_instance", hub, name="pool", count=1, sequence=ref, stable_for=0.05)
    before = len(hub.writes)
    assert deploy(hub, name="pool", sequence=ref)["error_code"] == "CONFLICT"
    assert len(hub.writes) == before


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"name": ""}, "INVALID_OPTION"),
        ({"sequence": ""}, "INVALID_OPTION"),
        ({"sequence": "1a2b3c4d-0000-0000-0000-000000000000"}, "NOT_FOUND"),
        ({}, "NOT_FOUND"),
        ({"replicas": -1}, "INVALID_OPTION"),
        ({"canary": -1}, "INVALID_OPTION"),
        ({"state": "restarted", "canary": 1}, "INVALID_OPTION"),
        ({"max_surge": 0}, "INVALID_OPTION"),
        ({"app_config": {"_sth": 1}}, "INVALID_CONFIG"),
        ({"wait_for": "event"}, "INVALID_OPTION"),
        ({"src": "/nonexistent"}, "INVALID_PACKAGE"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written_in_check_mode_too(
    hub: FakeHub, options: dict[str, Any], code: str
) -> None:
    for check in (True, False):
        result = run_task("sth_deployment", hub, check=check, **{**QUICK, **options})
        assert result.get("error_code") == code, result
    assert hub.writes == []


def test_a_version_that_an_earlier_task_would_upload_is_assumed_in_check_mode(hub: FakeHub) -> None:
    result = run_task(
        "sth_deployment", hub, check=True, **{**QUICK, "sequence": "new@sha256:0123456789ab", "replicas": 2}
    )
    assert verbs(result) == {"start": 2}
    assert "earlier task" in result["notes"][0]


@pytest.mark.slow
def test_right_after_a_restart_of_the_hub_unlisted_replicas_are_not_started_again(
    hub: FakeHub, version: Version
) -> None:
    deploy(hub, src=version("a"), replicas=2)
    if not hub.state.is_1x:
        return
    hub.restart()
    assert not deploy(hub)["changed"]
    assert len(hub.instances) == 2
    hub.restart()
    assert verbs(deploy(hub, src=version("b"))) == {"upload": 1, "start": 2, "stop": 2}
    assert hub.runners == 2


@pytest.mark.slow
def test_a_rollout_that_a_restart_of_the_hub_interrupted_goes_on_at_once(hub: FakeHub, version: Version) -> None:
    if not hub.state.is_1x:
        pytest.skip("the programs of a 0.18 hub do not come back after a restart")
    up: dict[str, Any] = {"app_config": {"events": [{"name": "up", "payload": {"ok": True}}]}}
    gate: dict[str, Any] = {"wait_for": "event", "ready_event": "up", "wait_timeout": 10.0}
    deploy(hub, src=version("a"), replicas=3, **up, **gate)
    # The second replica of the new version has been started when the hub goes away.
    hub.fault(Fault("cut", "POST", "/start$", skip=1))
    cut = deploy(hub, src=version("b"), **gate)
    assert cut["error_code"] == "UNREACHABLE", cut
    hub.restart()
    result = deploy(hub, src=version("b"), **gate)
    assert not result.get("failed"), result
    assert result["deployment"]["ready"] == 3
    assert hub.runners == 3
    assert len(running(hub)) == 3
    assert not deploy(hub, src=version("b"), **gate)["changed"]


@pytest.mark.slow
def test_a_replica_that_came_back_and_is_not_healthy_is_replaced(hub: FakeHub, version: Version) -> None:
    if not hub.state.is_1x:
        pytest.skip("the programs of a 0.18 hub do not come back after a restart")
    config: dict[str, Any] = {"app_config": {"events": [{"name": "up", "payload": {"ok": True}}], "healthy": False}}
    gate: dict[str, Any] = {"wait_for": "event", "ready_event": "up", "wait_timeout": 3.0}
    deploy(hub, src=version("a"), replicas=2, **config, **gate)
    hub.fault(Fault("cut", "POST", "/start$", skip=1))
    assert deploy(hub, src=version("b"), **gate)["error_code"] == "UNREACHABLE"
    hub.restart()
    result = deploy(hub, src=version("b"), **gate)
    assert not result.get("failed"), result
    assert result["deployment"]["ready"] == 2
    assert hub.runners == 2


def archived(shelf: pathlib.Path, version: Version) -> dict[str, str]:
    """Write archives of the versions a and b to ``shelf``, and return their digests."""
    shelf.mkdir()
    digests = {}
    for label in ("a", "b"):
        package = read_package(version(label))
        digests[label] = f"sha256:{package.digest}"
        with (shelf / f"{label}.tar.gz").open("wb") as file:
            write_package(package, file)
    return digests


def test_the_digest_picks_one_of_many_archives(hub: FakeHub, version: Version, tmp_path: pathlib.Path) -> None:
    shelf = tmp_path / "archives"
    digests = archived(shelf, version)
    for label in ("b", "a"):
        each = deployed_four_times(hub, src=str(shelf), digest=digests[label])
        assert each.real["changed"]
        assert each.real["deployment"]["ref"] == f"probe@{digests[label][:19]}"
    before = len(hub.writes)
    refused = deploy(hub, src=str(shelf), digest="sha256:0123456789")
    assert (refused["error_code"], refused["changed"]) == ("INVALID_PACKAGE", False)
    assert len(hub.writes) == before


def test_the_reference_of_another_hub_picks_one_of_many_archives(
    hub: FakeHub, version: Version, tmp_path: pathlib.Path
) -> None:
    shelf = tmp_path / "archives"
    archived(shelf, version)
    with FakeHub() as source:
        promoted = deploy(source, src=version("b"))["deployment"]["ref"]
    for src in (shelf, shelf / "b.tar.gz", version("b")):
        each = deployed_four_times(hub, src=str(src), sequence=promoted)
        assert each.real["changed"] == (src == shelf)
        assert each.real["deployment"]["ref"] == promoted
    # Without the archives, from the hub.
    assert not deploy(hub, sequence=promoted)["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_what_is_not_the_named_package_is_refused_before_anything_is_written(
    version: Version, check: bool, tmp_path: pathlib.Path
) -> None:
    shelf = tmp_path / "archives"
    digests = archived(shelf, version)
    wanted = f"probe@{digests['a'][:19]}"
    with FakeHub() as hub:
        deploy(hub, src=version("b"))
        before = len(hub.writes)
        for src, sequence, code, says in (
            (shelf / "b.tar.gz", wanted, "INVALID_PACKAGE", f"and not {wanted}: set src to that package, or correct sequence."),
            (shelf, "probe@sha256:0123456789", "INVALID_PACKAGE", "none of the 2 archives in it has the digest sha256:0123456789"),
            (shelf, f"shop@{digests['a']}", "INVALID_PACKAGE", f"is probe@{digests['a'][:19]} and not shop@"),
            (tmp_path / "missing", wanted, "INVALID_PACKAGE", "it does not exist"),
            (shelf, "probe", "INVALID_OPTION", "sequence probe has no digest"),
            (shelf, "probe@1.0.0", "INVALID_OPTION", "sequence probe@1.0.0 has no digest"),
            (shelf, "probe@sha256:0", "INVALID_OPTION", "is not a valid digest"),
            (shelf, "", "INVALID_OPTION", "The reference to a sequence is empty"),
        ):  # fmt: skip
            refused = deploy(hub, src=str(src), sequence=sequence, check=check)
            assert (refused["error_code"], refused["changed"]) == (code, False)
            assert says in refused["msg"]
        both = deploy(hub, src=str(shelf), sequence=wanted, digest=digests["a"], check=check)
        assert "digest and sequence cannot both be set with src" in both["msg"]
        assert len(hub.writes) == before


@pytest.mark.parametrize("check", [True, False])
def test_a_package_with_another_digest_is_refused_before_anything_is_written(version: Version, check: bool) -> None:
    with FakeHub() as hub:
        digest = "sha256:" + deploy(hub, src=version("a"))["deployment"]["ref"].partition("sha256:")[2]
        before = len(hub.writes)
        assert not deploy(hub, src=version("a"), digest=digest, check=check)["changed"]
        refused = deploy(hub, src=version("b"), digest=digest, check=check)
        assert refused["error_code"] == "INVALID_PACKAGE"
        assert f"and not {digest}" in refused["msg"]
        for wrong in (
            {"digest": digest},
            {"src": version("a"), "digest": digest[7:]},
            {"src": version("a"), "digest": ""},
        ):
            assert deploy(hub, check=check, **wrong)["error_code"] == "INVALID_OPTION"
        assert len(hub.writes) == before
