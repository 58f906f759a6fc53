# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests are sent, which of them are repeated, and when the wait for an answer ends."""

from __future__ import annotations

import io
import socket

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import LostAnswerError
from ansible_collections.scramjet.sth.plugins.module_utils.http import transport
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


def test_a_delete_says_that_it_is_json_although_it_has_no_body() -> None:
    script = Exchange(
        "DELETE", "/sequence/a", answer("200 OK", '{"id":"a"}'), b"", {"content-type": "application/json"}
    )
    with ScriptedServer(script) as server:
        client(server).delete_sequence("a")


def test_an_upload_is_streamed_with_its_length() -> None:
    upload = Exchange(
        "POST", "/sequence", answer("200 OK", '{"id":"new"}'), b"x" * 200_000,
        {"content-length": "200000", "content-type": "application/octet-stream"}, absent=("transfer-encoding",),
    )  # fmt: skip
    with ScriptedServer(upload) as server:
        assert client(server).send_sequence(io.BytesIO(b"x" * 200_000)).id == "new"


@pytest.mark.parametrize("lost", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n[]"])
def test_a_read_is_repeated_if_its_answer_is_lost_or_incomplete(lost: bytes | None) -> None:
    broken, whole = Exchange("GET", "/sequences", lost), Exchange("GET", "/sequences", answer("200 OK", "[]"))
    with ScriptedServer(VERSION_1, broken, whole) as server:
        assert client(server).sequences() == []


@pytest.mark.parametrize("lost", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}"])
def test_a_write_is_never_repeated_when_its_answer_is_lost(lost: bytes | None) -> None:
    with ScriptedServer(Exchange("POST", "/sequence", lost)) as server:
        error = failure(client(server).send_sequence, b"x")
    assert isinstance(error, LostAnswerError)
    assert error.code == "UNREACHABLE"


def test_an_answer_419_is_not_repeated_by_the_transport() -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer("419 x"))) as server:
        assert failure(client(server).sequence("a").start).code == "INSUFFICIENT_RESOURCES"


def test_a_request_without_an_answer_ends_at_request_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hub = HubClient(connection_from_options({"api_url": url, "request_timeout": 0.3, "request_retries": 0}))
        assert failure(hub.version).code == "TIMEOUT"
        lost = failure(hub.send_sequence, b"x")
    assert lost.code == "TIMEOUT"
    assert isinstance(lost, LostAnswerError)


def test_an_id_is_quoted_in_the_path() -> None:
    with ScriptedServer(Exchange("GET", "/sequence/a%2F..%2Fb", answer("404 Not Found"))) as server:
        assert client(server).sequence("a/../b").info() is None


def test_an_endless_answer_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 1000)
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n"
    with ScriptedServer(Exchange("GET", "/version", endless)) as server:
        assert "does not end" in failure(client(server, request_retries=0).version).message
