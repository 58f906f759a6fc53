# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An answer that comes byte by byte ends at a time limit, whichever part of it does."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import LostAnswerError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.scripted_server import failure

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
# At once, and then byte by byte, always before the time limit for silence is over, and without an end.
SLOW = {
    "status": (b"", b"HTTP/1.1 200 " + b"O" * 10_000),
    "header": (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 10_000),
    "size of a chunk": (HEAD, b"0" * 10_000),
    "chunk": (HEAD + b"1000\r\n", b"x" * 10_000),
    "chunks": (HEAD, b"1\r\nx\r\n" * 2_000),
    "body with a length": (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"x" * 9_000),
}
PAUSE = 0.02
TIMINGS = replace(REAL, longest_answer=0.3)


@contextlib.contextmanager
def trickling(at_once: bytes, slowly: bytes, *, silent: float = 0.0) -> Iterator[str]:
    """Yield the address of a server that answers every request so, after ``silent`` seconds."""

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            time.sleep(silent)
            connection.sendall(at_once)
            for at in range(len(slowly)):
                connection.sendall(slowly[at : at + 1])
                time.sleep(PAUSE)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def client(url: str, retries: int = 0) -> HubClient:
    given = {"api_url": url, "request_timeout": 0.3, "request_retries": retries}
    return HubClient(connection_from_options(given), TIMINGS)


@pytest.mark.parametrize("part", SLOW)
def test_a_slow_answer_ends_at_its_time_limit(part: str) -> None:
    with trickling(*SLOW[part]) as url:
        begun = time.monotonic()
        error = failure(client(url).version)
        # The whole of it would take more than a minute.
        assert time.monotonic() - begun < bound(2)
    assert error.code in ("TIMEOUT", "HUB_ERROR")


def test_a_write_with_a_slow_answer_counts_as_a_lost_answer() -> None:
    with trickling(*SLOW["chunk"]) as url:
        assert isinstance(failure(client(url).send_sequence, b"x"), LostAnswerError)


@pytest.mark.slow
def test_a_read_with_a_slow_answer_is_repeated_request_retries_times() -> None:
    with trickling(*SLOW["header"]) as url:
        begun = time.monotonic()
        assert failure(client(url, retries=2).version).code == "TIMEOUT"
        assert 3 * (0.3 + TIMINGS.longest_answer) <= time.monotonic() - begun < bound(6)


@pytest.mark.slow
def test_a_stream_may_be_slow_without_a_limit() -> None:
    seconds = 3 * (0.3 + TIMINGS.longest_answer)
    count = int(seconds / PAUSE / 6)
    with (
        trickling(HEAD, b"1\r\nx\r\n" * count + b"0\r\n\r\n") as url,
        client(url).instance("a").read("output", timeout=5) as stream,
    ):
        assert b"".join(stream) == b"x" * count


@pytest.mark.slow
def test_an_answer_may_take_longer_than_connect_timeout() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
    with trickling(whole, b"", silent=1.0) as url:
        options = {"api_url": url, "connect_timeout": 0.3, "request_timeout": 600, "request_retries": 0}
        transport = HubClient(connection_from_options(options)).transport
        assert transport.get("instances").json() == []
        assert transport.write("DELETE", "instance", "a", body={}).json() == []
