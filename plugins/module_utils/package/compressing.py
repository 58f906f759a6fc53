# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compresses a stream in pieces, on several processors. The result does not depend on the number of processors.

Each piece is a run of deflate blocks that ends at a byte boundary and does not refer to earlier data (RFC 1951). So the pieces
can follow each other in one gzip member (RFC 1952), as ``pigz --independent`` writes them.
"""

from __future__ import annotations

import io
import os
import zlib
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Outcome, Workers

# Large enough to lose little by restarting the compression, small enough to hold several pieces in memory.
COMPRESSED_PIECE = 512 * 1024
# Twice as fast as zlib's default of 6, for archives that are up to 7 % larger.
_LEVEL = 4
# If the samples of a piece do not shrink to this ratio, it is stored. Compressing models, images and archives would take 25 ms
# per MB and save nothing.
_WORTH = 0.97
_SAMPLE = 4096
_MOST_WORKERS = 4
# No name, no time, the operating system "unknown".
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"


class GzipWriter(io.RawIOBase):
    """A file that compresses its data and passes it on to ``put``. The output is complete when the context is left."""

    def __init__(self, put: Callable[[bytes], object]) -> None:
        self._put = put
        self._piece = bytearray()
        self._size = 0
        self._checksum = 0
        workers = min(_MOST_WORKERS, os.cpu_count() or 1)
        self._pool = Workers(workers)
        self._most_pending = 2 * workers
        self._pending: deque[Outcome[bytes]] = deque()
        put(_GZIP_HEADER)

    def write(self, data: Any) -> int:
        """Compress ``data``."""
        self._size += len(data)
        self._piece += data
        while len(self._piece) >= COMPRESSED_PIECE:
            self._submit(bytes(self._piece[:COMPRESSED_PIECE]))
            del self._piece[:COMPRESSED_PIECE]
        return len(data)

    def tell(self) -> int:
        """Return how much was written."""
        return self._size

    def __enter__(self) -> GzipWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._pool:
            if kind is None:
                self._submit(bytes(self._piece))
                while self._pending:
                    self._put(self._pending.popleft().result())
                self._put(_LAST_BLOCK)
                self._put(self._checksum.to_bytes(4, "little"))
                self._put((self._size & 0xFFFFFFFF).to_bytes(4, "little"))
            for left in self._pending:
                left.cancelled = True

    def _submit(self, piece: bytes) -> None:
        self._checksum = zlib.crc32(piece, self._checksum)
        self._pending.append(self._pool.submit(partial(_compressed, piece)))
        if len(self._pending) >= self._most_pending:
            self._put(self._pending.popleft().result())


def _compressed(piece: bytes) -> bytes:
    """Return ``piece`` as deflate blocks. None is marked as the last one, so other pieces can follow."""
    middle = len(piece) // 2
    sample = piece[:_SAMPLE] + piece[middle : middle + _SAMPLE] + piece[-_SAMPLE:]
    shrinks = len(zlib.compress(sample, 1)) < _WORTH * len(sample)
    deflate = zlib.compressobj(_LEVEL if shrinks else 0, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(piece) + deflate.flush(zlib.Z_SYNC_FLUSH)
