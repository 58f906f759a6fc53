# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams and topics: written as long as data is accepted, read up to a limit, and never read by mistake."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import time
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.plugins.module_utils.streams.feeding import Feed
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import (
    PACKAGES,
    keep_ended,
    planned,
    run_task,
    small_disk,
    throw,
    when_asked,
)


@pytest.fixture
def echo(hub: FakeHub) -> FakeHub:
    """Instance ``echo`` gives back its input in capitals, ``copy`` as it is, ``deaf`` reads none."""
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    start(hub, "echo", behaviour="echo")
    start(hub, "copy", behaviour="copy")
    start(hub, "deaf", behaviour="run")
    return hub


def start(hub: FakeHub, name: str, **config: Any) -> dict[str, Any]:
    result = run_task("sth_instance", hub, name=name, sequence="probe", wait_for="none", app_config=config)
    assert not result.get("failed"), result
    return result


def stream(hub: FakeHub, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_task("sth_stream", hub, check, **options)


def write(hub: FakeHub, **options: Any) -> dict[str, Any]:
    result = stream(hub, **{"instance": "echo", "stream": "input", **options})
    assert not result.get("failed"), result
    assert result["changed"]
    return result


def read(hub: FakeHub, **options: Any) -> dict[str, Any]:
    result = stream(hub, **{"instance": "echo", "stream": "output", "wait_timeout": 5, **options})
    assert not result.get("failed"), result
    assert not result["changed"]
    return result


def test_what_is_written_as_text_is_read_up_to_so_many_lines(echo: FakeHub) -> None:
    assert write(echo, content="one\ntwo\nthree\n")["bytes"] == 14
    result = read(echo, max_lines=2)
    assert (result["content"], result["stopped_by"], result["lines_read"]) == ("ONE\nTWO\n", "lines", 2)
    assert result["sha256"] == hashlib.sha256(b"ONE\nTWO\n").hexdigest()


def test_json_lines_are_written_one_by_one(echo: FakeHub) -> None:
    write(echo, instance="copy", lines=[{"a": 1}, "x", None, 0])
    assert read(echo, instance="copy", max_lines=4)["content"] == '{"a": 1}\n"x"\nnull\n0\n'
    assert echo.writes[-2].headers["content-type"] == "application/x-ndjson"


def test_reading_stops_at_the_line_that_matches(echo: FakeHub) -> None:
    write(echo, content="one\ntwo\nthree\n")
    result = read(echo, search_regex="^T.O$")
    assert (result["content"], result["stopped_by"], result["matched"]) == ("ONE\nTWO\n", "match", "TWO")


def test_reading_stops_at_so_many_bytes(echo: FakeHub) -> None:
    write(echo, content="abcdef")
    result = read(echo, max_bytes=4)
    assert (result["content"], result["stopped_by"], result["bytes"]) == ("ABCD", "bytes", 4)


def test_nothing_to_read_is_no_failure(echo: FakeHub) -> None:
    began = time.monotonic()
    result = read(echo, wait_timeout=0.3)
    # Less than the time-out of a request.
    assert time.monotonic() - began < 9
    assert (result["content"], result["stopped_by"], result["bytes"]) == ("", "time", 0)


def test_reading_stops_with_the_stream(echo: FakeHub) -> None:
    write(echo, content="bye", end=True)
    result = read(echo)
    assert (result["content"], result["stopped_by"], result["lines_read"]) == ("BYE", "end", 1)


def test_output_that_an_older_hub_may_have_spoiled_is_told(echo: FakeHub) -> None:
    write(echo, content="\ufffd\n")
    spoiled = read(echo, max_lines=1)
    assert bool(spoiled["warnings"]) == (not echo.state.is_1x)
    write(echo, content="text\n")
    assert not read(echo, max_lines=1)["warnings"]


@pytest.mark.parametrize("data", [b"\x00\xff\xfe binary", "zażółć".encode()])
def test_bytes_come_back_as_they_were_where_the_hub_carries_them(echo: FakeHub, data: bytes) -> None:
    given: dict[str, Any] = {"content": base64.b64encode(data).decode(), "encoding": "base64"}
    is_text = not data.startswith(b"\x00")
    if not is_text and not echo.state.is_1x:
        result = stream(echo, instance="copy", stream="input", **given)
        assert result["error_code"] == "UNSUPPORTED_BY_HUB"
        return
    write(echo, instance="copy", **given)
    result = read(echo, instance="copy", max_bytes=len(data), encoding="base64")
    assert base64.b64decode(result["content"]) == data
    write(echo, instance="copy", **given)
    as_text = read(echo, instance="copy", max_bytes=len(data))
    assert as_text["lossy"] == (not is_text)


def test_no_hub_delivers_bytes_to_stdin(echo: FakeHub) -> None:
    before = len(echo.writes)
    result = stream(echo, instance="copy", stream="stdin", content="/w==", encoding="base64")
    assert result["error_code"] == "UNSUPPORTED_BY_HUB"
    assert len(echo.writes) == before


def test_a_file_goes_in_and_comes_out(echo: FakeHub, tmp_path: pathlib.Path) -> None:
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
    assert "assumed" in stream(hub, check=True, instance="later", stream="input", content="x")["notes"][0]
    assert not stream(hub, check=True, instance="later", stream="output")["changed"]


def test_a_stream_that_was_ended_takes_nothing_more(echo: FakeHub) -> None:
    write(echo, instance="deaf", end=True)
    result = stream(echo, instance="deaf", stream="input", content="more", wait_timeout=0.5)
    assert result["error_code"] == "CONFLICT"
    assert "ended by an earlier write" in result["msg"]


def test_a_program_that_does_not_read_ends_the_write_at_its_bound(echo: FakeHub, tmp_path: pathlib.Path) -> None:
    write(echo, instance="deaf", end=True)
    source = tmp_path / "in.txt"
    source.write_bytes(b"x" * 100_000)
    result = stream(echo, instance="deaf", stream="input", src=str(source), wait_timeout=0.5)
    assert result["error_code"] == "TIMEOUT"


def test_a_write_ends_with_the_instance(echo: FakeHub) -> None:
    keep_ended(echo)
    dies = start(echo, "dies")["instance"]["id"]
    assert write(echo, instance="dies", end=True)["bytes"] == 0
    when_asked(echo, f"/{dies}/input", lambda: throw(echo, dies))
    result = stream(echo, instance="dies", stream="input", content="more", wait_timeout=60)
    assert result["error_code"] == "ENDED_EARLY"


def test_the_log_of_an_ended_instance_ends_although_a_hub_keeps_it_open(echo: FakeHub) -> None:
    if not echo.state.is_1x:
        pytest.skip("a 0.18 hub forgets an ended instance and its log")
    keep_ended(echo)
    dies = start(echo, "dies", dbPassword="hunter22")["instance"]["id"]
    when_asked(echo, f"/{dies}/log", lambda: throw(echo, dies))
    result = read(echo, instance="dies", stream="log", wait_timeout=60)
    assert result["stopped_by"] == "end"
    assert "boom later" in result["content"]
    assert "hunter22" not in result["content"]
    assert "dbPassword" in result["content"]


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
def test_what_cannot_be_meant_is_refused_before_anything_is_consumed(
    echo: FakeHub, options: dict[str, Any], code: str
) -> None:
    before = len(echo.writes)
    assert stream(echo, **options)["error_code"] == code
    assert len(echo.writes) == before


def test_one_instance_is_written_to_and_not_a_pool(echo: FakeHub) -> None:
    pool = run_task("sth_instance", echo, name="web", count=2, sequence="probe", wait_for="none")
    assert not pool.get("failed")
    result = stream(echo, instance="web", stream="input", content="x")
    assert result["error_code"] == "AMBIGUOUS"
    assert "web-0, web-1" in result["msg"]


def test_an_ended_instance_is_told_as_such(echo: FakeHub) -> None:
    keep_ended(echo)
    program: dict[str, Any] = {"sequence": "probe", "app_config": {"behaviour": "throw_at_start"}}
    assert run_task("sth_instance", echo, name="dies", **program)["error_code"] == "START_FAILED"
    result = stream(echo, instance="dies", stream="input", content="x")
    assert result["error_code"] == ("ENDED_EARLY" if echo.state.is_1x else "NOT_FOUND")


def test_topics_carry_what_is_written_to_them(hub: FakeHub) -> None:
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


def test_a_topic_of_another_type_is_refused_or_its_type_is_taken(hub: FakeHub) -> None:
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
def test_only_a_hub_that_ends_topics_is_asked_to(hub: FakeHub, options: dict[str, Any], code: str) -> None:
    result = stream(hub, topic="orders", wait_timeout=5, **options)
    assert result.get("error_code") == (code if hub.state.is_1x else None)
    assert bool(hub.writes) != hub.state.is_1x


def test_nothing_is_not_written_to_a_topic_that_would_never_take_it(hub: FakeHub) -> None:
    result = stream(hub, topic="orders", content="", wait_timeout=5)
    assert result.get("error_code") == ("INVALID_OPTION" if hub.state.is_1x else None)


@pytest.mark.parametrize("check", [False, True])
def test_what_an_ended_instance_has_said_is_not_consumed_to_refuse_it(echo: FakeHub, check: bool) -> None:
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


def test_a_full_disk_is_told_and_what_had_come_stays_beside(echo: FakeHub, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "out"
    dest.write_text("before")
    with echo.state.lock:
        next(iter(echo.state.instances.values())).write("output", b"x" * 3_000_000)
    with small_disk(1_000_000):
        result = stream(echo, instance="echo", stream="output", dest=str(dest), wait_timeout=60)
    assert result["error_code"] == "LOCAL_ERROR", result
    assert f"{dest} could not be written to its end" in result["msg"]
    assert dest.read_text() == "before"
    partial = tmp_path / "out.partial"
    assert result["path"] == str(partial)
    assert 0 < partial.stat().st_size <= 1_000_000
    assert sorted(tmp_path.iterdir()) == [dest, partial]


def test_a_reading_that_cannot_be_bounded_any_more_ends(echo: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    if not echo.state.is_1x:
        pytest.skip("a 0.18 hub ends every stream itself")
    info, asked = InstanceClient.info, []

    def fail(client: InstanceClient) -> Any:
        asked.append(client.id)
        if len(asked) > 1:
            raise SthError("HUB_ERROR", "cannot be")
        return info(client)

    instance = start(echo, "silent", behaviour="run", stdout="x")["instance"]["id"]
    monkeypatch.setattr(InstanceClient, "info", fail)
    began = time.monotonic()
    result = stream(echo, instance=instance, stream="log", wait_timeout=600)
    assert (result["error_code"], result["msg"]) == ("HUB_ERROR", "cannot be"), result
    assert time.monotonic() - began < 300
    assert "Handshake" in result["content"]


def test_a_write_that_fails_by_a_fault_of_our_own_is_no_success(
    echo: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    def fail(feed: Feed) -> Any:
        raise ValueError("cannot be")

    monkeypatch.setattr(Feed, "kind", "ascii")
    monkeypatch.setattr(Feed, "open", fail)
    result = stream(echo, instance="echo", stream="input", content="x")
    assert result["error_code"] == "LOCAL_ERROR"
    assert "ValueError: cannot be" in result["msg"]
