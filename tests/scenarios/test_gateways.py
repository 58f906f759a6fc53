# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway in front of the hub answers in its place, for each kind of request (hub-behaviour.md#behind-a-gateway)."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault, from_gateway
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.job.support import finish
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, keep_ended, run_task, when, when_asked

# A gateway whose connection to the hub failed, and one that waited in vain. The others are like the first one.
STATUSES = (429, 502, 503, 504) if os.environ.get("STH_TEST_EVERYTHING") else (502, 504)
QUICK: dict[str, Any] = {"stable_for": 0.05, "stop_timeout": 0.2}
each_status = pytest.mark.parametrize("status", STATUSES)
# Whether the hub has carried out what the gateway got no answer for.
whether_handled = pytest.mark.parametrize("handled", [True, False])
MANY = 10**9
# No 404: what answers here is not the hub.
SIGN_IN = Fault(
    "status", status=401, reason="Unauthorized", headers={"Content-Type": "text/html"}, body=b"<html>Sign in</html>"
)
PAGE = Fault("status", status=200, reason="OK", headers={"Content-Type": "text/html"}, body=b"<html>Maintenance</html>")


def sequence(hub: FakeHub, **options: Any) -> dict[str, Any]:
    return run_task("sth_sequence", hub, **{"src": str(PACKAGES / "probe"), **options})


def instance(hub: FakeHub, timings: Timings = HASTY, **options: Any) -> dict[str, Any]:
    return run_task("sth_instance", hub, timings=timings, **{"name": "web", "sequence": "probe", **QUICK, **options})


def topic(hub: FakeHub, **options: Any) -> dict[str, Any]:
    return run_task("sth_topic", hub, name="orders", content_type="text/plain", **options)


