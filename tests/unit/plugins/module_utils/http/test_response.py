# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures for unexpected answers."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


@pytest.mark.parametrize("status", ["500 Internal Server Error", "400 Bad Request"])
def test_a_failure_of_the_hub_itself_says_where_to_look(status: str) -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer(status, '{"error":"boom"}'))) as server:
        error = failure(client(server).sequence("a").start)
    assert "boom. Look in the hub's log for the cause." in error.message


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('{"error":{"code":"PRERUNNER_ERROR","data":"Invalid pkg tar.gz archive"}}', "Invalid pkg tar.gz archive"),
        ('{"error":{}}', "Unprocessable"),
        ('{"error":"decoder failed at key main"}', "decoder failed at key main"),
        ("", "Unprocessable"),
    ],
)
def test_every_shape_of_a_refused_package_is_understood(body: str, word: str) -> None:
    with ScriptedServer(Exchange("POST", "/sequence", answer("422 Unprocessable Entity", body))) as server:
        error = failure(client(server).send_sequence, b"x")
    assert error.code == "INVALID_PACKAGE"
    assert word in error.message


def test_the_text_of_an_error_answer_is_in_the_message() -> None:
    kill = Exchange("POST", "/instance/i/_kill", answer("500 Internal Server Error", "400: Could not parse content"))
    with ScriptedServer(VERSION_1, kill) as server:
        assert "Could not parse content" in failure(client(server).instance("i").kill).message


def test_no_secret_is_in_a_failure() -> None:
    with ScriptedServer(Exchange("GET", "/version", answer("401 Unauthorized"))) as server:
        error = failure(client(server, token="canary", headers={"X-Key": "canary"}).version)
    assert error.code == "UNAUTHORIZED"
    assert "canary" not in error.message + repr(error.details)


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://elsewhere/api/v1/version", "set api_url to https://elsewhere/api/v1."),
        ("https://elsewhere/hub-1/api/v1/version", "set api_url to https://elsewhere/hub-1/api/v1."),
        ("/login?token=abc123", "/login: set api_url to the address of the hub itself."),
        (
            "https://user:word@elsewhere:8443/#abc",
            "leads to https://elsewhere:8443/: set api_url to the address of the hub itself.",
        ),
        (
            "https://elsewhere/t0psecret-canary",
            "https://elsewhere/********: set api_url to the address of the hub itself.",
        ),
        ("http://[broken", "not followed: set api_url to the address of the hub itself."),
        ("", "not followed: set api_url to the address of the hub itself."),
    ],
)
def test_the_failure_for_a_redirect_names_its_target(location: str, told: str) -> None:
    moved = answer("301 Moved Permanently", "", f"Location: {location}")
    with ScriptedServer(Exchange("GET", "/version", moved)) as server:
        message = failure(client(server, token="t0psecret-canary").version).message
    assert "Redirects are not followed" in message
    assert message.endswith(told)


def test_the_failure_for_a_too_large_package_names_the_limit_of_the_gateway() -> None:
    page = answer("413 Request Entity Too Large", "<html></html>", "Content-Type: text/html")
    with ScriptedServer(Exchange("POST", "/sequence", page)) as server:
        assert "client_max_body_size" in failure(client(server).send_sequence, b"x").message


def test_a_token_in_the_path_of_a_redirect_is_not_shown() -> None:
    moved = answer("302 Found", "", "Location: /login/t0p%2Fsecret%2Bcanary%3D")
    with ScriptedServer(Exchange("GET", "/version", moved)) as server:
        message = failure(client(server, token="t0p/secret+canary=").version).message
    assert "/login/********: set api_url" in message
