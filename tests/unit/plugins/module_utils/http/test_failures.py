# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a connection that fails says: where it failed, and what to do."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import BrokenReadError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.scripted_server import Exchange, ScriptedServer, client, failure


def test_the_failure_for_an_unusable_proxy_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://me:canary@127.0.0.1:1")
    error = failure(HubClient(connection_from_options({"api_url": "http://hub.example:8000"})).version)
    assert error.code == "UNREACHABLE"
    assert "proxy" in error.message
    assert "canary" not in error.message


def test_https_to_a_server_without_tls_is_reported_as_such() -> None:
    with FakeHub() as hub:
        error = failure(HubClient(hub.api_url.replace("http:", "https:")).version)
    assert "http://" in error.message


@pytest.mark.parametrize("name", ["NewConnectionError", "NameResolutionError"])
def test_the_name_of_an_event_does_not_influence_the_failure(name: str) -> None:
    """The text of an error of urllib3 holds the address, and so the name of the event that was waited for."""
    with ScriptedServer(Exchange("GET", f"/instance/i/once/{name}")) as server:
        error = failure(client(server).instance("i").await_event, "next", name, 5)
    assert isinstance(error, BrokenReadError)
    assert "lost its connection" in error.message


def test_an_answer_that_is_cut_off_says_how_much_is_missing() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
    with ScriptedServer(Exchange("GET", "/load-check", cut)) as server:
        error = failure(client(server, request_retries=0).load)
    assert "99 more expected" in error.message


def test_a_token_that_a_server_without_http_repeats_is_not_shown(tmp_path: pathlib.Path) -> None:
    (tmp_path / "token").write_text("canary-4711\n")
    with ScriptedServer(Exchange("GET", "/load-check", b"-ERR unknown command canary-4711\r\n")) as server:
        error = failure(client(server, request_retries=0, token_file=str(tmp_path / "token")).load)
    assert "-ERR unknown command ********" in error.message
    assert "\n" not in error.message
