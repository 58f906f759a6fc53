# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports the progress of a long upload."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sized
from typing import IO, Any, Callable, cast

_MEGABYTE = 1_000_000


def with_progress(
    file: IO[bytes], tell: Callable[[str], None], every: float, now: Callable[[], float] = time.monotonic
) -> IO[bytes]:
    """Return a file that reads ``file`` from its beginning, and calls ``tell`` every ``every`` seconds with how much was read.

    ``now``: the clock, in seconds.
    """
    return cast("IO[bytes]", _Reported(file, tell, every, now))


class _Reported:
    """The methods of a file that an HTTP client needs."""

    def __init__(self, file: IO[bytes], tell: Callable[[str], None], every: float, now: Callable[[], float]) -> None:
        self._file = file
        self._every = every
        self._now = now
        self._say = tell
        # A file that is verified while it is read has a known length, but cannot be read from its end.
        self._size = len(file) if isinstance(file, Sized) else os.fstat(file.fileno()).st_size
        self._read = 0
        self._begun = self._said = now()

    def read(self, size: int = -1) -> bytes:
        now = self._now()
        if now - self._said >= self._every:
            self._said = now
            self._say(
                f"{self._read / _MEGABYTE:.1f} of {self._size / _MEGABYTE:.1f} MB sent, "
                f"{self._read / _MEGABYTE / max(now - self._begun, 0.001):.2f} MB/s"
            )
        piece = self._file.read(size)
        self._read += len(piece)
        return piece

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(1 << 16), b"")

    def __len__(self) -> int:
        return self._size

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> Any:
        return self._file.seek(offset, whence)
