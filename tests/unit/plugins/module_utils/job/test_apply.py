# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""If the input, a stream or an event of a run breaks, the task fails at once, with the cause and the data so far.

Each of these would say TIMEOUT, after minutes, if nobody noticed.
"""

from __future__ import annotations

import pathlib
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.plugins.module_utils.streams import collecting, feeding
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import (
    HASTY,
    run_task,
    small_disk,
    when,
    when_asked,
)

# Longer than any test may take.
LONG = bound(30.0)


pytestmark = pytest.mark.usefixtures("deployed")


def complete(hub: FakeHub, **options: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"name": "job", "sequence": "probe", "state": "completed", "run_timeout": LONG}
    return run_task("sth_instance", hub, **{**base, "stop_timeout": 0.1, **options})


def only(hub: FakeHub) -> Instance:
    return next(iter(hub.state.instances.values()))


def say(hub: FakeHub, stream: str, data: bytes) -> None:
    with hub.state.lock:
        only(hub).write(stream, data)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The data that has arrived."""
    arrived: list[bytes] = []
    write = collecting.Sink.write

    def note(sink: collecting.Sink, piece: bytes) -> None:
        write(sink, piece)
        arrived.append(piece)

    monkeypatch.setattr(collecting.Sink, "write", note)
    return arrived


def require_left(hub: FakeHub, result: dict[str, Any]) -> None:
    """Check that the failure names the instance, and that the instance still runs."""
    assert [item["id"] for item in hub.instances] == [result["instance"]]
    assert "keeps running" in result["msg"]


def test_a_full_disk_fails_the_run_and_the_partial_file_stays(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "out"
    dest.write_text("before")
    when_asked(hub, "/output", lambda: say(hub, "output", b"x" * 3_000_000))
    with small_disk(1_000_000):
        result = complete(hub, app_config={"behaviour": "run", "stdout": "so far"}, output_dest=str(dest))
    assert result["error_code"] == "LOCAL_ERROR", result
    assert f"{dest} could not be written to its end" in result["msg"]
    require_left(hub, result)
    assert dest.read_text() == "before"
    partial = tmp_path / "out.partial"
    assert result["collected"]["output"]["path"] == str(partial)
    assert 0 < partial.stat().st_size <= 1_000_000
    assert sorted(tmp_path.iterdir()) == [dest, partial]
    assert result["collected"]["stdout"]["content"] == "so far\n"


@pytest.mark.slow
def test_after_a_time_out_the_partial_file_stays(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    when_asked(hub, "/output", lambda: say(hub, "output", b"half"))
    result = complete(hub, output_dest=str(tmp_path / "out"), run_timeout=1.0)
    assert result["error_code"] == "TIMEOUT"
    assert (tmp_path / "out.partial").read_bytes() == b"half"
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "run_timeout (1 s); it keeps running. Raise run_timeout, or if the program never ends by itself, set what completes"),
        ({"completion_lines": 1}, "line 1 of its output did not come; it keeps running. The last line of its output has no line end"),
        ({"completion_regex": "hal"}, "matches 'hal' did not come; it keeps running. The last line of its output has no line end"),
        ({"completion_event": "over"}, "its event 'over' did not come; it keeps running. Raise run_timeout, or correct what"),
    ],
)  # fmt: skip
def test_a_run_that_times_out_says_what_did_not_complete_it(hub: FakeHub, options: dict[str, Any], said: str) -> None:
    when_asked(hub, "/output", lambda: say(hub, "output", b"half"))
    result = complete(hub, run_timeout=1.0, **options)
    assert (result["error_code"], result["collected"]["output"]["content"]) == ("TIMEOUT", "half")
    assert said in result["msg"], result


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"completion_silence": 0.1}, {"completion_lines": 1}])
def test_for_a_run_without_output_the_message_says_how_to_complete_it(hub: FakeHub, options: dict[str, Any]) -> None:
    # What a program writes to stdout is no output.
    result = complete(hub, app_config={"behaviour": "run", "stdout": "said"}, run_timeout=1.0, **options)
    assert result["error_code"] == "TIMEOUT"
    assert "set completion_event: it has written nothing to its output, so nothing there can complete" in result["msg"]


