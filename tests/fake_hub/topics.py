# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A topic: what was written to it and nobody has read yet."""

from __future__ import annotations

from dataclasses import dataclass, field

# So much may wait for a reader before a writer has to; measured on both generations.
CAPACITY_1X = 64 * 1024
CAPACITY_018 = 16 * 1024
# Node.js reads requests in pieces of 64 KiB, the headers included.
FIRST_PIECE = 65400


@dataclass
class Topic:
    """A named buffer. Several readers get the same, each from the moment it came; the first one what had waited."""

    name: str
    content_type: str
    buffer: bytearray = field(default_factory=bytearray)
    readers: list[bytearray] = field(default_factory=list)
    # 0.18: a writer has asked for the end of it.
    ended: bool = False
    # 0.18: it was written to after its end, while something in it was unread; nobody learns of the end any more.
    broken: bool = False

    def break_off(self) -> None:
        """Lose what nobody has read."""
        self.broken = self.broken or bool(self.buffer)
        self.buffer.clear()

    def write(self, data: bytes) -> None:
        """Take data."""
        for target in self.readers or [self.buffer]:
            target += data

    def reader(self) -> bytearray:
        """Return what a new reader is to take its data from."""
        taken = bytearray() if self.readers else bytearray(self.buffer)
        self.buffer.clear()
        self.readers.append(taken)
        return taken

    def left(self, reader: bytearray) -> None:
        """Forget a reader; what it has not taken is lost."""
        self.readers = [item for item in self.readers if item is not reader]


def pieces(body: bytes) -> list[bytes]:
    """Return a body as Node.js reads it."""
    rest = body[FIRST_PIECE:]
    return [body[:FIRST_PIECE], *(rest[at : at + CAPACITY_1X] for at in range(0, len(rest), CAPACITY_1X))]
