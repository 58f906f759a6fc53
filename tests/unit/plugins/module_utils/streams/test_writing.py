# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write ends when the stream takes no more."""

from __future__ import annotations

import pathlib

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.streams.support import read, start, stream, write
from ansible_collections.scramjet.sth.tests.unit.running import (
    keep_ended,
    throw,
    when_asked,
)


def test_writing_to_an_ended_stream_fails(echo: FakeHub) -> None:
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


def test_a_write_that_breaks_off_says_that_some_of_it_may_have_arrived(echo: FakeHub, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes(b"x" * 1_500_000)
    echo.fault(Fault("reset", "POST", "/input$", skip=1))
    result = stream(echo, instance="copy", stream="input", src=str(source))
    assert (result["error_code"], result["changed"]) == ("UNREACHABLE", True)
    assert "Some of the data may have been delivered" in result["msg"]
    assert len(read(echo, instance="copy", max_bytes=1_000_000)["content"]) == 1_000_000


def test_a_write_ends_with_the_instance(echo: FakeHub) -> None:
    keep_ended(echo)
    dies = start(echo, "dies")["instance"]["id"]
    assert write(echo, instance="dies", end=True)["bytes"] == 0
    when_asked(echo, f"/{dies}/input", lambda: throw(echo, dies))
    result = stream(echo, instance="dies", stream="input", content="more", wait_timeout=bound(20))
    assert result["error_code"] == "ENDED_EARLY"
