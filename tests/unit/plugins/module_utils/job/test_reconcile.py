# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of programs to their end, with input and collected output."""

from __future__ import annotations

import json
import pathlib
import re
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.running.pace import pace
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.job.support import LONG, complete, finish
from ansible_collections.scramjet.sth.tests.unit.running import (
    keep_ended,
    planned,
    run_task,
    when_asked,
    working_threads,
)

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.mark.slow
def test_a_run_is_collected_and_its_outcome_returned(hub: FakeHub) -> None:
    config = {"behaviour": "complete", "stdout": "out", "stderr": "err", "log": "own words", "result": "42"}
    options: dict[str, Any] = {"wait_for_exit": True, "log_source": "all"}
    keep_ended(hub)
    check = complete(hub, check=True, app_config=config, **options)
    assert check["changed"]
    assert check["collected"] == {}
    real = complete(hub, app_config=config, args=["a"], **options)
    assert planned(real) == planned(check)
    assert real["diff"] == check["diff"]
    assert real["instance"]["outcome"] == "completed"
    assert real["instance"]["exit_code"] == (-1 if hub.state.is_1x else None)
    said = {name: stream["content"] for name, stream in real["collected"].items()}
    assert said["output"] == '{"args":["a"],"result":"42"}\n'
    assert (said["stdout"], said["stderr"]) == ("out\n", "err\n")
    assert "Handshake" in said["log"]
    assert "own words" in said["log"]
    again = complete(hub, app_config=config)
    assert again["changed"]


@pytest.mark.parametrize(
    "options", [{"wait_for": "event", "ready_event": "ready"}, {"wait_for": "healthy"}, {"wait_for": "none"}]
)
@pytest.mark.parametrize("check", [False, True])
def test_wait_for_and_ready_event_are_refused_for_a_run(hub: FakeHub, check: bool, options: dict[str, Any]) -> None:
    result = complete(hub, check=check, app_config={"behaviour": "complete"}, **options)
    assert result["error_code"] == "INVALID_OPTION"
    assert "wait_for" in result["msg"]
    assert not hub.instances


def linger(hub: FakeHub) -> None:
    """Let the process of a completed program run on for longer than any test, unless it is ended."""
    hub.state.timings = replace(hub.state.timings, linger=600.0)


@pytest.mark.slow
def test_a_run_is_over_as_soon_as_its_completion_is_certain(hub: FakeHub) -> None:
    linger(hub)
    config = {"behaviour": "complete", "stdout": "out", "result": "42"}
    for collect in (["output", "stdout", "stderr", "log"], ["output"]):
        result = complete(hub, app_config=config, collect=collect, run_timeout=LONG)
        assert not result.get("failed"), result
        assert result["instance"]["outcome"] == "completed"
        assert not result["instance"]["live"]
        assert result["collected"]["output"]["content"] == '{"args":[],"result":"42"}\n'
        assert [item for item in hub.state.instances.values() if item.process_alive] == []
    assert result["seconds"] < LONG


@pytest.mark.slow
@pytest.mark.parametrize(("options", "result"), [({"wait_for_exit": True}, "done"), ({}, None)])
def test_with_wait_for_exit_the_process_is_not_ended_early(
    hub: FakeHub, options: dict[str, Any], result: str | None
) -> None:
    """``wait_for_exit`` asks for it, or the program has returned nothing."""
    keep_ended(hub)
    config = {"behaviour": "complete" if result else "return_nothing", "late": "still here", "seconds": 0.1}
    run = complete(hub, app_config=config, **options)
    assert run["instance"]["outcome"] == "completed", run
    assert run["collected"]["stdout"]["content"] == "still here\n"
    assert run["instance"]["exit_code"] == (-1 if hub.state.is_1x else None)


@pytest.mark.slow
def test_only_the_lines_of_the_program_are_returned_from_the_log(hub: FakeHub) -> None:
    config = {"behaviour": "complete", "log": "own words"}
    (line,) = complete(hub, app_config=config)["collected"]["log"]["content"].splitlines()
    assert (json.loads(line)["msg"], json.loads(line)["from"]) == ("own words", "Sequence")
    assert complete(hub, app_config=config, log_level="warn")["collected"]["log"]["content"] == ""
    everything = complete(hub, app_config=config, log_source="all")["collected"]["log"]["content"]
    assert "Handshake" in everything


