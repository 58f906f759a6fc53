# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side of the fake hub: the same framing as a real hub, and faults."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call, DiedError
from ansible_collections.scramjet.sth.tests.fake_hub.faults import Fault
from ansible_collections.scramjet.sth.tests.fake_hub.requests_seen import Request
from ansible_collections.scramjet.sth.tests.fake_hub.routes import MANAGED
from ansible_collections.scramjet.sth.tests.fake_hub.uploads import DeadlyError, RefusedError, unpack

if TYPE_CHECKING:
    from ansible_collections.scramjet.sth.tests.fake_hub.server import FakeHub

# The most bytes of headers that Node.js accepts.
HEADERS = 16 * 1024
# Seconds between two bytes of an answer that drips.
DRIP = 0.1


class Server(ThreadingHTTPServer):
    """Listens for connections to a hub."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, at: tuple[str, int] | socket.socket, hub: FakeHub) -> None:
        """``at``: an address, or a socket that is bound to one."""
        self.hub = hub
        # Connections whose first request is not handled yet (see `Call.noted`).
        self.unnoted: set[object] = set()
        self._open: set[socket.socket] = set()
        self._over = False
        if not isinstance(at, socket.socket):
            super().__init__(at, _Handler)
            return
        super().__init__(at.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = at
        self.server_activate()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the order of arrival before the connection gets a thread of its own."""
        self.unnoted.add(client_address)
        if not self._over:
            self.hub.connections.append(client_address)
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Note the end of a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def serve(self) -> None:
        """Give each connection a thread, until `end`."""
        while not self._over:
            with contextlib.suppress(OSError):
                self.process_request(*self.get_request())
        self.server_close()

    def wait_for_earlier_requests(self) -> None:
        """Wait until earlier requests are handled: a real hub registers a wait for an event before it handles a later event."""
        end = time.monotonic() + 1.0
        before = set(self.unnoted)
        while before & self.unnoted and time.monotonic() < end:
            time.sleep(0.002)

    def end(self) -> None:
        """Stop listening. Open a last connection, so that the thread in `serve` notices it without looking again and again."""
        self._over = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(self.server_address[1])), 1.0):
            pass

    def close_connections(self) -> None:
        """Close all connections, as the end of a process does."""
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                # Not the method of a connection with TLS, because its thread may be reading.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show errors of the server, but not a client that closes its connection."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _SlowError(Exception):
    """The request has not come in time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # As on a real hub. With Nagle's algorithm, each answer in several pieces on a kept connection would take 40 ms.
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        """Begin with a connection."""
        self.state = self.server.hub.state
        # For how long a connection may be idle between requests. A POST on a connection that was closed for this reason gets no answer
        # (hub-behaviour.md#idle-connections).
        self.idle = self.state.scaled(self.state.timings.idle)
        self.received = self.restarts = 0
        super().setup()
        self.connection.settimeout(self.idle)

    def finish(self) -> None:
        """End with the connection."""
        self._noted()
        super().finish()

    def parse_request(self) -> bool:
        """Close the connection if the hub has died. Refuse requests that Node.js refuses."""
        if self.server.hub.dead:
            self.server.hub.turned_away += 1
            self.close_connection = True
            return False
        if not super().parse_request():
            return False
        self.path = self.path.removeprefix(MANAGED)
        size = sum(len(name) + len(value) + 4 for name, value in self.headers.items())
        self.received += len(self.requestline) + size
        if size <= HEADERS and "Host" in self.headers:
            return True
        refused = (431, "Request Header Fields Too Large") if size > HEADERS else (400, "Bad Request")
        self.close_connection = True
        self._send(Answer(*refused))
        return False

    def _handle(self) -> None:
        hub = self.server.hub
        try:
            body = self._body()
        except _SlowError:
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
            return None
        self.received += len(body)
        self.restarts = self.state.restarts
        hub.wait_for_stall()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        hub.requests.append(request)
        fault = next((item for item in hub.faults if item.strikes(self.command, self.path, request.writes)), None)
        kind = fault.kind if fault else ""
        if kind == "die":
            hub.dead = True
        if fault and kind in ("reset", "die", "hang", "status"):
            fault.then()
        if kind in ("reset", "die"):
            return self._drop()
        if kind == "hang":
            return self._hang()
        if fault and kind == "status":
            self._wait(fault, Call(self.command, self.path, headers, body, self.received, self._gone, self._noted))
            return self._send(Answer(fault.status, fault.reason, text=fault.body.decode(), headers=fault.headers))
        if hub.token and headers.get("authorization") != f"Bearer {hub.token}":
            return self._send(Answer(401, "Unauthorized", text="<html>Sign in</html>"))
        try:
            if not self._awaits_an_event():
                self._noted()
            if self.path.endswith("/_event"):
                self.server.wait_for_earlier_requests()
            call = Call(self.command, self.path, headers, body, self.received, self._gone, self._noted)
            answer = hub.answer(call)
        except DiedError:
            hub.dead = True
            return self._drop()
        if kind == "cut":
            hub.dead = True
        if fault:
            fault.then()
        if kind in ("lost", "cut"):
            return self._drop()
        if answer.hang or kind == "mute":
            return self._hang()
        return self._send(answer, truncated=kind == "truncate", dripping=kind == "drip")

    def _wait(self, fault: Fault, call: Call) -> None:
        """Wait as long as a gateway that gets no answer. If the fault is ``handled``, the hub handles the request in the meantime."""
        if not fault.handled:
            time.sleep(fault.seconds)
            return
        handling = threading.Thread(target=self.server.hub.answer, args=(call,), daemon=True)
        handling.start()
        handling.join(fault.seconds or None)

    def _awaits_an_event(self) -> bool:
        return "/once/" in self.path or "/event/" in self.path

    def _noted(self) -> None:
        self.server.unnoted.discard(self.client_address)

    def do_HEAD(self) -> None:
        """The headers of a GET."""
        answer = self.server.hub.answer(Call("GET", self.path, {}, b""))
        self.send_response_only(answer.status, answer.reason)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _handle

    # -- read -----------------------------------------------------------------------------------------------------

    def _body(self) -> bytes:
        """Read the body. Raises `_SlowError` when a 0.18 hub gives up. It then keeps what has arrived.

        Source: hub-behaviour.md#slow-uploads.
        """
        limit = None if self.state.has("unbounded_requests") else self.state.scaled(self.state.timings.request)
        end = None if limit is None else time.monotonic() + limit
        found = bytearray()
        try:
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self._line(end).split(b";")[0], 16):
                    self._read(size, end, found)
                    self._line(end)
                self._line(end)
            else:
                self._read(int(self.headers.get("Content-Length", 0)), end, found)
        except TimeoutError:
            if self.path.rstrip("/").endswith("/sequence"):
                with self.state.lock, contextlib.suppress(RefusedError, DeadlyError):
                    unpack(bytes(found), self.state.directories.setdefault(str(uuid.uuid4()), {}), False)
            raise _SlowError from None
        finally:
            self.connection.settimeout(self.idle)
        return bytes(found)

    def _read(self, size: int, end: float | None, found: bytearray) -> None:
        while size:
            self._allow(end)
            piece = self.rfile.read1(min(size, 64 * 1024))
            if not piece:
                raise ConnectionResetError("gone in the middle of a request")
            found += piece
            size -= len(piece)

    def _line(self, end: float | None) -> bytes:
        self._allow(end)
        return self.rfile.readline()

    def _allow(self, end: float | None) -> None:
        """Limit the next read to the time until ``end``."""
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)

    # -- write ----------------------------------------------------------------------------------------------------

    def _send(self, answer: Answer, truncated: bool = False, dripping: bool = False) -> None:
        self.send_response_only(answer.status, answer.reason)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Date", self.date_time_string())
        if self.close_connection or self.headers.get("Connection") == "close":
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            self.send_header("Connection", "keep-alive")
            # A hub closes the connection a second later than it announces.
            self.send_header("Keep-Alive", f"timeout={max(0, int(self.idle) - 1)}")
        if answer.json is not None:
            self.send_header("Content-Type", "application/json")
        elif answer.content_type is not None:
            self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.stream is not None:
            return self._send_stream(answer.stream)
        body = (answer.text or "").encode()
        if answer.json is not None:
            body = json.dumps(answer.json, separators=(",", ":")).encode()
        if answer.status == 204:
            return self.end_headers()
        # As on a real hub: chunked, never with a length.
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if body:
            if dripping:
                return self._drip(body)
            half = body[: len(body) // 2] if truncated else body
            self.wfile.write(b"%x\r\n%s" % (len(body), half))
            if truncated:
                return self._drop()
            self.wfile.write(b"\r\n")
        self.wfile.write(b"0\r\n\r\n")
        return None

    def _send_stream(self, pieces: Callable[[], Iterator[bytes | None]]) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        said, hub = pieces(), self.server.hub
        cuts = hub.cuts
        if not self.path.endswith("/v1/log"):
            hub.readings.append(self.path)
        # Take no data for a client that has gone, because the next reader would not get it.
        while not self._gone():
            if hub.cuts != cuts and not hub.cuts_pieces:
                return self._drop()
            try:
                piece = next(said)
            except StopIteration:
                self.wfile.write(b"0\r\n\r\n")
                return
            if piece is None:
                with self.state.lock:
                    self.state.rest()
            elif hub.cuts != cuts:
                self.wfile.write(b"%x\r\n%s" % (len(piece), piece[: len(piece) // 2]))
                return self._drop()
            else:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def _drip(self, body: bytes) -> None:
        """Send one chunk slowly, and never its end."""
        self.close_connection = True
        self.wfile.write(b"%x\r\n" % len(body))
        for at in range(len(body) - 1):
            if self._gone():
                return
            self.wfile.write(body[at : at + 1])
            time.sleep(DRIP)
        self._hang()

    def _hang(self) -> None:
        while not self._gone():
            time.sleep(0.02)
        self.close_connection = True

    def _gone(self) -> bool:
        """Whether the client has closed the connection, or the hub was killed or is being stopped."""
        if self.server.hub.closing.is_set() or self.server.hub.dead or self.state.restarts != self.restarts:
            return True
        try:
            self.connection.setblocking(False)
            try:
                return bool(self.connection.recv(1, socket.MSG_PEEK) == b"")
            finally:
                self.connection.settimeout(self.idle)
        except (BlockingIOError, ssl.SSLWantReadError, ValueError):
            return False
        except OSError:
            return True

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""
