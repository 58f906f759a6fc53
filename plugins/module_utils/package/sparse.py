# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sparse files in archives (``tar -S``): which pieces of a file are stored, without the zeros between them.

GNU tar has four formats for them: its own headers, or PAX headers of version 0.0, 0.1 or 1.0 (GNU tar manual, "Storing Sparse
Files"). The numbers of pieces and of zeros are limited, because a few bytes can describe terabytes.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Mapping
from typing import Any

# The prefix of the keys of the PAX records.
SPARSE = "GNU.sparse."
# (offset in the file, number of bytes) of each stored piece, in order. A sparse file has at least one.
Pieces = tuple[tuple[int, int], ...]

# The most pieces of one file, and of all files of an archive. A million pieces take about 170 MB of memory.
_MOST_PIECES = 20_000
MOST_PIECES = 100_000
# The most zeros of all files of an archive. Each of them is digested and packed.
MOST_ZEROS = 4 * 1024**3
_SHORT_NUMBER = re.compile(r"[0-9]{1,19}")
# The size of a block of a tar archive, in bytes.
BLOCK = 512


class PieceReader:
    """The content of a sparse file, with zeros between the pieces. ``read`` returns bytes of the stored pieces, in order."""

    def __init__(self, read: Callable[[int], bytes], pieces: Pieces, size: int) -> None:
        self._read = read
        self._size = size
        self._at = 0
        # Reversed, because the next piece is taken from the end of the list.
        self._pieces = list(reversed(pieces))

    def read(self, most: int = -1) -> bytes:
        """Return up to ``most`` of the next bytes; nothing at the end."""
        start, length = self._pieces[-1] if self._pieces else (self._size, 0)
        if self._at < start:
            count = start - self._at
            data = bytes(count if most < 0 else min(count, most))
        else:
            count = start + length - self._at
            data = self._read(count if most < 0 else min(count, most))
        self._at += len(data)
        while self._pieces and self._at >= sum(self._pieces[-1]):
            self._pieces.pop()
        return data


def checked(numbers: list[int], size: int, stored: int) -> Pieces:
    """Return alternating offsets and lengths as pieces. Raises ``tarfile.ReadError`` if they do not fit ``size`` or ``stored``.

    ``size``: bytes of the file, with its zeros. ``stored``: bytes of all pieces.
    """
    if len(numbers) > 2 * _MOST_PIECES:
        raise tarfile.ReadError(f"a sparse file has more than {_MOST_PIECES} pieces: pack it without -S")
    pieces = tuple(zip(numbers[::2], numbers[1::2]))
    end = 0
    for start, length in pieces:
        if start < end:
            raise _damaged()
        end = start + length
    if len(numbers) % 2 or end != size or sum(length for _start, length in pieces) != stored:
        raise _damaged()
    return pieces or ((size, 0),)


def of_pax(said: Mapping[str, str], read: Callable[[int], bytes]) -> tuple[list[int], int]:
    """Return the offsets and lengths in the PAX records of one member, and the size of the file.

    ``read`` returns the content of the member. In version 1.0 it begins with the numbers.
    """
    if SPARSE + "major" not in said:
        numbers = [_short_number(each) for each in said.get(SPARSE + "map", "").split(",") if each]
        if len(numbers) != 2 * _short_number(said.get(SPARSE + "numblocks", "")):
            raise _damaged()
        return numbers, _short_number(said.get(SPARSE + "size", ""))
    if (said[SPARSE + "major"], said.get(SPARSE + "minor")) != ("1", "0"):
        raise tarfile.ReadError("a sparse file has an unknown format version: pack it without -S")
    return _of_content(read), _short_number(said.get(SPARSE + "realsize", ""))


def _of_content(read: Callable[[int], bytes]) -> list[int]:
    """Read the number of pieces and then each offset and length, one on each line, up to the end of a block."""
    text = b""
    wanted = 1
    while text.count(b"\n") < wanted:
        block = read(BLOCK)
        if len(block) != BLOCK:
            raise _damaged()
        text += block
        first, line_feed, _rest = text.partition(b"\n")
        if line_feed:
            wanted = 1 + 2 * _short_number(first.decode("ascii", "replace"))
        if wanted > 1 + 2 * _MOST_PIECES:
            raise tarfile.ReadError(f"a sparse file has more than {_MOST_PIECES} pieces: pack it without -S")
        if len(text) > 20 * (wanted + 1) + BLOCK:
            raise _damaged()
    return [_short_number(line) for line in text.decode("ascii", "replace").split("\n")[1:wanted]]


def of_header(block: bytes, more: Callable[[], bytes]) -> tuple[list[int], int]:
    """Return the offsets and lengths in a header of GNU tar and in the blocks after it, which ``more`` returns, and the file's size."""
    numbers = _in_block(block, 386, 4)
    size = _field(block[483:495])
    goes_on = block[482]
    while goes_on:
        block = more()
        numbers += _in_block(block, 0, 21)
        goes_on = block[504]
        if len(numbers) > 2 * _MOST_PIECES:
            break
    return numbers, size


def _in_block(block: bytes, at: int, count: int) -> list[int]:
    fields = [block[at + 12 * number : at + 12 * number + 12] for number in range(2 * count)]
    # The first pair without a length ends the list.
    used = next((number for number in range(0, 2 * count, 2) if not fields[number + 1][0]), 2 * count)
    return [_field(field) for field in fields[:used]]


def _field(field: bytes) -> int:
    """Return a number of a header: octal, or base 256."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.rstrip(b" \0") or b"0", 8)
    except ValueError:
        raise _damaged() from None


def _short_number(text: str) -> int:
    if not _SHORT_NUMBER.fullmatch(text):
        raise _damaged()
    return int(text)


def _damaged() -> Any:
    return tarfile.ReadError("the list of pieces of a sparse file is damaged")
