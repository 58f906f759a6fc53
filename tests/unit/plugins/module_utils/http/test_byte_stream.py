# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of an answer, piece by piece as it comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import NamedTuple

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.tests.running.pace import bound

Send = Callable[[bytes], None]


class Server(NamedTuple):
    """A transport to a server, and what accepts its request."""

    transport: Transport
    accept: Callable[[], Send]


@contextmanager
def streaming(timeout: float = 60.0) -> Iterator[Server]:
    """A server that streams the data of the test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        connections: list[socket.socket] = []

        def accept() -> Send:
            connection, _address = listener.accept()
            connections.append(connection)
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

            def send(piece: bytes) -> None:
                if piece == b"cut":
                    connection.shutdown(socket.SHUT_RDWR)
                else:
                    connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))

            return send

        transport = Transport(connection_from_options({"api_url": url, "request_timeout": timeout}))
        yield Server(transport, accept)
        transport.close()
        for connection in connections:
            connection.close()


@contextmanager
def accepted(accept: Callable[[], Send]) -> Iterator[Callable[[], Send]]:
    """Let the server answer in a thread, while the test begins to read. Yield a function that waits for the thread."""
    found: SimpleQueue[Send] = SimpleQueue()
    thread = threading.Thread(target=lambda: found.put(accept()), daemon=True)
    thread.start()
    yield partial(found.get, timeout=bound(10))
    thread.join(bound(10))


def test_chunks_are_returned_as_they_arrive() -> None:
    with streaming() as server, accepted(server.accept) as found, server.transport.stream("output") as stream:
        send = found()
        pieces = iter(stream)
        for piece in (b"one", b"two"):
            send(piece)
            assert next(pieces) == piece
        send(b"")
        assert list(pieces) == []


def test_a_stream_that_is_cut_off_is_a_failure() -> None:
    with streaming() as server, accepted(server.accept) as found, server.transport.stream("output") as stream:
        send = found()
        send(b"one")
        send(b"cut")
        pieces = iter(stream)
        assert next(pieces) == b"one"
        with pytest.raises(SthError) as raised:
            next(pieces)
        assert raised.value.code == "UNREACHABLE"


def test_a_silent_stream_ends_at_its_time_limit() -> None:
    with (
        streaming() as server,
        accepted(server.accept),
        server.transport.stream("output", timeout=0.2) as stream,
        pytest.raises(SthError) as raised,
    ):
        list(stream)
    assert raised.value.code == "TIMEOUT"


def test_another_thread_can_end_a_stream() -> None:
    with streaming() as server, accepted(server.accept) as found, server.transport.stream("output") as stream:
        send = found()
        send(b"one")
        read: list[bytes] = []
        begun = threading.Event()

        def reading() -> None:
            for piece in stream:
                read.append(piece)
                begun.set()

        reader = threading.Thread(target=reading, daemon=True)
        reader.start()
        assert begun.wait(bound(10))
        stream.abort()
        reader.join(bound(10))
        assert not reader.is_alive()
        assert read == [b"one"]