def fine(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result
    return result


def is_told(result: dict[str, Any], code: str = "UNREACHABLE") -> None:
    """Check that a failure says who answered."""
    assert result["error_code"] == code, result
    assert "gateway in front of the hub" in result["msg"], result
    assert "not a Scramjet Transform Hub" not in result["msg"]


@pytest.fixture
def probe(hub: FakeHub) -> FakeHub:
    fine(sequence(hub))
    return hub


# -- reads ----------------------------------------------------------------------------------------------------------


@each_status
@pytest.mark.parametrize(
    "path", ["/version$", "/sequences$|/entities$", "/instances$|/entities$", "/instance/", "/load-check$"]
)
def test_a_read_is_repeated_and_its_failure_names_the_gateway(probe: FakeHub, status: int, path: str) -> None:
    fine(instance(probe))
    gather: dict[str, Any] = {"gather": ["version", "counts", "load"]}

    def read() -> dict[str, Any]:
        if path == "/instance/":
            return run_task("sth_stream", probe, instance="web", stream="stdout", wait_timeout=0.2)
        return run_task("sth_hub_info", probe, **gather)

    probe.fault(from_gateway(status, "GET", path))
    fine(read())
    assert probe.faults[0].times == 0 or (path == "/instance/" and probe.state.is_1x)
    probe.faults.clear()
    probe.fault(from_gateway(status, "GET", path, times=MANY))
    result = read()
    is_told(result)
    assert not result["changed"]
    assert result["http_status"] == status
    probe.faults.clear()
    fine(read())


# -- writes ---------------------------------------------------------------------------------------------------------


@each_status
@whether_handled
def test_after_a_gateway_error_an_upload_is_looked_up_and_not_repeated(
    hub: FakeHub, status: int, handled: bool
) -> None:
    hub.fault(from_gateway(status, "POST", "/sequence$", handled=handled))
    assert fine(sequence(hub))["changed"]
    assert len(hub.sequences) == 1
    assert len(hub.writes) == (1 if handled else 2)
    assert not fine(sequence(hub))["changed"]


@each_status
@whether_handled
def test_after_a_gateway_error_a_start_is_looked_up_and_not_repeated(
    probe: FakeHub, status: int, handled: bool
) -> None:
    probe.fault(from_gateway(status, "POST", "/start$", handled=handled))
    result = instance(probe)
    if status == 504 and not handled:
        # A 0.18 hub that does not answer would be left with a second one that is never there.
        assert (result["error_code"], result["changed"]) == ("START_FAILED", False)
        assert "gateway" in result["msg"]
        result = instance(probe)
    assert fine(result)["changed"]
    assert probe.runners == 1
    assert not fine(instance(probe))["changed"]


@each_status
@whether_handled
@pytest.mark.parametrize("stop_timeout", [0, 0.3])
def test_after_a_gateway_error_the_end_of_an_instance_is_looked_up(
    probe: FakeHub, status: int, handled: bool, stop_timeout: float
) -> None:
    keep_ended(probe)
    fine(instance(probe))
    probe.fault(from_gateway(status, "POST", "/_kill$|/_stop$", handled=handled))
    result = fine(instance(probe, state="stopped", stop_timeout=stop_timeout))
    assert result["changed"]
    assert probe.runners == 0
    if probe.state.is_1x and stop_timeout:
        # A stop that has not arrived is repeated, so the program has had the time to end by itself.
        assert [item["outcome"] for item in result["instances"]] == ["stopped"]
    assert not fine(instance(probe, state="stopped"))["changed"]


def test_a_program_gets_its_whole_stop_timeout_although_the_gateway_gives_up(probe: FakeHub) -> None:
    keep_ended(probe)
    fine(instance(probe))
    probe.fault(from_gateway(504, "POST", "/_stop$", handled=True, seconds=0.3))
    # The gateway's time and the grace together are shorter than the program's time.
    result = fine(instance(probe, replace(HASTY, end_grace=1.0), state="stopped", stop_timeout=2.5))
    assert not [item for item in probe.writes if item.path.endswith("/_kill")]
    assert any("proxy_read_timeout" in note for note in result["notes"])


@each_status
@whether_handled
def test_after_a_gateway_error_a_removal_is_looked_up(probe: FakeHub, status: int, handled: bool) -> None:
    probe.fault(from_gateway(status, "DELETE", "/sequence/", handled=handled))
    gone: dict[str, Any] = {"src": None, "name": "probe", "state": "absent"}
    assert fine(sequence(probe, **gone))["changed"]
    assert probe.sequences == []
    assert not fine(sequence(probe, **gone))["changed"]


@each_status
@whether_handled
@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_after_a_gateway_error_a_topic_is_looked_up(hub: FakeHub, status: int, handled: bool) -> None:
    for state in ("present", "absent"):
        hub.fault(from_gateway(status, path="/topics", writes_only=True, handled=handled))
        assert fine(topic(hub, state=state))["changed"]
        assert not fine(topic(hub, state=state))["changed"]


@each_status
@whether_handled
def test_an_event_and_data_are_never_sent_twice(probe: FakeHub, status: int, handled: bool) -> None:
    fine(instance(probe))
    before = len(probe.writes)
    probe.fault(from_gateway(status, "POST", "/_event$", handled=handled))
    result = run_task("sth_event", probe, instance="web", send="go", payload="now")
    is_told(result, "TIMEOUT" if status == 504 else "UNREACHABLE")
    assert result["changed"]
    assert "does not send it twice" in result["msg"]
    probe.fault(from_gateway(status, "POST", "/input$", handled=handled))
    result = run_task("sth_stream", probe, instance="web", stream="input", content="x")
    is_told(result, "TIMEOUT" if status == 504 else "UNREACHABLE")
    assert result["changed"]
    assert len(probe.writes) == before + 2


@each_status
def test_if_the_hub_becomes_unreachable_the_failure_says_what_is_unknown(probe: FakeHub, status: int) -> None:
    probe.fault(from_gateway(status, "POST", "/start$", handled=True))
    probe.fault(from_gateway(status, "GET", "/instance", skip=2 if probe.state.is_1x else 1, times=MANY))
    probe.fault(from_gateway(status, "GET", "/entities", skip=1, times=MANY))
    result = instance(probe, replace(HASTY, outage=0.3))
    # The start, or the first look at what was started.
    is_told(result, result["error_code"])
    assert result["error_code"] in ("TIMEOUT", "UNREACHABLE")
    assert result["changed"]
    assert "not known whether" in result["msg"]
    probe.faults.clear()
    assert not fine(instance(probe))["changed"]
    assert probe.runners == 1


# -- long waits -----------------------------------------------------------------------------------------------------


def outage(hub: FakeHub, status: int, *paths: str) -> None:
    """Let a gateway answer the next reads of each of ``paths``, more often than ``request_retries`` repeats them."""
    for path in paths:
        hub.fault(from_gateway(status, "GET", path, times=4))


@each_status
def test_a_short_outage_does_not_end_a_healthy_job(probe: FakeHub, status: int) -> None:
    outage(probe, status, "/instance/[^/]+$", "/output$", "/log$", "/event/done$", "/event/bad$")

    def finish() -> None:
        with probe.state.lock:
            next(item for item in probe.state.instances.values() if item.process_alive).complete(b"result\n")

    when(lambda: not any(item.times for item in probe.faults), finish)
    events: dict[str, Any] = {"completion_event": "done", "failure_event": "bad"}
    result = run_task(
        "sth_instance", probe, name="job", sequence="probe", state="completed", on_failure="stop", run_timeout=bound(20),
        request_retries=0, wait_for_exit=False, **events,
    )  # fmt: skip
    # It completes instead of emitting its event, so it fails, but not before.
    assert result["error_code"] == "ENDED_EARLY", result
    assert "without emitting its completion_event 'done'" in result["msg"]
    assert result["collected"]["output"]["content"] == "result\n"
    assert not [item for item in probe.writes if item.path.endswith("/_stop")]


@pytest.mark.parametrize("stream", ["output", "log"])
def test_a_run_whose_output_cannot_be_read_fails(probe: FakeHub, stream: str) -> None:
    probe.fault(from_gateway(503, "GET", f"/{stream}$", times=MANY, retry_after="600"))
    options: dict[str, Any] = {"name": "job", "sequence": "probe", "state": "completed", "run_timeout": bound(20)}
    result = run_task("sth_instance", probe, app_config={"behaviour": "complete"}, collect=["output", "log"], **options)
    is_told(result)
    assert f"The {stream} of instance job" in result["msg"]
    probe.faults.clear()


def test_output_after_an_outage_is_collected(probe: FakeHub) -> None:
    keep_ended(probe)
    # Growing pauses would be longer than a run waits for the rest of its data.
    probe.fault(from_gateway(502, "GET", "/output$", times=12))
    when(lambda: probe.faults[0].times == 0, lambda: finish(probe, b"all of it\n"))
    options: dict[str, Any] = {"name": "job", "sequence": "probe", "state": "completed", "run_timeout": bound(20)}
    result = fine(run_task("sth_instance", probe, app_config={"behaviour": "run"}, **options))
    assert result["collected"]["output"]["content"] == "all of it\n"


def test_output_that_is_lost_in_an_outage_fails_the_task() -> None:
    """A 0.18 hub forgets an instance and its data at its end."""
    with FakeHub("0.18") as hub:
        fine(sequence(hub))
        hub.fault(from_gateway(502, "GET", "/output$", times=MANY))
        when(
            lambda: any(item.path.endswith("/output") for item in hub.requests) and not hub.state.instances,
            hub.faults.clear,
        )
        options: dict[str, Any] = {"name": "job", "sequence": "probe", "state": "completed", "run_timeout": bound(20)}
        result = run_task("sth_instance", hub, app_config={"behaviour": "complete"}, **options)
    is_told(result)
    assert "The output of instance job" in result["msg"]


def test_an_outage_of_the_gateway_is_waited_out_only_up_to_a_limit(probe: FakeHub) -> None:
    when_asked(probe, "/output", lambda: probe.fault(from_gateway(502, times=MANY)))
    result = run_task(
        "sth_instance", probe, timings=replace(HASTY, outage=0.5), name="job", sequence="probe", state="completed",
        run_timeout=bound(200), request_retries=0,
    )  # fmt: skip
    is_told(result)
    assert result["changed"]
    assert "not known whether instance job" in result["msg"]
    assert probe.runners == 1


@each_status
@pytest.mark.parametrize("which", ["next", "last"])
def test_a_wait_for_an_event_goes_on_after_an_outage(probe: FakeHub, status: int, which: str) -> None:
    fine(instance(probe))
    asked = "/once/done" if which == "next" else "/event/done"

    def emit() -> None:
        with probe.state.lock:
            program = next(item for item in probe.state.instances.values() if item.process_alive)
            # Until the request for it has certainly arrived.
            program.every(0.05, program.emitter("done", "yes"))

    probe.fault(from_gateway(status, "GET", asked, times=3, seconds=0.3 if status == 504 else 0.0))
    when(lambda: not probe.faults[0].times, emit)
    result = fine(
        run_task("sth_event", probe, instance="web", expect="done", expect_which=which, wait_timeout=bound(20))
    )
    assert result["event"]["payload"] == "yes"
    notes = [item for item in result.get("notes", []) if "proxy_read_timeout" in item]
    assert bool(notes) == (status == 504)


def test_a_permanent_answer_of_a_gateway_ends_the_wait_for_an_event(probe: FakeHub) -> None:
    fine(instance(probe))
    when_asked(probe, "/once/done", lambda: probe.fault(from_gateway(502, times=MANY)))
    probe.fault(from_gateway(502, "GET", "/once/", times=1))
    result = run_task(
        "sth_event", probe, timings=replace(HASTY, outage=0.3), instance="web", expect="done", wait_timeout=bound(200)
    )
    is_told(result)


@each_status
def test_a_start_waits_for_its_event_through_a_short_outage(probe: FakeHub, status: int) -> None:
    outage(probe, status, "/instance/[^/]+$", "/event/ready$")
    config = {"events": [{"name": "ready", "after": 0.5, "payload": "yes"}]}
    ready: dict[str, Any] = {"app_config": config, "wait_for": "event", "ready_event": "ready"}
    assert fine(instance(probe, request_retries=0, wait_timeout=bound(20), **ready))["changed"]
    assert probe.runners == 1


@pytest.mark.parametrize("status", [502, 504])
def test_a_silent_stream_is_asked_for_again(probe: FakeHub, status: int) -> None:
    fine(instance(probe))
    probe.fault(from_gateway(status, "GET", "/stdout", times=4, seconds=0.3))
    when(lambda: not probe.faults[0].times, lambda: say(probe, b"hello\n"))
    result = run_task("sth_stream", probe, instance="web", stream="stdout", max_lines=1, wait_timeout=bound(20))
    if status == 502:
        # request_retries times, as everything is read.
        is_told(result)
        return
    assert fine(result)["content"] == "hello\n"


def say(hub: FakeHub, text: bytes) -> None:
    with hub.state.lock:
        next(item for item in hub.state.instances.values() if item.process_alive).write("stdout", text)


# -- near kinds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [SIGN_IN, PAGE], ids=["401", "200"])
def test_a_failure_says_that_a_gateway_has_answered(probe: FakeHub, fault: Fault) -> None:
    code = "UNAUTHORIZED" if fault.status == 401 else "HUB_ERROR"
    for path in ("/sequences$|/entities$", "/start$"):
        probe.fault(replace(fault, path=path, times=MANY))
        result = instance(probe)
        assert result["error_code"] in (code, "START_FAILED"), result
        assert str(fault.status) in result["msg"]
        assert "<html" not in result["msg"]
        assert probe.runners == 0
        probe.faults.clear()
    assert fine(instance(probe))["changed"]
    assert not fine(instance(probe))["changed"]
    for what in ({"send": "go", "payload": "x"}, {"expect": "done", "wait_timeout": bound(20)}):
        probe.fault(replace(fault, path="/_event$|/once/", times=MANY))
        result = run_task("sth_event", probe, instance="web", **what)
        assert result["error_code"] == code, result
        assert "<html" not in result["msg"]
        probe.faults.clear()
    probe.fault(replace(fault, path="/stdout$", times=MANY))
    result = run_task("sth_stream", probe, instance="web", stream="stdout", wait_timeout=bound(20))
    assert result["error_code"] == code, result
    assert not result.get("content")
    probe.faults.clear()
    probe.fault(replace(fault, path="/_stop$|/_kill$", times=MANY))
    result = instance(probe, state="stopped")
    assert result["error_code"] in (code, "TIMEOUT"), result
    probe.faults.clear()
    fine(instance(probe, state="stopped"))
    assert probe.runners == 0


@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_an_event_that_looks_like_the_answer_of_a_gateway_is_an_event(probe: FakeHub) -> None:
    fine(instance(probe))
    with probe.state.lock:
        next(iter(probe.state.instances.values())).emit("done", {"opStatus": "Bad Gateway", "a": 1})
    result = fine(run_task("sth_event", probe, instance="web", expect="done", expect_which="last", wait_timeout=0))
    assert result["event"]["payload"] == {"opStatus": "Bad Gateway", "a": 1}
