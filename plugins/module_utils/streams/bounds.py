# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides where to stop reading a stream: after a number of bytes or lines, or at a matching line. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

StoppedBy = Literal["bytes", "lines", "match", "time", "end"]
# Longer lines are searched in parts, so that a stream without line ends does not fill the memory.
LONGEST_LINE = 1024 * 1024


@dataclass
class Bounds:
    """Takes the pieces of a stream up to the first limit that is reached. None: no such limit."""

    max_bytes: int | None = None
    max_lines: int | None = None
    pattern: re.Pattern[str] | None = None
    lines: int = 0
    matched: str | None = None
    _taken: int = 0
    _line: bytearray = field(default_factory=bytearray)

    @property
    def has_open_line(self) -> bool:
        """Whether the data so far ends with a line without a line end, which no limit counts yet."""
        return bool(self._line)

    def take(self, piece: bytes) -> tuple[bytes, StoppedBy | None]:
        """Return the part of ``piece`` within the limits, and the limit that was reached."""
        reached: StoppedBy | None = None
        if self.max_bytes is not None and len(piece) >= self.max_bytes - self._taken:
            piece, reached = piece[: self.max_bytes - self._taken], "bytes"
        if self.max_lines is None and self.pattern is None:
            self.lines += piece.count(b"\n")
            self._ends_open(piece)
        else:
            end, by_line = self._look_at_lines(piece)
            if by_line is not None:
                piece, reached = piece[:end], by_line
        self._taken += len(piece)
        return piece, reached

    def finish(self) -> StoppedBy | None:
        """Check the text after the last line end when the stream has ended."""
        if not self._line:
            return None
        self.lines += 1
        return "match" if self._matches() else None

    def _look_at_lines(self, piece: bytes) -> tuple[int, StoppedBy | None]:
        """Return the position in ``piece`` at which a limit is reached."""
        start = 0
        while start < len(piece):
            newline = piece.find(b"\n", start)
            end = newline + 1 if newline >= 0 else len(piece)
            self._line += piece[start:end]
            start = end
            if newline < 0 and len(self._line) < LONGEST_LINE:
                break
            self.lines += newline >= 0
            if self._matches():
                return end, "match"
            self._line.clear()
            if self.max_lines is not None and self.lines >= self.max_lines:
                return end, "lines"
        return start, None

    def _matches(self) -> bool:
        if self.pattern is None:
            return False
        text = self._line.decode("utf-8", "replace").rstrip("\r\n")
        if self.pattern.search(text) is None:
            return False
        self.matched = text
        self._line.clear()
        return True

    def _ends_open(self, piece: bytes) -> None:
        """Record whether the last line is incomplete, without its content: `finish` counts that line."""
        if piece:
            self._line[:] = b"" if piece.endswith(b"\n") else b"-"
