# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for one sequence, and how the answers are read."""

from __future__ import annotations

import json

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.sequence_client import DiedAtStartError
from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


def test_force_is_a_header_and_absent_otherwise() -> None:
    forced = Exchange("DELETE", "/sequence/a", answer("200 OK"), headers={"x-seq-kill-inst": "true"})
    plain = Exchange("DELETE", "/sequence/a", answer("404 Not Found"), absent=("x-seq-kill-inst",))
    with ScriptedServer(forced, plain) as server:
        client(server).delete_sequence("a", force=True)
        client(server).delete_sequence("a")


def test_a_start_always_sends_both_app_config_and_args() -> None:
    start = Exchange(
        "POST",
        "/sequence/a/start",
        answer("200 OK", '{"id":"i"}'),
        b'{"outputTopic": "t", "appConfig": {}, "args": []}',
    )
    with ScriptedServer(start) as server:
        assert client(server).sequence("a").start(options={"outputTopic": "t"}).id == "i"


@pytest.mark.parametrize(
    ("status", "body", "code", "word"),
    [
        (
            "419 Insufficient Space",
            '{"opStatus":"Insufficient Space on Resource"}',
            "INSUFFICIENT_RESOURCES",
            "Free memory or CPU",
        ),
        ("400 Bad Request", '{"error":"Sequence entrypoint path nope.js is invalid"}', "START_FAILED", "nope.js"),
        ("400 Bad Request", '{"error":"spawn E2BIG"}', "INVALID_CONFIG", "E2BIG"),
        ("409 Conflict", '{"error":"already exists"}', "CONFLICT", "already exists"),
        ("500 Internal Server Error", "", "HUB_ERROR", "Internal Server Error"),
    ],
)
def test_start_failures_have_different_error_codes(status: str, body: str, code: str, word: str) -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer(status, body))) as server:
        error = failure(client(server).sequence("a").start)
    assert error.code == code
    assert word in error.message
    assert error.details["http_status"] == int(status[:3])


@pytest.mark.parametrize(
    ("said", "died"), [("Runner failed", True), ("Sequence failed on start", True), ("entrypoint is invalid", False)]
)
def test_a_program_that_died_before_its_start_was_answered_has_its_own_error(said: str, died: bool) -> None:
    refused = answer("400 Bad Request", json.dumps({"error": said}))
    with ScriptedServer(Exchange("POST", "/sequence/a/start", refused)) as server:
        error = failure(client(server).sequence("a").start)
    assert (error.code, isinstance(error, DiedAtStartError)) == ("START_FAILED", died)


def test_a_start_that_fails_because_of_the_disks_of_the_hub_says_so() -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer("500 Internal Server Error", ""))) as server:
        error = failure(client(server).sequence("a").start)
    assert "if `df` does not list `/`" in error.message
    assert "mount --bind" in error.message


def test_instances_of_an_unknown_sequence_are_none_on_both_generations() -> None:
    o = Exchange("GET", "/sequence/a/instances", answer("500 Internal Server Error", "Failed to serialize data"))
    n = Exchange("GET", "/sequence/a/instances", answer("404 Not Found", '{"error":"x"}'))
    with ScriptedServer(o, n) as server:
        assert client(server).sequence("a").list_instances() == []
        assert client(server).sequence("a").list_instances() == []
