# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams are collected while a program runs, each up to a limit."""

from __future__ import annotations

import hashlib
import pathlib
import time
from typing import Literal

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.streams.collecting import StreamReader
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.job.support import complete, finish
from ansible_collections.scramjet.sth.tests.unit.running import when_asked, working_threads

pytestmark = pytest.mark.usefixtures("deployed")


def test_no_reader_is_left_if_the_task_is_interrupted_while_they_are_started(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next item of a loop may read the same streams."""
    start = StreamReader.start

    def interrupted(reader: StreamReader) -> None:
        if reader.stream == "log":
            raise KeyboardInterrupt
        start(reader)

    monkeypatch.setattr(StreamReader, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        complete(hub, app_config={"behaviour": "run"})
    assert working_threads("read ") == []


@pytest.mark.slow
def test_output_that_an_older_hub_has_damaged_gives_a_warning(hub: FakeHub) -> None:
    when_asked(hub, "/output", lambda: finish(hub, "\ufffdPNG".encode()))
    result = complete(hub, app_config={"behaviour": "run"})
    warned = [text for text in result["warnings"] if "that data is damaged" in text]
    assert bool(warned) == (not hub.state.is_1x)
    when_asked(hub, "/output", lambda: finish(hub, b"text"))
    assert not complete(hub, app_config={"behaviour": "run"})["warnings"]


def test_input_can_be_read_from_a_file_and_output_written_to_one(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    source, dest = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"ABC\n" * 200_000)
    result = complete(
        hub, app_config={"behaviour": "echo"}, input={"src": str(source)}, output_dest=str(dest), collect=["output"]
    )
    output = result["collected"]["output"]
    assert dest.read_bytes() == source.read_bytes()
    assert output["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (output["content"], output["path"], output["bytes"]) == (None, str(dest), 800_000)
    assert dest.stat().st_mode & 0o777 == 0o600


def test_collect_max_bytes_cuts_data_and_sets_truncated(hub: FakeHub) -> None:
    config = {"behaviour": "flood", "bytes": 3_000_000}
    result = complete(hub, app_config=config, collect_max_bytes=1000)
    output = result["collected"]["output"]
    assert (len(output["content"]), output["bytes"], output["truncated"]) == (1000, 3_000_000, True)


@pytest.mark.slow
def test_a_run_that_fails_leaves_the_file_that_was_there(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "out"
    dest.write_text("before")
    result = complete(hub, app_config={"behaviour": "throw_later"}, output_dest=str(dest))
    assert result["failed"]
    assert result["collected"]["output"]["path"] is None
    assert dest.read_text() == "before"
    assert list(tmp_path.iterdir()) == [dest]


@pytest.mark.slow
def test_the_output_of_a_failed_run_stays_in_a_partial_file(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "out"
    config = {"behaviour": "complete", "result": "not enough"}
    result = complete(hub, app_config=config, output_dest=str(dest), completion_regex="enough of it")
    assert result["error_code"] == "ENDED_EARLY", result
    partial = tmp_path / "out.partial"
    assert result["collected"]["output"]["path"] == str(partial)
    assert "not enough" in partial.read_text()
    assert list(tmp_path.iterdir()) == [partial]


@pytest.mark.slow
def test_a_stream_request_without_an_answer_does_not_delay_the_end(hub: FakeHub) -> None:
    hub.fault(Fault("hang", method="GET", path="/stderr"))
    began = time.monotonic()
    result = complete(hub, app_config={"behaviour": "complete", "seconds": 0.1}, run_timeout=bound(20))
    assert time.monotonic() - began < bound(15)
    assert result["instance"]["outcome"] == "completed"
    assert result["collected"]["stderr"]["bytes"] == 0


@pytest.mark.parametrize("kind", ["die", "status"])
def test_data_collected_before_a_failure_of_the_hub_is_kept(hub: FakeHub, kind: Literal["die", "status"]) -> None:
    hub.fault(Fault(kind, method="GET", path=r"/instances?(/[0-9a-f-]{36})?$", skip=6))
    config = {"behaviour": "run", "stdout": "so far", "seconds": 30}
    result = complete(hub, app_config=config, request_retries=0)
    assert result["error_code"] == ("UNREACHABLE" if kind == "die" else "HUB_ERROR")
    assert result["collected"]["stdout"]["content"] == "so far\n"
    assert [item["id"] for item in hub.instances] == [result["instance"]]
    assert f"It is not known whether instance job ({result['instance']}) on {hub.api_url} has ended" in result["msg"]


def test_data_of_a_stream_that_breaks_off_is_kept(hub: FakeHub) -> None:
    hub.fault(Fault("reset", method="GET", path="/stderr"))
    result = complete(hub, app_config={"behaviour": "complete", "stdout": "so far", "stderr": "x"})
    assert result["error_code"] == "UNREACHABLE"
    assert result["collected"]["stdout"]["content"] == "so far\n"
    assert result["instance"] in result["msg"]
