# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request that another thread can watch: the thread learns when the whole request was sent, and can end the wait.

`requests` returns only when the headers of the answer arrive. For an event this can take minutes. The hook for this is the
connection class of urllib3 (see `pools`).
"""

from __future__ import annotations

import errno
import math
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.http.answer_bound import Bounded, BoundedResponse
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag

_current = threading.local()


class InFlight:
    """One request and its answer. ``sent`` is set when the whole request was passed to the network.

    ``patience``: the whole answer must arrive within this many seconds after that.
    """

    def __init__(self) -> None:
        self.patience = math.inf
        self._bound: Bounded | None = None
        self.sent = Flag()
        self.aborted = False
        self._lock = threading.Lock()
        self._fileno: int | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Treat the requests that this thread sends inside the context as this request."""
        _current.request = self
        try:
            yield
        finally:
            _current.request = None

    def answered_by(self, bound: Bounded) -> None:
        """Set the time limit of ``bound``, which reads the answer."""
        self._bound = bound
        bound.end = time.monotonic() + self.patience

    def let_flow(self) -> None:
        """Let the rest of the answer take any time, because it is a stream."""
        if self._bound is not None:
            self._bound.end = math.inf

    def abort(self) -> None:
        """End the request. The thread that sends it or waits for its answer gets an exception."""
        with self._lock:
            self.aborted = True
            fileno, self._fileno = self._fileno, None
        if fileno is not None:
            _shut_down(fileno)

    def release(self) -> None:
        """Drop the handle of the connection after the answer was read."""
        with self._lock:
            fileno, self._fileno = self._fileno, None
        if fileno is not None:
            os.close(fileno)

    def opened(self, connection: socket.socket) -> None:
        """Keep a second handle of the new connection, because the first one belongs to the thread that reads."""
        self.release()
        handle = os.dup(connection.fileno())
        with self._lock:
            aborted = self.aborted
            if not aborted:
                self._fileno = handle
        if aborted:
            _shut_down(handle)


def shut_down(connection: Any) -> None:
    """Wake the thread that reads from ``connection`` (anything with a ``fileno``), as if the other side had closed it."""
    try:
        handle = os.dup(connection.fileno())
    except (OSError, ValueError, AttributeError):
        # The connection has ended in the meantime. urllib3 then has no file any more, and raises one of several exceptions.
        return
    _shut_down(handle)


def _shut_down(handle: int) -> None:
    # The other side may have closed the connection already.
    with socket.socket(fileno=handle) as connection, suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


# A server with TLS has closed the connection. That looks like a server that refuses TLS, so a lost request would be neither looked up nor
# repeated. Therefore it becomes the error of a connection without TLS.
_CLOSED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


def _without_tls(code: int) -> OSError:
    """Return the exception for an error of the system; Python chooses its class by the code."""
    return OSError(code, os.strerror(code))


class Watched:
    """Mixin for urllib3's connection classes: reports its steps to the `InFlight` of the thread, which limits its answer."""

    def connect(self) -> None:
        """Connect."""
        try:
            super().connect()  # type: ignore[misc]
        except _CLOSED:
            raise _without_tls(errno.ECONNRESET) from None
        request = getattr(_current, "request", None)
        if request is not None:
            request.opened(self.sock)  # type: ignore[attr-defined]

    def send(self, data: Any) -> None:
        """Send a part of the request. If the server has closed the connection, it may have answered before, so read its answer."""
        try:
            super().send(data)  # type: ignore[misc]
        except _CLOSED:
            raise _without_tls(errno.EPIPE) from None

    def getresponse(self, *args: Any, **options: Any) -> Any:
        """Note that the whole request has been sent, and wait for the answer."""
        request = getattr(_current, "request", None)
        if request is not None:
            # If the connection was open already, connect() was not called.
            request.opened(self.sock)  # type: ignore[attr-defined]
            request.sent.set()
        return super().getresponse(*args, **options)  # type: ignore[misc]

    def response_class(self, *arguments: Any, **named: Any) -> BoundedResponse:
        """Make the object that reads the answer. `http.client` calls it like a class."""
        response = BoundedResponse(*arguments, **named)
        request = getattr(_current, "request", None)
        if request is not None:
            request.answered_by(response.bound)
        return response
