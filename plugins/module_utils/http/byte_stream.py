# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of an answer, read piece by piece as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import shut_down

if TYPE_CHECKING:
    import requests

# The most bytes to read at once.
CHUNK = 64 * 1024


class ByteStream:
    """The body of an answer, piece by piece, which another thread can end."""

    def __init__(self, response: requests.Response, failure: Callable[[Exception], Exception]) -> None:
        self._raw = response.raw
        self._date = response.headers.get("Date", "")
        self._failure = failure
        self._aborted = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            # Each chunk that the hub sends is yielded at once, and not held back until a buffer is full.
            for piece in self._raw.stream(CHUNK, decode_content=True):
                if piece:
                    yield piece
        except Exception as error:
            if not self._aborted:
                raise self._failure(error) from None

    @property
    def answered_at(self) -> float | None:
        """When the answer began, by the clock of the server (header Date): seconds since 1970; None without such a header."""
        try:
            return parsedate_to_datetime(self._date).timestamp()
        except (TypeError, ValueError):
            return None

    @property
    def is_in_a_piece(self) -> bool:
        """Whether a piece has begun to arrive but has not been yielded yet."""
        return bool(getattr(self._raw, "chunk_left", None))

    def abort(self) -> None:
        """End the iteration. A thread that waits for the next piece is woken as if the body had ended."""
        self._aborted = True
        # Closing the answer itself would wait for the reader.
        shut_down(self._raw)
