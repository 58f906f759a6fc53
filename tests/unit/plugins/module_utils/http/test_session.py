# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which headers, credentials and proxies a request has."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
import requests

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


def test_a_redirect_is_not_followed_since_it_would_carry_the_token_away() -> None:
    moved = Exchange("GET", "/version", answer("302 Found", "", "Location: http://127.0.0.1:1/"))
    with ScriptedServer(moved) as server:
        assert failure(client(server, token="t").version).code == "HUB_ERROR"


def test_a_token_is_sent_and_basic_authentication_at_once() -> None:
    bearer = Exchange("GET", "/version", VERSION_1.answer, headers={"authorization": "Bearer t0"})
    basic = Exchange("GET", "/version", VERSION_1.answer, headers={"authorization": "Basic dTpw", "x-a": "b"})
    with ScriptedServer(bearer, basic) as server:
        client(server, token="t0").version()
        client(server, url_username="u", url_password="p", headers={"X-A": "b"}).version()


def test_no_header_is_sent_twice_in_two_spellings() -> None:
    with ScriptedServer(VERSION_1, Exchange("DELETE", "/sequence/a", answer("200 OK", "{}"))) as server:
        given = {"authorization": "Key abc", "X-SEQ-KILL-INST": "false"}
        hub = client(server, url_username="u", url_password="p", headers=given)
        hub.version()
        hub.sequence("a").delete(force=True)
        assert [server.seen[0]["authorization"], server.seen[1]["x-seq-kill-inst"]] == ["Basic dTpw", "true"]


def test_a_proxy_is_used_unless_use_proxy_is_false(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with ScriptedServer(VERSION_1) as server:
        assert "proxy" in failure(client(server, request_retries=0).version).message
        assert client(server, use_proxy=False).version().generation == "1.x"


def test_a_hub_is_reached_through_a_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(100)
            connection.sendall(b"\x05\x00")
            asked.append(connection.recv(100))
            connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x01")
            connection.recv(10_000)
            connection.sendall(answer("200 OK", '{"version":"1.0.1","apiVersion":"v1"}'))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{listener.getsockname()[1]}")
        hub = HubClient(connection_from_options({"api_url": "http://hub.example:8000"}))
        assert hub.version().generation == "1.x"
    assert b"hub.example" in asked[0]


def test_credentials_of_the_user_running_ansible_are_never_sent(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with ScriptedServer(Exchange("GET", "/version", VERSION_1.answer, absent=("authorization",))) as server:
        client(server).version()


def test_a_cookie_is_not_sent_back() -> None:
    given = answer("200 OK", '{"version":"1.0.1","apiVersion":"v1"}', "Set-Cookie: session=canary; Path=/")
    again = Exchange("GET", "/sequences", answer("200 OK", "[]"), absent=("cookie",))
    with ScriptedServer(Exchange("GET", "/version", given), again) as server:
        hub = client(server)
        hub.version()
        hub.sequences()


@pytest.mark.parametrize("path", ["", "/api/v1", "/a b/%7Ehub/%41/%2F/ü", "/a//b/../c/{}[]|^"])
@pytest.mark.parametrize("host", ["127.0.0.1", "LocalHost"])
def test_an_address_is_sent_as_requests_sends_it(host: str, path: str) -> None:
    with FakeHub() as hub:
        transport = Transport(connection_from_options({"api_url": f"HTTP://{host}:{hub.port}{path}"}))
        url = transport.url("sequence", "ü /%&")
        requests.get(url, timeout=5)
        transport.get("sequence", "ü /%&")
        transport.close()
        theirs, ours = hub.requests
        assert (theirs.path, theirs.headers["host"]) == (ours.path, ours.headers["host"])
