# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A topic with its unread data."""

from __future__ import annotations

from dataclasses import dataclass, field

# How many bytes a topic holds before a writer must wait. Measured on both generations.
CAPACITY_1X = 64 * 1024
CAPACITY_018 = 16 * 1024
# Node.js reads requests in pieces of 64 KiB, the headers included.
FIRST_PIECE = 65400


@dataclass
class Topic:
    """A named buffer. All readers get the data that arrives while they read. The first one also gets the earlier data."""

    name: str
    content_type: str
    buffer: bytearray = field(default_factory=bytearray)
    readers: list[bytearray] = field(default_factory=list)
    # 0.18: whether a writer has ended it.
    ended: bool = False
    # 0.18: whether it was written to after its end, while it had unread data. Then its readers never get the end.
    broken: bool = False

    def break_off(self) -> None:
        """Drop all unread data."""
        self.broken = self.broken or bool(self.buffer)
        self.buffer.clear()

    def write(self, data: bytes) -> None:
        """Take data."""
        for target in self.readers or [self.buffer]:
            target += data

    def reader(self) -> bytearray:
        """Return the buffer for a new reader."""
        taken = bytearray() if self.readers else bytearray(self.buffer)
        self.buffer.clear()
        self.readers.append(taken)
        return taken

    def left(self, reader: bytearray) -> None:
        """Remove a reader, with its unread data."""
        self.readers = [item for item in self.readers if item is not reader]


def pieces(body: bytes) -> list[bytes]:
    """Split a body into pieces as Node.js does."""
    rest = body[FIRST_PIECE:]
    return [body[:FIRST_PIECE], *(rest[at : at + CAPACITY_1X] for at in range(0, len(rest), CAPACITY_1X))]