@pytest.mark.slow
def test_errors_of_the_runner_are_returned_from_the_log(hub: FakeHub) -> None:
    result = complete(hub, app_config={"behaviour": "throw_later", "message": "what went wrong"})
    (line,) = result["collected"]["log"]["content"].splitlines()
    assert "what went wrong" in line


STREAMING: dict[str, Any] = {"behaviour": "stream", "every": 0.05}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "kept", "reason"),
    [
        ({"completion_lines": 3}, "line 1\nline 2\nline 3\n", "line 3 of its output completes the run"),
        ({"completion_regex": "line [2-9]"}, "line 1\nline 2\n", "a line of output that matches 'line [2-9]' completes the run"),
        ({"completion_silence": 0.5, "app_config": {**STREAMING, "count": 2}}, "line 1\nline 2\n", "silence for 0.5 s completes the run"),
    ],
)  # fmt: skip
def test_output_can_complete_a_program_that_never_ends(
    hub: FakeHub, options: dict[str, Any], kept: str, reason: str
) -> None:
    wanted = {"app_config": STREAMING, "run_timeout": LONG, **options}
    check = complete(hub, check=True, **wanted)
    for _dummy in range(2):
        result = complete(hub, **wanted)
        assert not result.get("failed"), result
        assert (
            planned(result) == planned(check) == [("start", result["actions"][0]["object"]), ("stop", "instance job")]
        )
        assert result["actions"][1]["reason"] == reason
        assert (result["instance"]["outcome"], result["instance"]["live"]) == ("completed", False)
        assert result["collected"]["output"]["content"] == kept
        assert not run_task("sth_instance_info", hub, status=["running"])["exists"]


@pytest.mark.slow
def test_a_program_that_ends_early_has_completed_if_nothing_is_missing(hub: FakeHub) -> None:
    config = {"behaviour": "complete", "seconds": 0.1}
    for option in ({"completion_lines": 3}, {"completion_silence": LONG}):
        assert complete(hub, app_config=config, **option)["instance"]["outcome"] == "completed"
    missing = complete(hub, app_config=config, completion_regex="never")
    assert (missing["error_code"], missing["outcome"]) == ("ENDED_EARLY", "completed")
    assert "without a line of output that matches its completion_regex 'never'" in missing["msg"]


@pytest.mark.parametrize(
    "options", [{"completion_lines": 0}, {"completion_silence": 0}, {"completion_regex": "("}, {"completion_regex": ""}]
)
def test_contradictory_completion_options_are_refused(hub: FakeHub, options: dict[str, Any]) -> None:
    before = len(hub.writes)
    for check in (True, False):
        refused = complete(hub, check=check, **options)
        assert refused["error_code"] == "INVALID_OPTION"
        assert next(iter(options)) in refused["msg"]
    assert len(hub.writes) == before


@pytest.mark.slow
@pytest.mark.parametrize("how", ["timeout", "event"])
def test_the_message_says_whether_a_failed_run_was_stopped(hub: FakeHub, how: str) -> None:
    events = [{"name": "failed", "payload": "x", "after": 0.1}]
    config = {"behaviour": "run", "events": events}
    for on_failure in ("keep", "stop"):
        run_timeout = 0.5 if how == "timeout" else LONG
        event = "failed" if how == "event" else None
        result = complete(
            hub,
            app_config=config,
            run_timeout=run_timeout,
            failure_event=event,
            on_failure=on_failure,
            if_running="replace",
        )
        assert result["error_code"] == ("TIMEOUT" if how == "timeout" else "FAILURE_EVENT")
        live = run_task("sth_instance_info", hub, status=["running"])["exists"]
        assert live == (on_failure == "keep")
        assert ("keeps running" in result["msg"]) == live
        assert ("was then stopped" in result["msg"]) == (not live)
        assert result["seconds"] < LONG


