# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams and topics: written as long as data is accepted, read up to a limit, and never read by mistake."""

from __future__ import annotations

import pathlib
import time
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.streams.support import read, start, stream, write
from ansible_collections.scramjet.sth.tests.unit.running import (
    keep_ended,
    planned,
    run_task,
    throw,
)


def test_output_that_an_older_hub_may_have_damaged_gives_a_warning(echo: FakeHub) -> None:
    write(echo, content="\ufffd\n")
    spoiled = read(echo, max_lines=1)
    assert bool(spoiled["warnings"]) == (not echo.state.is_1x)
    write(echo, content="text\n")
    assert not read(echo, max_lines=1)["warnings"]


def test_a_stream_can_be_written_from_a_file_and_read_to_one(echo: FakeHub, tmp_path: pathlib.Path) -> None:
    source, dest = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_bytes(b"0123456789abcde\n" * 100_000)
    write(echo, instance="copy", src=str(source), end=True)
    result = read(echo, instance="copy", dest=str(dest))
    assert result["content"] is None
    assert result["path"] == str(dest)
    assert dest.read_bytes() == source.read_bytes()
    assert dest.stat().st_mode & 0o777 == 0o600
    # Without a bound: more than what a result would hold.
    assert result["bytes"] == 1_600_000


def test_check_mode_neither_writes_nor_reads(echo: FakeHub) -> None:
    before = len(echo.writes)
    check = stream(echo, check=True, instance="echo", stream="input", content="x")
    reading = stream(echo, check=True, instance="echo", stream="output")
    assert len(echo.writes) == before
    real = write(echo, content="x")
    assert (check["changed"], check["bytes"], planned(check)) == (True, real["bytes"], planned(real))
    assert reading["content"] is None
    assert reading["stopped_by"] is None


def test_check_mode_assumes_what_an_earlier_task_would_start(hub: FakeHub) -> None:
    assert "assumes" in stream(hub, check=True, instance="later", stream="input", content="x")["notes"][0]
    assert not stream(hub, check=True, instance="later", stream="output")["changed"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"instance": "nobody", "stream": "output"}, "NOT_FOUND"),
        ({"instance": "nobody", "stream": "input", "content": "x"}, "NOT_FOUND"),
        ({"instance": " ", "stream": "output"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "input"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "input", "content": "x", "max_lines": 1}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "content": "x"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "end": True}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "max_bytes": 0}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "search_regex": "("}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "search_regex": ""}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "dest": ""}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "wait_timeout": 0}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "output", "dest": "/no/such/directory/file"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "stdin", "content": "x", "content_type": "text/plain"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "input", "content": "x", "content_type": "text/csv"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "input", "content": "?", "encoding": "base64"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "input", "lines": [], "encoding": "base64"}, "INVALID_OPTION"),
        ({"instance": "echo", "stream": "input", "src": "/no/such/file"}, "INVALID_OPTION"),
        ({"topic": "not a name", "content": "x"}, "INVALID_OPTION"),
    ],
)
def test_contradictory_options_are_refused_before_anything_is_read(
    echo: FakeHub, options: dict[str, Any], code: str
) -> None:
    before = len(echo.writes)
    assert stream(echo, **options)["error_code"] == code
    assert len(echo.writes) == before


def test_writing_to_a_pool_is_refused(echo: FakeHub) -> None:
    pool = run_task("sth_instance", echo, name="web", count=2, sequence="probe", wait_for="none")
    assert not pool.get("failed")
    result = stream(echo, instance="web", stream="input", content="x")
    assert result["error_code"] == "AMBIGUOUS"
    assert "web-0, web-1" in result["msg"]


def test_the_failure_says_that_the_instance_has_ended(echo: FakeHub) -> None:
    keep_ended(echo)
    program: dict[str, Any] = {"sequence": "probe", "app_config": {"behaviour": "throw_at_start"}}
    assert run_task("sth_instance", echo, name="dies", **program)["error_code"] == "START_FAILED"
    result = stream(echo, instance="dies", stream="input", content="x")
    assert result["error_code"] == ("ENDED_EARLY" if echo.state.is_1x else "NOT_FOUND")


def test_data_written_to_a_topic_can_be_read(hub: FakeHub) -> None:
    assert stream(hub, topic="orders", lines=[{"id": 1}, {"id": 2}])["changed"]
    result = stream(hub, topic="orders", max_lines=1)
    assert not result.get("failed"), result
    assert result["content"] == '{"id": 1}\n'
    if hub.state.is_1x:
        topics = run_task("sth_topic_info", hub)["topics"]
        assert topics == [{"name": "orders", "content_type": "application/x-ndjson"}]


def test_reading_never_creates_a_topic(hub: FakeHub) -> None:
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub lists no topics, so that none can be seen to be created")
    assert stream(hub, topic="orders")["error_code"] == "NOT_FOUND"
    assert not stream(hub, check=True, topic="orders").get("failed")
    assert run_task("sth_topic_info", hub)["topics"] == []
    assert not hub.writes


def test_another_content_type_is_refused_and_without_one_that_of_the_topic_is_used(hub: FakeHub) -> None:
    if not hub.state.is_1x:
        pytest.skip("the topics of a 0.18 hub have no type")
    assert run_task("sth_topic", hub, name="notes", content_type="text/plain")["changed"]
    before = len(hub.writes)
    clash = stream(hub, topic="notes", content="x", content_type="application/x-ndjson")
    assert clash["error_code"] == "CONFLICT"
    assert len(hub.writes) == before
    assert stream(hub, topic="notes", lines=[1])["changed"]
    assert stream(hub, topic="notes", max_lines=1)["content"] == "1\n"


@pytest.mark.parametrize(
    ("options", "code"),
    [({"end": True}, "UNSUPPORTED_BY_HUB"), ({"content": "x", "end": True}, "UNSUPPORTED_BY_HUB")],
)
def test_end_for_a_topic_is_refused_on_hubs_that_do_not_end_topics(
    hub: FakeHub, options: dict[str, Any], code: str
) -> None:
    result = stream(hub, topic="orders", wait_timeout=5, **options)
    assert result.get("error_code") == (code if hub.state.is_1x else None)
    assert bool(hub.writes) != hub.state.is_1x


def test_empty_data_for_a_topic_is_refused(hub: FakeHub) -> None:
    result = stream(hub, topic="orders", content="", wait_timeout=5)
    assert result.get("error_code") == ("INVALID_OPTION" if hub.state.is_1x else None)


@pytest.mark.parametrize("check", [False, True])
def test_a_refusal_for_an_ended_instance_does_not_consume_its_output(echo: FakeHub, check: bool) -> None:
    if not echo.state.is_1x:
        pytest.skip("a 0.18 hub forgets an ended instance, its streams included")
    keep_ended(echo)
    ended = start(echo, "dies")["instance"]["id"]
    throw(echo, ended)
    while not any(item["id"] == ended and "terminated" in item for item in echo.instances):
        time.sleep(0.01)
    before = len(echo.writes)
    result = stream(echo, check, instance=ended, stream="input", content="x")
    assert (result["error_code"], result["exit_code"]) == ("ENDED_EARLY", 23)
    assert len(echo.writes) == before
