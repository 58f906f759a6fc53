# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that expects exactly the requests of a script, and gives the answers in it."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Callable

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.running.pace import bound


@dataclass
class Exchange:
    """One expected request and its raw answer; without an answer the connection is closed."""

    method: str
    path: str
    answer: bytes | None = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    # Called when the request has arrived.
    meanwhile: Callable[[], object] | None = None


def answer(status: str, body: str = "", *headers: str) -> bytes:
    """Return a raw HTTP answer, ``status`` as in ``404 Not Found``."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", body]).encode()


class ScriptedServer:
    """Serves a script, one exchange per connection; leaving the context checks that all of it was used."""

    def __init__(self, *script: Exchange) -> None:
        self._script = list(script)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._problems: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.seen: list[dict[str, str]] = []

    @property
    def api_url(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(bound(5))
        if kind is None:
            assert not self._problems, self._problems
            assert not self._script, f"never asked for: {self._script}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            request_line = reader.readline().decode().split()
            if not request_line:
                return
            headers: dict[str, str] = {}
            for line in iter(reader.readline, b"\r\n"):
                name, _colon, value = line.decode().partition(":")
                if name.lower() in headers:
                    self._problems.append(f"{name} was sent twice")
                headers[name.lower()] = value.strip()
            body = reader.read(int(headers.get("content-length", "0")))
        self.seen.append(headers)
        if not self._script:
            self._problems.append(f"not in the script: {request_line[:2]}")
            return
        wanted = self._script.pop(0)
        got = (request_line[0], request_line[1])
        if got != (wanted.method, f"/api/v1{wanted.path}"):
            self._problems.append(f"expected {wanted.method} {wanted.path}, got {got}")
        if wanted.body is not None and body != wanted.body:
            self._problems.append(f"expected the body {wanted.body!r}, got {body!r}")
        for name, value in wanted.headers.items():
            if headers.get(name) != value:
                self._problems.append(f"expected {name}: {value}, got {headers.get(name)}")
        self._problems += [f"unexpected header {name}" for name in wanted.absent if name in headers]
        if wanted.meanwhile is not None:
            wanted.meanwhile()
        if wanted.answer is not None:
            connection.sendall(wanted.answer)


VERSION_1 = Exchange("GET", "/version", answer("200 OK", '{"version":"1.0.1","apiVersion":"v1"}'))
VERSION_018 = Exchange("GET", "/version", answer("200 OK", '{"version":"0.18.7"}'))


def client(server: ScriptedServer, **options: Any) -> HubClient:
    """Return a client of ``server``; ``options`` are those of a connection."""
    return HubClient(connection_from_options({"api_url": server.api_url, "request_timeout": 5, **options}))


def failure(call: Callable[..., Any], *arguments: Any, **named: Any) -> SthError:
    """Return the failure that ``call`` raises."""
    with pytest.raises(SthError) as caught:
        call(*arguments, **named)
    return caught.value