@pytest.mark.slow
def test_input_is_fed_while_output_is_read(hub: FakeHub) -> None:
    result = complete(hub, app_config={"behaviour": "echo"}, input={"content": "hello\n"}, collect=["output"])
    assert result["collected"]["output"]["content"] == "HELLO\n"
    assert list(result["collected"]) == ["output"]
    lines = complete(hub, app_config={"behaviour": "echo"}, input={"lines": [{"a": 1}, 2]})
    assert lines["collected"]["output"]["content"] == '{"A": 1}\n2\n'


@pytest.mark.slow
def test_a_run_that_throws_fails_with_what_was_collected(hub: FakeHub) -> None:
    config = {"behaviour": "throw_later", "stderr": "last words", "password": "canary", "message": "canary"}
    result = complete(hub, app_config=config)
    assert result["error_code"] == "ENDED_EARLY"
    assert result["outcome"] == "failed"
    assert result["collected"]["stderr"]["content"] == "last words\n"
    assert "canary" not in result["msg"] + str(result.get("logs"))


@pytest.mark.slow
def test_a_run_that_does_not_end_is_left_as_it_is(hub: FakeHub) -> None:
    result = complete(hub, app_config={"behaviour": "run", "stdout": "so far"}, run_timeout=0.5)
    assert result["error_code"] == "TIMEOUT"
    assert result["collected"]["stdout"]["content"] == "so far\n"
    assert len(hub.instances) == 1


@pytest.mark.slow
def test_a_completion_event_ends_the_run_and_its_payload_is_returned(hub: FakeHub) -> None:
    events = [{"name": "finished", "payload": {"sum": 3}, "after": 0.2}]
    options: dict[str, Any] = {"app_config": {"events": events}, "completion_event": "finished"}
    check = complete(hub, check=True, **options)
    result = complete(hub, **options)
    assert result["event"] == {"sum": 3}
    assert result["instance"]["outcome"] == "completed"
    assert planned(result) == planned(check)
    live = run_task("sth_instance_info", hub, status=["running"])
    assert not live["exists"]


def test_a_failure_event_ends_the_wait(hub: FakeHub) -> None:
    events = [{"name": "failed", "payload": {"why": "no"}, "after": 0.1}]
    result = complete(hub, app_config={"events": events}, failure_event="failed")
    assert result["error_code"] == "FAILURE_EVENT"
    assert "'why': 'no'" in result["msg"]


def emit_and_end_at_a_look(hub: FakeHub, monkeypatch: pytest.MonkeyPatch, name: str, look: int) -> None:
    """Let a program emit an event and be gone at once, when it is looked at the ``look``-th time after a request
    for the event: who asks in turns does not ask for it then, and on 0.18 cannot do so any more."""
    answer = hub.answer
    looks: list[str] = []

    def answer_and_end(call: Call) -> Answer:
        found = re.search(r"/instance/([0-9a-f-]{36})$", call.path)
        if call.method == "GET" and found and any(item.path.endswith(f"/event/{name}") for item in hub.requests):
            looks.append(found[1])
            if len(looks) == look:
                hub.wait_for_earlier_requests()
                with hub.state.lock:
                    instance = hub.state.instances[found[1]]
                    instance.emit(name, {"number": look})
                    instance.end(137, "Instance killed")
        return answer(call)

    monkeypatch.setattr(hub, "answer", answer_and_end)


