# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stream is read up to a limit, its end or the end of the time."""

from __future__ import annotations

import hashlib
import pathlib
import time
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.streams.support import read, start, stream, write
from ansible_collections.scramjet.sth.tests.unit.running import (
    keep_ended,
    small_disk,
    throw,
    when_asked,
)


def test_reading_stops_after_max_lines(echo: FakeHub) -> None:
    assert write(echo, content="one\ntwo\nthree\n")["bytes"] == 14
    result = read(echo, max_lines=2)
    assert (result["content"], result["stopped_by"], result["lines_read"]) == ("ONE\nTWO\n", "lines", 2)
    assert result["sha256"] == hashlib.sha256(b"ONE\nTWO\n").hexdigest()


def test_reading_stops_at_the_line_that_matches(echo: FakeHub) -> None:
    write(echo, content="one\ntwo\nthree\n")
    result = read(echo, search_regex="^T.O$")
    assert (result["content"], result["stopped_by"], result["matched"]) == ("ONE\nTWO\n", "match", "TWO")


def test_reading_stops_after_max_bytes(echo: FakeHub) -> None:
    write(echo, content="abcdef")
    result = read(echo, max_bytes=4)
    assert (result["content"], result["stopped_by"], result["bytes"]) == ("ABCD", "bytes", 4)


def test_reading_without_data_succeeds(echo: FakeHub) -> None:
    began = time.monotonic()
    result = read(echo, wait_timeout=0.3, request_timeout=bound(10))
    # Less than the time-out of a request.
    assert time.monotonic() - began < bound(5)
    assert (result["content"], result["stopped_by"], result["bytes"]) == ("", "time", 0)


def test_reading_stops_with_the_stream(echo: FakeHub) -> None:
    write(echo, content="bye", end=True)
    result = read(echo)
    assert (result["content"], result["stopped_by"], result["lines_read"]) == ("BYE", "end", 1)


def test_the_log_of_an_ended_instance_ends_although_a_hub_keeps_it_open(echo: FakeHub) -> None:
    if not echo.state.is_1x:
        pytest.skip("a 0.18 hub forgets an ended instance and its log")
    keep_ended(echo)
    dies = start(echo, "dies", dbPassword="hunter22")["instance"]["id"]
    when_asked(echo, f"/{dies}/log", lambda: throw(echo, dies))
    result = read(echo, instance="dies", stream="log", wait_timeout=bound(20))
    assert result["stopped_by"] == "end"
    assert "boom later" in result["content"]
    assert "hunter22" not in result["content"]
    assert "dbPassword" in result["content"]


def test_a_full_disk_is_reported_and_the_partial_file_stays(echo: FakeHub, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "out"
    dest.write_text("before")
    with echo.state.lock:
        next(iter(echo.state.instances.values())).write("output", b"x" * 3_000_000)
    with small_disk(1_000_000):
        result = stream(echo, instance="echo", stream="output", dest=str(dest), wait_timeout=bound(20))
    assert result["error_code"] == "LOCAL_ERROR", result
    assert f"{dest} could not be written to its end" in result["msg"]
    assert dest.read_text() == "before"
    partial = tmp_path / "out.partial"
    assert result["path"] == str(partial)
    assert 0 < partial.stat().st_size <= 1_000_000
    assert sorted(tmp_path.iterdir()) == [dest, partial]


def test_reading_ends_if_the_time_limit_cannot_be_applied(echo: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
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
    result = stream(echo, instance=instance, stream="log", wait_timeout=bound(200))
    assert (result["error_code"], result["msg"]) == ("HUB_ERROR", "cannot be"), result
    assert time.monotonic() - began < bound(100)
    assert "Handshake" in result["content"]
