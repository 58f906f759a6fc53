# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side of the fake hub: framing as a real one's, faults, and the notes of what was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call, DiedError
from ansible_collections.scramjet.sth.tests.fake_hub.faults import Fault
from ansible_collections.scramjet.sth.tests.fake_hub.routes import Routes
from ansible_collections.scramjet.sth.tests.fake_hub.state import STREAMS, State
from ansible_collections.scramjet.sth.tests.fake_hub.timings import FAST, Timings

IDLE = 5.0


@dataclass
class Request:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def writes(self) -> bool:
        """Whether it changes something; reading a stream consumes it."""
        last = self.path.rstrip("/").rpartition("/")[2]
        return self.method != "GET" or (last in STREAMS and "/instance/" in self.path) or "/topic/" in self.path


class FakeHub:
    """The server; a context manager. See the package's docstring."""

    def __init__(
        self,
        generation: str = "1.x",
        timings: Timings = FAST,
        *,
        port: int = 0,
        token: str | None = None,
        tls: tuple[str, str] | None = None,
    ) -> None:
        self.state = State(generation, timings)
        self.token = token
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.dead = False
        self.closing = threading.Event()
        self._routes = Routes(self.state)
        self._server = _Server(("127.0.0.1", port), self)
        self._scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def api_url(self) -> str:
        """Address of the API."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/api/v1"

    @property
    def writes(self) -> list[Request]:
        """Requests that change or consume something."""
        return [item for item in self.requests if item.writes]

    @property
    def sequences(self) -> list[dict[str, Any]]:
        """What ``GET /sequences`` answers."""
        return list(self._routes.answer(Call("GET", "/api/v1/sequences", {}, b"")).json)

    @property
    def instances(self) -> list[dict[str, Any]]:
        """What is known of every listed instance."""
        with self.state.lock:
            self.state.advance()
            return [self._routes._instance_json(item) for item in self.state.listed()]

    def fault(self, fault: Fault) -> None:
        """Let something go wrong."""
        self.faults.append(fault)

    def overload(self, times: int) -> None:
        """Answer the next ``times`` starts with 419."""
        self.state.overloaded = times

    def restart(self) -> None:
        """Kill and start the hub."""
        with self.state.lock:
            self.state.restart()
        self.dead = False

    def revive(self) -> None:
        """Bring a hub back that a fault has killed, with what it had."""
        self.faults.clear()
        self.dead = False

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        return self._routes.answer(call)

    def start(self) -> FakeHub:
        """Begin to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def __enter__(self) -> FakeHub:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], hub: FakeHub) -> None:
        self.hub = hub
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE
    # As the real one's: with it every answer in several pieces on a kept connection takes 40 ms.
    disable_nagle_algorithm = True
    server: _Server

    def parse_request(self) -> bool:
        """A hub that has died answers nobody."""
        if self.server.hub.dead:
            self.close_connection = True
            return False
        return super().parse_request()

    def _handle(self) -> None:
        hub = self.server.hub
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self._chunks())
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        hub.requests.append(request)
        fault = next((item for item in hub.faults if item.strikes(self.command, self.path, request.writes)), None)
        kind = fault.kind if fault else ""
        if kind == "die":
            hub.dead = True
        if kind in ("reset", "die"):
            return self._drop()
        if kind == "hang":
            return self._hang()
        if fault and kind == "status":
            return self._send(Answer(fault.status, "Fault", text=fault.body.decode()))
        if hub.token and headers.get("authorization") != f"Bearer {hub.token}":
            return self._send(Answer(401, "Unauthorized", text="<html>Sign in</html>"))
        try:
            answer = hub.answer(Call(self.command, self.path, headers, body, self._gone))
        except DiedError:
            hub.dead = True
            return self._drop()
        if kind == "cut":
            hub.dead = True
        if kind in ("lost", "cut"):
            return self._drop()
        if answer.hang:
            return self._hang()
        return self._send(answer, truncated=kind == "truncate")

    def do_HEAD(self) -> None:
        """The headers of a GET."""
        answer = self.server.hub.answer(Call("GET", self.path, {}, b""))
        self.send_response_only(answer.status, answer.reason)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = _handle

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            piece = self.rfile.read(size)
            self.rfile.readline()
            if not size:
                return
            yield piece

    def _send(self, answer: Answer, truncated: bool = False) -> None:
        self.send_response_only(answer.status, answer.reason)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Connection", "close" if self.headers.get("Connection") == "close" else "keep-alive")
        if answer.stream is not None:
            return self._send_stream(answer)
        body = b""
        if answer.json is not None:
            self.send_header("Content-Type", "application/json")
            body = json.dumps(answer.json, separators=(",", ":")).encode()
        elif answer.text is not None:
            body = answer.text.encode()
        if self.headers.get("Connection") == "close":
            self.close_connection = True
        if not body:
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        # As the real one: chunked, never with a length.
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        half = body[: len(body) // 2] if truncated else body
        self.wfile.write(b"%x\r\n%s" % (len(body), half))
        if truncated:
            return self._drop()
        self.wfile.write(b"\r\n0\r\n\r\n")
        return None

    def _send_stream(self, answer: Answer) -> None:
        assert answer.stream is not None
        if answer.stream_type is not None:
            self.send_header("Content-Type", answer.stream_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        for piece in answer.stream():
            if piece is None:
                if self._gone() or self.server.hub.dead:
                    return
                time.sleep(0.005)
            else:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _hang(self) -> None:
        while not self._gone() and not self.server.hub.dead:
            time.sleep(0.02)
        self.close_connection = True

    def _gone(self) -> bool:
        """Whether the client has closed the connection, or the hub is being stopped."""
        if self.server.hub.closing.is_set() or self.server.hub.dead:
            return True
        try:
            self.connection.setblocking(False)
            try:
                return bool(self.connection.recv(1, socket.MSG_PEEK) == b"")
            finally:
                self.connection.settimeout(self.timeout)
        except (BlockingIOError, ssl.SSLWantReadError, ValueError):
            return False
        except OSError:
            return True

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""