@pytest.mark.slow
@pytest.mark.parametrize("look", [2, 3, 5])
def test_a_completion_event_right_before_the_end_is_not_lost(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    emit_and_end_at_a_look(hub, monkeypatch, "report", look)
    result = complete(hub, completion_event="report")
    assert result.get("event") == {"number": look}, result
    assert result["instance"]["outcome"] == "completed"
    assert working_threads("await ") == []


def test_a_failure_event_right_before_the_end_is_reported(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    emit_and_end_at_a_look(hub, monkeypatch, "broken", 2)
    result = complete(hub, app_config={"stdout": "so far"}, failure_event="broken")
    assert (result["error_code"], result.get("event")) == ("FAILURE_EVENT", {"number": 2}), result
    assert "after it had emitted 'broken' with {'number': 2}" in result["msg"]
    assert result.get("exit_code") == (137 if hub.state.is_1x else None)
    assert result["collected"]["stdout"]["content"] == "so far\n"


@pytest.mark.slow
def test_an_event_is_asked_for_again_where_a_request_is_never_answered(hub: FakeHub) -> None:
    hub.fault(Fault("hang", method="GET", path="/event/finished", times=2))
    events = [{"name": "finished", "payload": {"sum": 3}, "after": 0.2}]
    # Else it would say TIMEOUT.
    result = complete(hub, app_config={"events": events}, completion_event="finished")
    assert result["event"] == {"sum": 3}
    assert working_threads("await ") == []


@pytest.mark.slow
def test_after_run_timeout_no_request_for_an_event_is_open(hub: FakeHub) -> None:
    result = complete(hub, completion_event="finished", failure_event="failed", run_timeout=2.0)
    assert result["error_code"] == "TIMEOUT"
    asked = [item for item in hub.requests if item.path.endswith("/event/finished")]
    # At 0, 0.5 and 1.5 seconds.
    assert len(asked) <= 4
    assert working_threads("await ") == []


def test_a_hub_that_refuses_requests_for_events_ends_the_wait(hub: FakeHub) -> None:
    hub.fault(Fault("status", method="GET", path="/event/finished", times=100))
    result = complete(hub, completion_event="finished")
    assert result["error_code"] == "HUB_ERROR"
    assert working_threads("await ") == []


@pytest.mark.slow
def test_waiting_for_an_earlier_run_is_not_a_change(hub: FakeHub) -> None:
    config = {"behaviour": "run"}
    assert complete(hub, app_config=config, run_timeout=0.2)["error_code"] == "TIMEOUT"
    when_asked(hub, "/output", lambda: finish(hub))
    attached = complete(hub, app_config=config)
    assert not attached["changed"]
    assert attached["instance"]["outcome"] == "completed"


@pytest.mark.slow
def test_a_run_that_was_over_when_it_was_joined_is_started_again(hub: FakeHub) -> None:
    # Longer than the next task needs to join it.
    config = {"behaviour": "complete", "seconds": 2.0 * pace()}
    run_task("sth_instance", hub, name="job", sequence="probe", app_config=config, stable_for=0)
    with hub.state.lock:
        earlier = next(item for item in hub.state.instances.values() if item.process_alive)

    def end() -> None:
        with hub.state.lock:
            earlier.end(138, "Instance stopped")

    # An earlier task has asked it to end, and its end comes when this task waits for it.
    when_asked(hub, "/output", end)
    result = complete(hub, app_config=config)
    assert result["changed"], result
    assert result["instance"]["outcome"] == "completed"
    assert result["instance"]["id"] != earlier.id
    assert "notes" not in result


def test_a_run_that_fails_while_it_is_joined_is_not_started_again(hub: FakeHub) -> None:
    config = {"behaviour": "run"}
    run_task("sth_instance", hub, name="job", sequence="probe", app_config=config, stable_for=0)
    with hub.state.lock:
        joined = next(item for item in hub.state.instances.values() if item.process_alive)

    def fail() -> None:
        with hub.state.lock:
            joined.write("stderr", b"it went wrong\n")
            joined.crash(23, "Sequence failed during execution")

    when_asked(hub, "/stderr", fail)
    result = complete(hub, app_config=config)
    assert result["error_code"] in ("ENDED_EARLY", "START_FAILED"), result
    assert hub.runners == 0


@pytest.mark.slow
def test_another_run_under_that_name_is_a_conflict_or_replaced(hub: FakeHub) -> None:
    complete(hub, app_config={"behaviour": "run"}, run_timeout=0.2)
    assert complete(hub, app_config={"behaviour": "complete"})["error_code"] == "CONFLICT"
    assert complete(hub, if_running="fail")["error_code"] == "CONFLICT"
    replaced = complete(hub, app_config={"behaviour": "complete"}, if_running="replace")
    assert [action for action, _object in planned(replaced)] == ["stop", "start"]
    assert replaced["instance"]["outcome"] == "completed"


@pytest.mark.slow
def test_without_sequence_only_a_live_instance_is_waited_for(hub: FakeHub) -> None:
    assert complete(hub, sequence=None)["error_code"] == "NOT_FOUND"
    complete(hub, app_config={"behaviour": "run"}, run_timeout=0.2)
    when_asked(hub, "/output", lambda: finish(hub))
    assert not complete(hub, sequence=None)["changed"]


@pytest.mark.slow
def test_every_hub_lets_an_instance_be_waited_for_by_its_id(hub: FakeHub) -> None:
    complete(hub, app_config={"behaviour": "run"}, run_timeout=0.2)
    (instance,) = run_task("sth_instance_info", hub)["instances"]
    when_asked(hub, "/output", lambda: finish(hub))
    result = run_task("sth_instance", hub, id=instance["id"], state="completed", run_timeout=LONG)
    assert (result["instance"]["name"], result["instance"]["outcome"]) == ("job", "completed")
    assert not result["changed"]


@pytest.mark.parametrize("source", ["/nowhere/input", "/dev/zero"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_started(hub: FakeHub, source: str) -> None:
    before = len(hub.writes)
    for check in (True, False):
        result = complete(hub, check=check, input={"src": source})
        assert result["error_code"] == "INVALID_OPTION"
    assert len(hub.writes) == before


@pytest.mark.slow
@pytest.mark.parametrize("stop_timeout", [0.1, 0])
def test_a_program_that_blocks_is_ended_after_run_timeout(hub: FakeHub, stop_timeout: float) -> None:
    hub.state.timings = replace(hub.state.timings, overdue_018=0.2, overdue_1x=0.2)
    options: dict[str, Any] = {"on_failure": "stop", "stop_timeout": stop_timeout, "run_timeout": 0.5}
    result = complete(hub, app_config={"behaviour": "hang", "seconds": 0}, **options)
    assert (result["error_code"], result["instance"] != "") == ("TIMEOUT", True), result
    assert hub.runners == 0
    assert [(item["action"], item["done"]) for item in result["actions"]] == [("start", True), ("stop", True)]
    is_told = hub.state.is_1x and stop_timeout > 0
    assert ("did not answer any more, so it was then killed" in result["msg"]) == is_told
    stops = [item for item in hub.writes if item.path.endswith("/_stop")]
    assert len(stops) == (0 if hub.state.is_1x or not stop_timeout else 1)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [None, "refused", "silent"])
def test_a_program_that_answers_gets_its_stop_after_run_timeout(hub: FakeHub, fault: str | None) -> None:
    if fault == "refused":
        hub.fault(Fault("status", "GET", "/audit$", status=403))
    elif fault == "silent":
        hub.state.timings = replace(hub.state.timings, heartbeat=1000.0)
    result = complete(hub, app_config={"behaviour": "run"}, on_failure="stop", run_timeout=0.5)
    assert result["error_code"] == "TIMEOUT", result
    assert "was then stopped" in result["msg"]
    assert hub.runners == 0
    assert len([item for item in hub.writes if item.path.endswith("/_stop")]) == 1


@pytest.mark.parametrize("what", ["instance", "output", "event"])
def test_a_failure_after_the_start_names_the_instance(hub: FakeHub, what: str) -> None:
    path = {"instance": "/instance/[^/]+$", "output": "/output$", "event": "/event/"}[what]
    hub.fault(Fault("status", "GET", path, status=403, times=1000))
    result = complete(hub, app_config={"behaviour": "run"}, completion_event="done", run_timeout=LONG)
    assert result["failed"], result
    assert result["instance"] == hub.instances[0]["id"]


@pytest.mark.slow
def test_a_joined_run_does_not_get_the_input_again(hub: FakeHub) -> None:
    config = {"behaviour": "echo"}
    feed: dict[str, Any] = {"content": "hello\n", "end": False}
    cut_off = complete(hub, app_config=config, input=feed, run_timeout=1.0)
    assert cut_off["error_code"] == "TIMEOUT"
    joined = complete(hub, app_config=config, input=feed, run_timeout=1.0)
    assert [item.path.rpartition("/")[2] for item in hub.writes].count("input") == 1
    assert any("not written again" in note for note in joined["notes"])
    assert any("Joined" in note for note in joined["notes"])


def test_input_that_the_hub_refuses_ends_the_wait(hub: FakeHub) -> None:
    hub.fault(Fault("status", method="POST", path="/input", status=500))
    # Else it would say TIMEOUT.
    result = complete(hub, app_config={"behaviour": "echo"}, input={"content": "x"}, run_timeout=LONG)
    assert result["error_code"] == "HUB_ERROR"
    assert "did not get all of its input" in result["msg"]


def test_the_secrets_in_a_completion_event_are_masked(hub: FakeHub) -> None:
    event = {"name": "done", "after": 0.1, "payload": {"password": "hunter22", "said": "the key is s3cretkey"}}
    config = {"behaviour": "run", "events": [event], "apiKey": "s3cretkey"}
    result = complete(hub, app_config=config, completion_event="done")
    assert result["event"] == {"password": "********", "said": "the key is ********"}


def test_an_output_file_that_cannot_be_written_is_refused_before_anything_runs(
    hub: FakeHub, tmp_path: pathlib.Path
) -> None:
    before = len(hub.writes)
    result = complete(hub, app_config={"behaviour": "complete"}, output_dest="/no/such/directory/out")
    assert result["error_code"] == "INVALID_OPTION"
    nothing = complete(hub, app_config={"behaviour": "complete"}, output_dest=str(tmp_path / "out"), collect=[])
    assert nothing["error_code"] == "INVALID_OPTION"
    assert len(hub.writes) == before


def test_a_run_does_not_take_the_name_of_a_pool(hub: FakeHub) -> None:
    run_task("sth_instance", hub, name="job", count=2, sequence="probe", stable_for=0)
    before = len(hub.writes)
    for check in (True, False):
        refused = complete(hub, check=check, app_config={"behaviour": "complete"}, if_running="replace")
        assert refused["error_code"] == "CONFLICT"
        assert "pool" in refused["msg"]
    assert len(hub.writes) == before


@pytest.mark.slow
def test_a_member_that_is_run_again_stays_in_its_pool(hub: FakeHub) -> None:
    run_task("sth_instance", hub, name="web", count=2, sequence="probe", stable_for=0)
    run = complete(hub, name="web-1", app_config={"behaviour": "complete"}, if_running="replace")
    assert run["instance"]["outcome"] == "completed", run
    assert (run["instance"]["name"], run["instance"]["index"]) == ("web-1", 1)


@pytest.mark.slow
def test_a_completion_event_that_does_not_come_is_named(hub: FakeHub) -> None:
    config = {"behaviour": "complete", "seconds": 0.1}
    result = complete(hub, app_config=config, completion_event="finished")
    assert (result["error_code"], result["outcome"]) == ("ENDED_EARLY", "completed")
    assert "without emitting its completion_event 'finished'" in result["msg"]
    assert "without completing" not in result["msg"]


@pytest.mark.slow
def test_a_run_of_which_nothing_was_collected_says_how_to_see_more(hub: FakeHub) -> None:
    result = complete(hub, app_config={"behaviour": "throw_later"}, collect=["output"])
    assert ("add stderr and log to collect" in result["msg"]) == (not hub.state.is_1x)


def test_a_run_that_an_earlier_task_would_start_is_waited_for_in_check_mode(hub: FakeHub) -> None:
    awaited = run_task("sth_instance", hub, check=True, name="later", state="completed")
    assert (awaited["changed"], awaited["actions"], awaited["collected"]) == (False, [], {})
    assert "assumes" in awaited["notes"][0]
    assert awaited["instance"]["id"] is None
    assert run_task("sth_instance", hub, name="later", state="completed")["error_code"] == "NOT_FOUND"


def test_a_job_whose_start_ends_the_hub_is_reported_and_counts_as_a_change(hub: FakeHub) -> None:
    hub.fault(Fault("cut", method="POST", path="/start$"))
    result = complete(hub, app_config={"behaviour": "complete"}, request_retries=0)
    assert (result["error_code"], result["method"], result["changed"]) == ("UNREACHABLE", "POST", True)
    assert [item["done"] for item in result["actions"]] == [True]
    assert "The start of instance job was sent to" in result["msg"]
    assert "not known whether it runs" in result["msg"]
