# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a stream within its limits is the same, however the stream is split into pieces."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.streams import bounds as module
from ansible_collections.scramjet.sth.plugins.module_utils.streams.bounds import Bounds


def read(bounds: Bounds, pieces: list[bytes]) -> tuple[bytes, str | None]:
    taken = b""
    for piece in pieces:
        part, reached = bounds.take(piece)
        taken += part
        if reached is not None:
            return taken, reached
    return taken, bounds.finish()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in zip(marks, marks[1:])]


DATA = st.text("ab\n", max_size=60).map(str.encode)
PLACES = st.lists(st.integers(0, 1000), max_size=8)


@given(DATA, PLACES, st.integers(1, 20))
def test_no_more_bytes_than_asked_for(data: bytes, places: list[int], most: int) -> None:
    taken, reached = read(Bounds(max_bytes=most), cut(data, places))
    assert taken == data[:most]
    assert (reached == "bytes") == (len(data) >= most)


@given(DATA, PLACES, st.integers(1, 5))
def test_no_more_lines_than_asked_for(data: bytes, places: list[int], most: int) -> None:
    bounds = Bounds(max_lines=most)
    taken, reached = read(bounds, cut(data, places))
    assert taken == b"".join(data.splitlines(keepends=True)[:most])
    assert (reached == "lines") == (data.count(b"\n") >= most)
    assert bounds.lines == len(taken.splitlines())


@given(DATA, PLACES)
def test_the_first_line_that_matches_is_the_last_that_is_read(data: bytes, places: list[int]) -> None:
    bounds = Bounds(pattern=re.compile("ab"))
    taken, reached = read(bounds, cut(data, places))
    lines = data.splitlines(keepends=True)
    first = next((index for index, line in enumerate(lines) if b"ab" in line), None)
    assert taken == b"".join(lines if first is None else lines[: first + 1])
    assert (reached == "match") == (first is not None)
    assert bounds.matched == (None if first is None else lines[first].decode().rstrip("\n"))


@given(DATA, PLACES)
def test_without_bounds_everything_is_read_and_its_lines_are_counted(data: bytes, places: list[int]) -> None:
    bounds = Bounds()
    assert read(bounds, cut(data, places)) == (data, None)
    assert bounds.lines == len(data.splitlines())


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    bounds = Bounds(pattern=re.compile("never"))
    piece = b"x" * (256 * 1024)
    for _turn in range(40):
        assert bounds.take(piece) == (piece, None)
        assert len(bounds._line) <= module.LONGEST_LINE
