# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written arrives as it is, or is refused."""

from __future__ import annotations

import base64
import json
import os
import pathlib
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.streams.feeding import Feed
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.streams.support import read, stream, write
from ansible_collections.scramjet.sth.tests.unit.running import when_asked


def test_json_lines_are_written_one_by_one(echo: FakeHub) -> None:
    write(echo, instance="copy", lines=[{"a": 1}, "x", None, 0])
    assert read(echo, instance="copy", max_lines=4)["content"] == '{"a": 1}\n"x"\nnull\n0\n'
    assert echo.writes[-2].headers["content-type"] == "application/x-ndjson"


@pytest.mark.parametrize("data", [b"\x00\xff\xfe binary", "zażółć".encode()])
def test_binary_data_is_unchanged_on_hubs_that_support_it(echo: FakeHub, data: bytes) -> None:
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


def test_binary_data_for_stdin_is_refused_on_every_hub(echo: FakeHub) -> None:
    before = len(echo.writes)
    result = stream(echo, instance="copy", stream="stdin", content="/w==", encoding="base64")
    assert result["error_code"] == "UNSUPPORTED_BY_HUB"
    assert len(echo.writes) == before


@pytest.mark.parametrize(
    "where",
    [{"instance": "copy", "stream": "input"}, {"instance": "copy", "stream": "stdin"}, {"topic": "notes"}],
    ids=["input", "stdin", "topic"],
)
@pytest.mark.parametrize("character", ["x", "ż", "€", "𝄞"], ids=["1", "2", "3", "4"])
def test_large_data_is_written_in_pieces_of_whole_characters(
    echo: FakeHub, tmp_path: pathlib.Path, where: dict[str, Any], character: str
) -> None:
    """A proxy passes on only what fits into buffers, and a hub decodes each request alone."""
    source = tmp_path / "in.txt"
    # The line end makes no difference to text.
    source.write_bytes(b"-\n" + character.encode() * (2_500_000 // len(character.encode())))
    before = len(echo.writes)
    end = "stream" in where
    # A topic takes only a little if nobody reads it.
    if "topic" in where:
        when_asked(echo, "/topic/notes", lambda: stream(echo, topic="notes", max_bytes=source.stat().st_size))
    result = stream(echo, src=str(source), end=end, **where)
    assert result["bytes"] == source.stat().st_size, result
    # Before data that is not ASCII, an empty write sends the header.
    sent = [item for item in echo.writes[before:] if item.body]
    assert b"".join(item.body for item in sent) == source.read_bytes()
    assert all(item.body.decode() for item in sent)
    assert max(len(item.body) for item in sent) < 1_050_000
    assert [item.headers["x-end-stream"] for item in sent] == ["false", "false", str(end).lower()]


def test_a_piece_of_large_json_has_whole_lines(echo: FakeHub, tmp_path: pathlib.Path) -> None:
    """A hub ends the last line of each request to a topic, so a line of JSON that is cut would become two."""
    lines = [json.dumps("x" * size) for size in (1_500_000, 700_000, 700_000, 1, 2_500_000)]
    source = tmp_path / "in.ndjson"
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    before = len(echo.writes)
    result = stream(echo, src=str(source), content_type="application/x-ndjson", instance="copy", stream="input")
    assert result["bytes"] == source.stat().st_size, result
    sent = [item.body for item in echo.writes[before:]]
    assert b"".join(sent) == source.read_bytes()
    assert len(sent) >= 3
    assert all(body.endswith(b"\n") for body in sent)


def test_an_unexpected_exception_during_a_write_fails_the_task(
    echo: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    def fail(feed: Feed) -> Any:
        raise ValueError("cannot be")

    monkeypatch.setattr(Feed, "kind", "ascii")
    monkeypatch.setattr(Feed, "open", fail)
    result = stream(echo, instance="echo", stream="input", content="x")
    assert result["error_code"] == "LOCAL_ERROR"
    assert "ValueError: cannot be" in result["msg"]


@pytest.mark.parametrize(
    "source", ["/dev/zero", "/dev/urandom", "/dev/stdin", "pipe", "link", "/proc/version", "kernels"]
)
def test_a_source_that_may_never_end_is_refused(echo: FakeHub, tmp_path: pathlib.Path, source: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "kernels").symlink_to("/proc/version")
    path = source if source.startswith("/") else str(tmp_path / source)
    if source == "/dev/stdin" and pathlib.Path(path).is_file():
        pytest.skip("a regular file")
    before = len(echo.writes)
    for check in (True, False):
        for target in ({"instance": "copy", "stream": "input"}, {"topic": "numbers"}):
            result = stream(echo, check=check, src=path, **target)
            assert (result["error_code"], result["changed"]) == ("INVALID_OPTION", False), result
            assert f"src {path} is a device, a pipe" in result["msg"]
    assert len(echo.writes) == before


def test_the_null_device_is_an_empty_file(echo: FakeHub) -> None:
    assert write(echo, instance="copy", src="/dev/null", end=True)["bytes"] == 0
    assert read(echo, instance="copy")["content"] == ""
