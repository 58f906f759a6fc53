# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A time limit for a whole answer.

The time-out of `requests` limits only silence: it begins again with each byte. So a server that sends an answer byte by byte, headers
included, could keep a task waiting for ever.
"""

from __future__ import annotations

import io
import math
import select
import socket
import time
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import in_turns


class Bounded(io.RawIOBase):
    """Reads from ``connection`` until ``end`` (monotonic, in seconds), and raises ``socket.timeout`` after that."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._connection = connection
        self.end = math.inf

    def readable(self) -> bool:
        """Tell `io.BufferedReader` that it may read."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor of the connection."""
        return self._raw.fileno()

    def readinto(self, buffer: Any, /) -> int | None:
        """Read the bytes that have arrived into ``buffer``, or wait for the first, but not after ``end``."""
        if self.end == math.inf:
            return self._raw.readinto(buffer)
        silence = self._connection.gettimeout()
        left = self.end - time.monotonic()
        if left <= 0:
            # Not `TimeoutError`, which is another class before Python 3.10.
            raise socket.timeout("timed out: the answer comes too slowly")  # noqa: UP041
        self._connection.settimeout(left if silence is None else min(silence, left))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._connection.settimeout(silence)

    def close(self) -> None:
        """Close the file of the connection."""
        if not self.closed:
            self._raw.close()
        super().close()


class ProxyAuthenticationError(OSError):
    """A proxy that opens a connection to a hub with TLS asks for a user and a password."""


class BoundedResponse(HTTPResponse):
    """An answer with a time limit. ``bound`` reads it."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self._is_of_tunnel = True
        self.bound = Bounded(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self.bound)
        self._connection = sock

    def begin(self) -> None:
        """Wait for the first byte and read the headers."""
        # Wait here, and not earlier: urllib3 2 sets the time-out for silence just before this. Until then, the connection has the
        # time-out for connecting.
        self._is_of_tunnel = False
        _await_first_byte(self._connection)
        super().begin()

    def _read_status(self) -> tuple[str, int, str]:
        """Read the first line. For the answer of a proxy to CONNECT, `http.client` calls only this, and its error has no status."""
        line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc,unused-ignore]
        if self._is_of_tunnel and line[1] == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            self.close()
            raise ProxyAuthenticationError("the proxy asks for a user and a password")
        return line


def _await_first_byte(connection: socket.socket) -> None:
    """Wait for the first byte of an answer, until the time limit of the connection. Raises ``socket.timeout``."""
    seconds = connection.gettimeout()
    readable = select.poll()
    readable.register(connection, select.POLLIN)
    if not in_turns(lambda turn: readable.poll(1000 * turn), math.inf if seconds is None else seconds):
        # Not `TimeoutError`, which is another class before Python 3.10.
        raise socket.timeout("timed out")  # noqa: UP041
