# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Python programs ended. No hub reports it, but the last line of the runner's log says it."""

from __future__ import annotations

import json
import pathlib
import threading
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.streams.collecting import Collecting
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance
from ansible_collections.scramjet.sth.tests.fake_hub.programs import received
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, keep_ended, run_task, when


@pytest.fixture(autouse=True)
def deployed(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    package = tmp_path / "snake"
    package.mkdir()
    manifest = {"name": "snake", "version": "1.0.0", "main": "main.py", "engines": {"python3": "3.x"}}
    (package / "package.json").write_text(json.dumps(manifest))
    (package / "main.py").write_text("async def run(context, input):\n    return None\n")
    assert run_task("sth_sequence", hub, src=str(package))["changed"]


def complete(hub: FakeHub, **options: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"name": "job", "sequence": "snake", "state": "completed", "run_timeout": bound(20)}
    return run_task("sth_instance", hub, **{**base, **options})


def only(hub: FakeHub) -> Instance:
    return next(iter(hub.state.instances.values()))


def is_read(hub: FakeHub) -> bool:
    """Whether output and log of an instance are read. A 0.18 hub forgets it when it ends, together with streams that were not read."""
    return all(any(path.endswith(f"/{name}") for path in hub.readings) for name in ("output", "log"))


@pytest.mark.parametrize("collect", [["output", "stdout", "stderr", "log"], ["output"], []])
def test_a_python_program_that_finishes_has_completed(hub: FakeHub, collect: list[str]) -> None:
    def finish() -> None:
        with hub.state.lock:
            only(hub).complete(b"42")

    when(lambda: is_read(hub), finish)
    result = complete(hub, app_config={"behaviour": "run"}, collect=collect)
    assert not result.get("failed"), result
    assert result["instance"]["outcome"] == "completed"
    assert list(result["collected"]) == collect


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["throws", "exits"])
def test_a_python_program_that_fails_has_not_completed(hub: FakeHub, ending: str) -> None:
    def end() -> None:
        with hub.state.lock:
            if ending == "throws":
                received(only(hub), "throw", None)
            else:
                only(hub).crash(213 if hub.state.is_1x else 0, "Runner failed")

    when(lambda: is_read(hub), end)
    result = complete(hub, app_config={"behaviour": "throw_when_told"}, collect=["output"])
    assert result["error_code"] == "ENDED_EARLY"
    assert result["outcome"] == ("unknown" if hub.state.is_1x else "failed")
    if not hub.state.is_1x:
        # The task ran with state: completed, so the message must not advise it.
        reason, advice = result["msg"].split("the cause is not known, because ")[1].split("; ")
        assert "keeps no log" in reason
        assert advice == "add stderr and log to collect, and run it again."


@pytest.mark.slow
@pytest.mark.parametrize("lines", [["Finished.", "Not yet."], ["Finished."]])
def test_lines_of_the_program_are_not_mistaken_for_lines_of_the_runner(hub: FakeHub, lines: list[str]) -> None:
    def lie() -> None:
        with hub.state.lock:
            program = only(hub)
            for line in lines:
                program.log_python(line)
            program.crash(213, "Runner failed")

    when(lambda: is_read(hub), lie)
    result = complete(hub, app_config={"behaviour": "run"})
    assert result["error_code"] == "ENDED_EARLY"
    assert ("exit code 213: every end of a Python program;" in result["msg"]) == hub.state.is_1x


def test_the_last_line_of_the_log_may_come_after_the_end(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program has logged nothing for longer than its log is given after the end, like most programs that work for a while."""
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub ends the log with the instance")
    timings = replace(HASTY, after_end=bound(20.0), log_after_end=0.01)
    finishes = threading.Event()
    finish = Collecting.finish

    def late(group: Collecting, **how: Any) -> Any:
        finishes.set()
        return finish(group, **how)

    monkeypatch.setattr(Collecting, "finish", late)

    def crash() -> None:
        with hub.state.lock:
            only(hub).crash(213, "Runner failed")

    def log() -> None:
        with hub.state.lock:
            only(hub).log_python("Sequence returned no output.")
            only(hub).log_python("Finished.")

    when(lambda: is_read(hub), crash)
    when(finishes.is_set, log)
    result = complete(hub, app_config={"behaviour": "run"}, timings=timings)
    assert not result.get("failed"), result
    assert result["instance"]["outcome"] == "completed"


def test_a_python_program_that_finishes_before_it_is_ready_fails_the_start(hub: FakeHub) -> None:
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub keeps no log of what has ended")
    keep_ended(hub)
    started = run_task(
        "sth_instance", hub, name="job", sequence="snake", app_config={"behaviour": "complete", "seconds": 0}
    )
    assert (started["error_code"], started["outcome"]) == ("ENDED_EARLY", "completed"), started


def test_a_python_program_gets_json_lines_as_text(hub: FakeHub) -> None:
    # With their usual content type, it would wait for its input for ever (hub-behaviour.md#input-of-python-programs).
    result = complete(hub, app_config={"behaviour": "echo"}, input={"lines": [{"a": 1}, "b"]})
    assert not result.get("failed"), result
    assert result["collected"]["output"]["content"] == '{"A": 1}\n"B"\n'


def test_the_input_comes_when_the_streams_are_read(hub: FakeHub) -> None:
    """The program ends as soon as it has its input, and a 0.18 hub then forgets its log."""
    hub.fault(Fault("status", "GET", "/log$", status=503))
    result = complete(hub, app_config={"behaviour": "copy"}, input={"content": "x"}, collect=["output"])
    assert not result.get("failed"), result
    assert result["collected"]["output"]["content"] == "x"


def test_a_python_program_is_not_started_for_input_that_it_cannot_decode(hub: FakeHub) -> None:
    before = len(hub.writes)
    refused = complete(hub, input={"content": "1", "content_type": "application/x-ndjson"})
    assert refused["error_code"] == "INVALID_OPTION"
    assert "would never get it: leave out content_type, or use text/plain or" in refused["msg"]
    assert len(hub.writes) == before


@pytest.mark.slow
def test_a_running_python_program_gets_json_lines_as_text(hub: FakeHub) -> None:
    started = run_task("sth_instance", hub, name="copy", sequence="snake", app_config={"behaviour": "copy"})
    assert not started.get("failed"), started
    given: dict[str, Any] = {"instance": "copy", "stream": "input", "lines": [1, "b"]}
    refused = run_task("sth_stream", hub, **given, content_type="text/x-ndjson")
    assert refused["error_code"] == "INVALID_OPTION"
    assert run_task("sth_stream", hub, **given)["bytes"] == 6
    read = run_task("sth_stream", hub, instance="copy", stream="output", max_lines=2)
    assert read["content"] == '1\n"b"\n'