def test_a_stream_that_is_cut_while_silent_is_read_further(hub: FakeHub, seen: list[bytes]) -> None:
    def cut() -> None:
        hub.cut_streams()
        say(hub, "stdout", b"two\n")
        with hub.state.lock:
            only(hub).complete(b"result\n")

    when(lambda: b"one\n" in seen and len(hub.readings) == 4, cut)
    config = {"behaviour": "run", "stdout": "one"}
    result = complete(hub, app_config=config, timings=replace(HASTY, silent=0.0))
    assert result["instance"]["outcome"] == "completed", result
    said = {name: stream["content"] for name, stream in result["collected"].items()}
    assert (said["stdout"], said["output"]) == ("one\ntwo\n", "result\n")
    assert any("stdout" in note and "cut off" in note for note in result["notes"])


@pytest.mark.parametrize("hub", ["0.26"], indirect=True)
def test_a_silent_stream_that_is_cut_fails_the_run_if_the_hub_drops_unread_data(
    hub: FakeHub, seen: list[bytes]
) -> None:
    when(lambda: b"one\n" in seen and len(hub.readings) == 4, hub.cut_streams)
    config = {"behaviour": "run", "stdout": "one"}
    result = complete(hub, app_config=config, timings=replace(HASTY, silent=0.0))
    assert result["error_code"] == "UNREACHABLE", result
    require_left(hub, result)


def test_a_stream_that_is_cut_while_data_arrives_fails_the_run(hub: FakeHub, seen: list[bytes]) -> None:
    def cut() -> None:
        hub.cut_streams(in_a_piece=True)
        say(hub, "output", b"lost data")

    when(lambda: b"one\n" in seen and len(hub.readings) == 4, cut)
    result = complete(hub, app_config={"behaviour": "run", "stdout": "one"})
    assert result["error_code"] == "UNREACHABLE", result
    assert "The output of instance job" in result["msg"]
    assert "cut while data arrived" in result["msg"]
    assert result["collected"]["stdout"]["content"] == "one\n"
    require_left(hub, result)


def test_a_stream_that_is_cut_right_after_data_fails_the_run(hub: FakeHub, seen: list[bytes]) -> None:
    when(lambda: b"one\n" in seen and len(hub.readings) == 4, hub.cut_streams)
    config = {"behaviour": "run", "stdout": "one"}
    result = complete(hub, app_config=config, timings=replace(HASTY, silent=LONG))
    assert result["error_code"] == "UNREACHABLE", result
    require_left(hub, result)


def test_input_that_is_cut_off_ends_the_wait(hub: FakeHub) -> None:
    hub.fault(Fault("reset", method="POST", path="/input"))
    timings = replace(HASTY, dropped_with_end=0.2)
    result = complete(hub, app_config={"behaviour": "echo"}, input={"content": "x"}, timings=timings)
    assert result["error_code"] == "UNREACHABLE", result
    assert "did not get all of its input" in result["msg"]
    require_left(hub, result)


# The answers are those of real hubs to a write to a program that is about to end, and to one that has ended.
@pytest.mark.parametrize(
    "fault",
    [
        Fault("reset", method="POST", path="/input"),
        Fault("status", method="POST", path="/input", status=202, body=b"500: Internal error occurred"),
        Fault("status", method="POST", path="/input", status=404),
    ],
    ids=["closed", "accepted with an error", "not found"],
)
def test_a_program_may_complete_without_reading_all_of_its_input(hub: FakeHub, fault: Fault) -> None:
    hub.fault(fault)
    config, timings = {"behaviour": "complete", "seconds": 0.05}, replace(HASTY, dropped_with_end=0.4)
    result = complete(hub, app_config=config, input={"content": "x"}, timings=timings)
    assert result["instance"]["outcome"] == "completed", result


@pytest.mark.parametrize(
    ("where", "name", "options"),
    [
        (collecting.Sink, "write", {}),
        (feeding.Feed, "open", {"input": {"content": "x"}}),
        (InstanceClient, "await_event", {"completion_event": "done"}),
    ],
)
def test_an_unexpected_exception_in_a_thread_is_reported(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, options: dict[str, Any]
) -> None:
    def fail(*arguments: Any, **named: Any) -> None:
        raise ValueError("cannot be")

    feed = feeding.Feed("text/plain", True, b"x")
    assert feed.kind == "ascii"  # is computed once, before
    monkeypatch.setattr(where, name, fail)
    if where is feeding.Feed:
        monkeypatch.setattr(feeding.Feed, "kind", "ascii")
    result = complete(hub, app_config={"behaviour": "run", "stdout": "x"}, **options)
    assert result["error_code"] == "LOCAL_ERROR", result
    assert "ValueError: cannot be" in result["msg"]
    assert result["instance"] == only(hub).id
