# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a validated file a second time, and fails before it returns a piece that has changed since.

So an archive can be sent without a copy of it. Without this check, a file that changes during the upload could reach the hub in an
invalid state, which kills the hub (hub-behaviour.md#unsound-body-kills-the-hub). If a piece has changed, the upload is cut off,
which does less harm (hub-behaviour.md#failed-uploads-leave-a-directory).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

CHECKED_PIECE = 1024 * 1024


class Checksums:
    """CRC-32 of every MiB of a file that is read in order. They need 36 kB of memory for 1 GB."""

    def __init__(self) -> None:
        self._sums: list[int] = []
        # How many bytes of the last piece are in its checksum.
        self._filled = CHECKED_PIECE

    def add(self, data: bytes) -> None:
        """Add the next bytes."""
        view = memoryview(data)
        while view:
            if self._filled == CHECKED_PIECE:
                self._sums.append(0)
                self._filled = 0
            part = view[: CHECKED_PIECE - self._filled]
            self._sums[-1] = zlib.crc32(part, self._sums[-1])
            self._filled += len(part)
            view = view[len(part) :]

    def result(self) -> tuple[int, ...]:
        """Return the checksums, followed by the length of the file."""
        return (*self._sums, len(self._sums) * CHECKED_PIECE - CHECKED_PIECE + self._filled)


class VerifiedFile(io.RawIOBase):
    """The content of ``file``. If a piece has changed, it raises the error that ``changed`` returns instead of the piece."""

    def __init__(self, file: BinaryIO, sums: tuple[int, ...], changed: Callable[[], Exception]) -> None:
        self._file = file
        self._sums = sums[:-1]
        self._size = sums[-1]
        self._changed = changed
        self._number = self._at = self._given = 0
        self._piece = b""

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; fewer at the end of a piece."""
        if self._at == len(self._piece):
            self._next_piece()
        wanted = self._piece[self._at : None if size < 0 else self._at + size]
        self._at += len(wanted)
        self._given += len(wanted)
        return wanted

    def readable(self) -> bool:
        """Return that the file can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer``, or less of it at the end of a piece, and return how many bytes."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go back to the beginning; no other position is possible."""
        if offset or whence:
            raise io.UnsupportedOperation("seek")
        self._file.seek(0)
        self._number = self._at = self._given = 0
        self._piece = b""
        return 0

    def tell(self) -> int:
        """Return how much was read."""
        return self._given

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _next_piece(self) -> None:
        expected = self._sums[self._number] if self._number < len(self._sums) else None
        self._piece = self._file.read(CHECKED_PIECE)
        self._at = 0
        if (zlib.crc32(self._piece) if self._piece else None) != expected:
            raise self._changed()
        self._number += expected is not None
