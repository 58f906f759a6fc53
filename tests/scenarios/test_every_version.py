# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One scenario that uses all of a hub, on every version that the fake hub simulates (hub-behaviour.md#versions)."""

from __future__ import annotations

import pathlib
import shutil
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.versions import CAPABILITIES
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.versions import VERSIONS
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, four_times, run_task

NAMES = [name for name in VERSIONS if name != "1.x"]
every_version = pytest.mark.parametrize("hub", NAMES, indirect=True)
QUICK: dict[str, Any] = {"stable_for": 0.05, "stop_timeout": 0.05}


def can(hub: FakeHub, capability: str) -> bool:
    """Whether the hub says to users that it can."""
    return capability in run_task("sth_hub_info", hub, gather=["version"])["hub"]["capabilities"]


def refused(hub: FakeHub, module: str, **options: Any) -> str:
    """Return the text of a refusal for the hub's version, before which nothing may have been written."""
    before = len(hub.writes)
    result = run_task(module, hub, **options)
    assert result["error_code"] == "UNSUPPORTED_BY_HUB", result
    assert hub.state.version in result["msg"]
    assert len(hub.writes) == before
    return str(result["msg"])


def fine(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result
    assert not result.get("notes"), result
    return result


def variant(tmp_path: pathlib.Path, letter: str) -> str:
    """Return the directory of the probe package with content of its own."""
    path = tmp_path / letter
    shutil.copytree(PACKAGES / "probe", path)
    with (path / "index.js").open("a") as main:
        main.write(f"// {letter}\n")
    return str(path)


@pytest.fixture
def probe(hub: FakeHub) -> FakeHub:
    fine(run_task("sth_sequence", hub, src=str(PACKAGES / "probe")))
    return hub


@every_version
def test_hub_info_reports_version_and_capabilities(probe: FakeHub) -> None:
    start: dict[str, Any] = {"sequence": "probe", "wait_for": "none", "app_config": {"a": 1}, "args": ["x"]}
    fine(run_task("sth_instance", probe, name="web", **start))
    about = fine(run_task("sth_hub_info", probe))
    assert about["hub"]["version"] == probe.state.version
    assert about["hub"]["generation"] == ("0.18" if probe.state.version < "0.24" else "1.x")
    assert set(about["hub"]["capabilities"]) <= set(CAPABILITIES)
    assert about["counts"] == {"sequences": 1, "instances": 1, "ended_instances": 0, "topics": 0}
    listed = fine(run_task("sth_instance_info", probe))["instances"]
    assert [(item["name"], item["app_config"], item["args"]) for item in listed] == [("web", {"a": 1}, ["x"])]
    assert listed[0]["sequence"]["ref"].startswith("probe@sha256:")


@every_version
def test_a_pool_is_scaled_changed_and_ended(probe: FakeHub) -> None:
    pool: dict[str, Any] = {"name": "web", "sequence": "probe", **QUICK}
    four_times("sth_instance", probe, count=2, **pool)
    changed = four_times("sth_instance", probe, count=2, app_config={"x": 1}, **pool)
    assert [item["app_config"] for item in changed.real["instances"]] == [{"x": 1}] * 2
    four_times("sth_instance", probe, name="web", state="stopped", stop_timeout=0.05)
    killed: dict[str, Any] = {"name": "web", "count": 1, **pool, "stop_timeout": 0}
    fine(run_task("sth_instance", probe, **killed))
    fine(run_task("sth_instance", probe, name="web", state="absent", stop_timeout=0))
    assert run_task("sth_hub_info", probe)["counts"]["instances"] == 0
    four_times("sth_sequence", probe, name="probe", state="absent")
    assert probe.runners == 0


@every_version
def test_a_deployment_is_updated_and_rolled_back(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    first, second = variant(tmp_path, "a"), variant(tmp_path, "b")
    shop: dict[str, Any] = {"name": "shop", **QUICK}
    # What has ended stays listed for as long as the test runs.
    hub.state.timings = replace(hub.state.timings, extension=600.0)
    old = four_times("sth_deployment", hub, src=first, replicas=3, **shop).real["deployment"]["ref"]
    four_times("sth_deployment", hub, replicas=2, **shop)
    updated = four_times("sth_deployment", hub, src=second, **shop).real
    new = updated["deployment"]["ref"]
    assert new != old
    assert [item["name"] for item in updated["instances"] if item["live"]] == ["shop-0", "shop-1"]
    back = four_times("sth_deployment", hub, state="rolled_back", **shop)
    assert back.real["deployment"]["ref"] == old
    broken = run_task("sth_deployment", hub, src=second, app_config={"behaviour": "throw_at_start"}, **shop)
    assert (broken["error_code"], broken["rolled_back"]) == ("START_FAILED", True)
    four_times("sth_deployment", hub, state="absent", **shop)
    assert (hub.runners, hub.sequences) == (0, [])


# The outcome that a hub reports for a program that throws, for one that is stopped, and for one that is killed.
ENDS = {
    "0.18": (None, None, None),
    "0.22": (None, None, None),
    "0.26": ("unknown", "unknown", "unknown"),
    "0.28": ("failed", "stopped", "killed"),
}


@every_version
def test_a_job_runs_to_its_end_and_the_outcome_is_returned(probe: FakeHub, request: pytest.FixtureRequest) -> None:
    job: dict[str, Any] = {"sequence": "probe", "state": "completed", "run_timeout": bound(10)}
    done = fine(run_task("sth_instance", probe, name="job", app_config={"behaviour": "complete"}, args=["a"], **job))
    assert done["instance"]["outcome"] == "completed"
    assert done["collected"]["output"]["content"] == '{"args":["a"],"result":"done"}\n'
    echoed = fine(
        run_task("sth_instance", probe, name="echo", app_config={"behaviour": "echo"}, input={"content": "hi\n"}, **job)
    )
    assert echoed["collected"]["output"]["content"] == "HI\n"
    thrown, stopped, killed = ENDS.get(request.node.callspec.params["hub"], ENDS["0.28"])
    failed = run_task("sth_instance", probe, name="bad", app_config={"behaviour": "throw_later"}, **job)
    assert failed["error_code"] == "ENDED_EARLY"
    assert failed["outcome"] == (thrown or "failed")
    assert failed.get("exit_code") == (23 if can(probe, "exit_code") else None)
    for name, timeout, outcome in (("calm", 0.05, stopped), ("hard", 0.0, killed)):
        fine(run_task("sth_instance", probe, name=name, sequence="probe", wait_for="running", **QUICK))
        fine(run_task("sth_instance", probe, name=name, state="stopped", stop_timeout=timeout))
        listed = run_task("sth_instance_info", probe, instance=name)["instances"]
        assert [item["outcome"] for item in listed] == ([outcome] if outcome else [])


@every_version
def test_events_are_sent_and_awaited(probe: FakeHub) -> None:
    answers = {"ask": {"name": "told", "payload": {"deep": [1, "x"]}}, "say": {"name": "said", "payload": ""}}
    program: dict[str, Any] = {"app_config": {"answers": answers, "events": [{"name": "ready", "payload": "up"}]}}
    ready: dict[str, Any] = {"wait_for": "event", "ready_event": "ready"}
    fine(run_task("sth_instance", probe, name="web", sequence="probe", **ready, **program))
    told = fine(run_task("sth_event", probe, instance="web", send="ask", payload="now", expect="told"))
    assert told["event"]["payload"] == {"deep": [1, "x"]}
    empty = fine(run_task("sth_event", probe, instance="web", send="say", expect="said"))
    assert empty["event"]["payload_lost"] == probe.state.has("bare_event_payload")
    kept = fine(run_task("sth_event", probe, instance="web", expect="told", expect_which="last", wait_timeout=0))
    assert kept["event"]["payload"] == {"deep": [1, "x"]}
    structured: dict[str, Any] = {"instance": "web", "send": "ask", "payload_json": '{"a": 1}'}
    if can(probe, "any_payload"):
        fine(run_task("sth_event", probe, **structured))
    else:
        assert "JSON text" in refused(probe, "sth_event", **structured)


@every_version
def test_streams_are_written_and_read(probe: FakeHub) -> None:
    # What is read is kept until the runner has gone, which the test sees to.
    probe.state.timings = replace(probe.state.timings, linger=60.0)
    start: dict[str, Any] = {"sequence": "probe", "wait_for": "none"}
    for name in ("echo", "zażółć"):
        fine(run_task("sth_instance", probe, name="copy", app_config={"behaviour": "copy"}, **start))
        fine(run_task("sth_stream", probe, instance="copy", stream="input", content=name))
        read = fine(run_task("sth_stream", probe, instance="copy", stream="output", max_bytes=len(name.encode())))
        assert read["content"] == name
        # With nothing but the end of it.
        fine(run_task("sth_stream", probe, instance="copy", stream="input", end=True))
        rest = fine(run_task("sth_stream", probe, instance="copy", stream="output"))
        assert (rest["content"], rest["stopped_by"]) == ("", "end")
        fine(run_task("sth_instance", probe, name="copy", state="stopped", stop_timeout=0))
    fine(run_task("sth_instance", probe, name="binary", app_config={"behaviour": "copy"}, **start))
    binary: dict[str, Any] = {"instance": "binary", "stream": "input", "content": "/wA=", "encoding": "base64"}
    if can(probe, "binary_input"):
        fine(run_task("sth_stream", probe, **binary))
    else:
        assert "base64" in refused(probe, "sth_stream", **binary)


@every_version
def test_a_program_that_does_not_answer_a_stop_is_killed_if_the_hub_still_can(probe: FakeHub) -> None:
    probe.state.timings = replace(probe.state.timings, overdue_018=0.3, overdue_1x=0.3)
    timings = replace(HASTY, end_grace=0.3, kill_grace=5.0, stop_grace=1.0)
    hang: dict[str, Any] = {"behaviour": "hang", "seconds": 0}
    for name in ("one", "two"):
        fine(run_task("sth_instance", probe, name=name, sequence="probe", wait_for="none", app_config=hang))
    stop: dict[str, Any] = {"state": "stopped", "stop_timeout": 0.1, "timings": timings}
    if probe.state.has("stop_is_final"):
        assert run_task("sth_instance", probe, name="one", **stop)["error_code"] == "TIMEOUT"
        assert probe.runners == 2
        return
    fine(run_task("sth_instance", probe, name="one", **stop))
    assert probe.runners == 1
    if probe.state.has("instance_status"):
        # An earlier task has stopped it.
        probe.state.runners[0].status = "stopping"
    fine(run_task("sth_instance", probe, name="two", **stop))
    assert probe.runners == 0


@every_version
def test_input_after_the_end_of_the_input_is_refused_unless_the_hub_hides_that(probe: FakeHub) -> None:
    fine(run_task("sth_instance", probe, name="deaf", sequence="probe", wait_for="none"))
    fine(run_task("sth_stream", probe, instance="deaf", stream="input", content="last", end=True))
    late = run_task("sth_stream", probe, instance="deaf", stream="input", content="more", wait_timeout=0.5)
    assert late.get("error_code") == (None if probe.state.has("loses_input_after_end") else "CONFLICT"), late


@every_version
def test_topics_are_managed_or_refused(hub: FakeHub) -> None:
    topic: dict[str, Any] = {"name": "orders", "content_type": "text/plain"}
    if can(hub, "topics"):
        four_times("sth_topic", hub, **topic)
        fine(run_task("sth_stream", hub, topic="orders", content="one\n"))
        assert fine(run_task("sth_stream", hub, topic="orders", max_lines=1))["content"] == "one\n"
        four_times("sth_topic", hub, name="orders", state="absent")
        return
    for state in ("present", "absent"):
        refused(hub, "sth_topic", **topic, state=state)
    refused(hub, "sth_topic_info")
    fine(run_task("sth_stream", hub, topic="orders", content="one\n"))
    assert fine(run_task("sth_stream", hub, topic="orders", max_lines=1))["content"] == "one\n"
    other = run_task("sth_stream", hub, topic="orders", content="{}\n", content_type="application/x-ndjson")
    assert other.get("error_code") == ("CONFLICT" if hub.state.has("topics_have_types") else None), other
    ended: dict[str, Any] = {"topic": "orders", "content": "last\n", "end": True}
    if hub.state.has("topics_never_end"):
        assert "leave out end" in refused(hub, "sth_stream", **ended)
    else:
        fine(run_task("sth_stream", hub, **ended))


@every_version
def test_a_package_is_overwritten_or_the_hub_is_too_old_for_it(probe: FakeHub, tmp_path: pathlib.Path) -> None:
    changed: dict[str, Any] = {"src": variant(tmp_path, "v2"), "on_change": "overwrite"}
    before = [item["id"] for item in probe.sequences]
    if can(probe, "overwrite"):
        four_times("sth_sequence", probe, **changed)
        assert [item["id"] for item in probe.sequences] == before
    else:
        assert "on_change: replace" in refused(probe, "sth_sequence", **changed)
    # Beside the old one, which goes: on every version.
    replaced = four_times("sth_sequence", probe, src=variant(tmp_path, "v3"))
    assert [item["id"] for item in replaced.real["removed"]] == before


@every_version
def test_a_package_is_never_removed_while_an_instance_runs_from_it(probe: FakeHub) -> None:
    fine(run_task("sth_instance", probe, name="web", sequence="probe", **QUICK))
    result = run_task("sth_sequence", probe, name="probe", state="absent", in_use="fail")
    assert result["error_code"] == "CONFLICT"
    assert len(probe.sequences) == 1
    # Where all have ended, also on a hub that refuses just that.
    four_times("sth_sequence", probe, name="probe", state="absent", in_use="stop", stop_timeout=0)


@every_version
def test_a_chosen_instance_id_is_used_or_refused(probe: FakeHub) -> None:
    own: dict[str, Any] = {"id": "00000000-0000-4000-8000-000000000001", "sequence": "probe", **QUICK}
    if not can(probe, "instance_id"):
        assert "use name" in refused(probe, "sth_instance", **own)
        return
    four_times("sth_instance", probe, **own)
    other = {**own, "id": "x" * 36}
    if probe.state.has("ids_are_uuids"):
        assert "UUID" in refused(probe, "sth_instance", **other)
    else:
        four_times("sth_instance", probe, **other)


@every_version
def test_a_start_that_fails_says_why(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    fine(run_task("sth_sequence", hub, src=str(PACKAGES / "throws-on-import")))
    result = run_task("sth_instance", hub, name="bad", sequence="throws-on-import", stable_for=0.5)
    assert result["error_code"] == "START_FAILED"
    assert hub.runners == 0
    fine(run_task("sth_sequence", hub, name="throws-on-import", state="absent", in_use="stop", stop_timeout=0))


@every_version
def test_the_wait_for_a_job_ends_as_soon_as_its_completion_is_certain(probe: FakeHub) -> None:
    probe.state.timings = replace(probe.state.timings, linger=600.0)
    config = {"behaviour": "complete", "seconds": 0.1}
    for _dummy in range(2):
        run = fine(run_task("sth_instance", probe, name="job", sequence="probe", state="completed", app_config=config))
        assert (run["instance"]["outcome"], run["instance"]["live"]) == ("completed", False)
    assert [item for item in probe.state.instances.values() if item.process_alive] == []
