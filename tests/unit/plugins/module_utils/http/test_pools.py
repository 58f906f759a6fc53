# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that are kept, and not used again when the hub may be about to close them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings

Seen = list[tuple[str, int]]


@pytest.fixture
def server() -> Iterator[tuple[str, Seen]]:
    """A server that keeps its connections; where each request came from."""
    seen: Seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.append(self.client_address)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}", seen
        serving.shutdown()


@pytest.mark.parametrize(("idle_limit", "connections"), [(600.0, 1), (-1.0, 3)])
def test_a_connection_is_used_again_unless_it_was_idle_for_long(
    server: tuple[str, Seen], idle_limit: float, connections: int
) -> None:
    url, seen = server
    transport = Transport(connection_from_options({"api_url": url}), Timings(idle_limit=idle_limit))
    for _request in range(3):
        assert transport.get("version").ok
    transport.close()
    assert (len(seen), len(set(seen))) == (3, connections)


def test_a_closed_transport_opens_new_connections(server: tuple[str, Seen]) -> None:
    url, seen = server
    transport = Transport(connection_from_options({"api_url": url}))
    for _time in range(2):
        assert transport.get("version").ok
        transport.close()
    assert len(set(seen)) == 2
