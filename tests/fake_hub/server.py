# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub of the tests: its requests and state, and methods that change them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from types import TracebackType
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.connections import Server
from ansible_collections.scramjet.sth.tests.fake_hub.faults import Fault
from ansible_collections.scramjet.sth.tests.fake_hub.requests_seen import Request
from ansible_collections.scramjet.sth.tests.fake_hub.routes import MANAGER, Routes
from ansible_collections.scramjet.sth.tests.fake_hub.shapes import instance_json
from ansible_collections.scramjet.sth.tests.fake_hub.state import State
from ansible_collections.scramjet.sth.tests.fake_hub.timings import FAST, Timings


class FakeHub:
    """The server; a context manager. ``generation``: a version, or 1.x. See the package's docstring."""

    def __init__(
        self,
        generation: str = "1.x",
        timings: Timings = FAST,
        *,
        port: int = 0,
        token: str | None = None,
        tls: tuple[str, str] | None = None,
        client_ca: str | None = None,
    ) -> None:
        self.state = State(generation, timings)
        self.token = token
        self.requests: list[Request] = []
        # The address of the client of each connection.
        self.connections: list[Any] = []
        self.faults: list[Fault] = []
        self.dead = False
        # How many requests have arrived since the hub died.
        self.turned_away = 0
        self.closing = threading.Event()
        # Streams of instances and topics whose reading has begun, by their paths.
        self.readings: list[str] = []
        # How often streams were cut, and whether in the middle of a piece.
        self.cuts = 0
        self.cuts_pieces = False
        self._stalled_until = 0.0
        self._routes = Routes(self.state)
        self._server = Server(("127.0.0.1", port), self)
        self._scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            if client_ca:
                context.load_verify_locations(client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        # Reserves the port between `leave` and `revive`.
        self._kept_port: socket.socket | None = None
        self._thread = self._serving()

    def _serving(self) -> threading.Thread:
        return threading.Thread(target=self._server.serve, daemon=True)

    def _end_serving(self) -> None:
        if self._thread.is_alive():
            self._server.end()
            self._thread.join(5)

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self._server.server_address[1])

    @property
    def api_url(self) -> str:
        """Address of the API."""
        return f"{self._scheme}://127.0.0.1:{self.port}/api/v1"

    @property
    def manager_url(self) -> str:
        """Address of a manager that has this hub, and passes on requests to it."""
        return f"{self._scheme}://127.0.0.1:{self.port}{MANAGER}"

    @property
    def writes(self) -> list[Request]:
        """Requests that change or consume something."""
        return [item for item in self.requests if item.writes]

    @property
    def sequences(self) -> list[dict[str, Any]]:
        """The answer to ``GET /sequences``."""
        return list(self._routes.answer(Call("GET", "/api/v1/sequences", {}, b"")).json)

    @property
    def instances(self) -> list[dict[str, Any]]:
        """All instances that have connected, or never will."""
        with self.state.lock:
            self.state.advance()
            return [instance_json(self.state, item) for item in self.state.listed() if item.connected or item.zombie]

    @property
    def runners(self) -> int:
        """How many processes run, listed or not."""
        with self.state.lock:
            self.state.advance()
            return sum(item.process_alive for item in self.state.runners)

    def fault(self, fault: Fault) -> None:
        """Add a fault."""
        self.faults.append(fault)

    def stall(self, seconds: float) -> None:
        """Stall the process of the hub. It does not answer in the meantime, and 1.x loses its programs.

        Source: hub-behaviour.md#a-stalled-hub-loses-its-instances.
        """
        with self.state.lock:
            self.state.stall(seconds)
        self._stalled_until = time.monotonic() + self.state.scaled(seconds)

    def wait_for_stall(self) -> None:
        """Wait until the stall is over."""
        left = self._stalled_until - time.monotonic()
        if left > 0:
            time.sleep(left)

    def cut_streams(self, in_a_piece: bool = False) -> None:
        """Close the connections of all streams that are being read, as a proxy may do.

        ``in_a_piece``: send half of the next piece of each first. That piece is lost.
        """
        self.cuts_pieces = in_a_piece
        self.cuts += 1

    def lose_directory(self, sequence: str) -> None:
        """Remove a package from the disk behind the hub's back (hub-behaviour.md#vanished-package)."""
        with self.state.lock:
            del self.state.directories[sequence]

    def kill_runner(self, instance: str) -> None:
        """Kill a process, as the operating system may do."""
        with self.state.lock:
            self.state.instances[instance].crash(213, "Runner failed")

    def declare_completed(self, instance: str) -> None:
        """Make the hub find the exit code file of another process, and treat this process as ended.

        Source: hub-behaviour.md#exit-codes-of-strangers.
        """
        with self.state.lock:
            self.state.instances[instance].finish("completed", -1, "Instance completed")
            self.state.instances[instance].process_alive = True

    def overload(self, times: int) -> None:
        """Answer the next ``times`` starts with 419."""
        self.state.overloaded = times

    def restart(self, identify: bool = True) -> None:
        """Kill and start the hub; ``identify``: it looks for sequences on its disk."""
        with self.state.lock:
            self.state.restart(identify)
        self.dead = False
        self.turned_away = 0

    def wait_for_earlier_requests(self) -> None:
        """Wait until the requests that have arrived are handled."""
        self._server.wait_for_earlier_requests()

    def leave(self) -> None:
        """End the process of the hub: until `revive`, connections are refused. Not for a hub with TLS."""
        self.dead = True
        self._end_serving()
        self._kept_port = socket.socket()
        self._kept_port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._kept_port.bind(self._server.server_address)
        # Last, because a client that notices it may let the hub be revived.
        self._server.close_connections()

    def revive(self) -> None:
        """Start a hub again that a fault has killed, with the same state."""
        self.faults.clear()
        self.dead = False
        if self._kept_port is not None:
            self._server = Server(self._kept_port, self)
            self._kept_port = None
            self._thread = self._serving()
            self._thread.start()

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        answer = self._routes.answer(call)
        if call.method != "GET":
            with self.state.lock:
                self.state.happened.notify_all()
        return answer

    def start(self) -> FakeHub:
        """Begin to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        self.closing.set()
        if self._kept_port is not None:
            self._kept_port.close()
        self._end_serving()
        self._server.close_connections()

    def __enter__(self) -> FakeHub:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
