# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies of the machine where a task runs, on loopback: HTTP and SOCKS 5."""

from __future__ import annotations

import contextlib
import re
import select
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ansible_collections.scramjet.sth.tests.running.background import serving
from ansible_collections.scramjet.sth.tests.running.pace import bound


@dataclass
class ForwardProxy:
    """``kind``: http, socks5 or socks5h. ``user``: who may use it, as ``name:password``.

    ``went``: the addresses to which connections went. ``passed``: how many bytes clients have sent.
    """

    kind: str
    user: str = ""
    went: list[tuple[str, int]] = field(default_factory=list)
    passed: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    @property
    def url(self) -> str:
        """Its address, as it is written into the environment."""
        user = f"{self.user}@" if self.user else ""
        return f"{self.kind}://{user}127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def serving(self) -> Iterator[ForwardProxy]:
        """Serve."""
        with serving(self._listener, self._serve):
            yield self

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            self._http(client) if self.kind == "http" else self._socks(client)

    def _http(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return
            head += piece
        wanted = b"\r\nProxy-Authorization: Basic " + b64encode(self.user.encode())
        if self.user and wanted not in head:
            client.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        found = re.match(rb"\w+ (?:http://)?([^/: ]+):(\d+)", head)
        if found is None:
            return
        with self._to(found[1].decode(), int(found[2])) as hub:
            if head.startswith(b"CONNECT "):
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                head = b""
            self._pump(client, hub, head)

    def _socks(self, client: socket.socket) -> None:
        _version, methods = client.recv(2)
        client.recv(methods)
        client.sendall(b"\x05\x00")
        kind = client.recv(4)[3]
        host = client.recv(client.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(client.recv(4))
        with self._to(host, int.from_bytes(client.recv(2), "big")) as hub:
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            self._pump(client, hub, b"")

    def _to(self, host: str, port: int) -> socket.socket:
        self.went.append((host, port))
        return socket.create_connection((host, port), timeout=bound(5))

    def _pump(self, client: socket.socket, hub: socket.socket, first: bytes) -> None:
        pieces, ends = [first] if first else [], [client, hub]
        while True:
            for piece in pieces:
                self.passed += len(piece)
                # The hub is asked for the path alone.
                hub.sendall(re.sub(rb"^(\w+ )http://[^/ ]+", rb"\1", piece))
            pieces = []
            for readable in select.select(ends, [], [], 0.05)[0]:
                piece = readable.recv(65536)
                if not piece:
                    return
                if readable is client:
                    pieces.append(piece)
                else:
                    client.sendall(piece)
