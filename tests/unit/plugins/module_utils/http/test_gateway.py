# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which answers are those of a gateway, and how long is waited after one."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError, LostAnswerError
from ansible_collections.scramjet.sth.plugins.module_utils.http.gateway import (
    gateway_failure,
    is_from_gateway,
    pause_after,
    retry_after,
)
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import Response
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, from_gateway
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY
from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)

DATE = "Sat, 28 Nov 2026 12:00:00 GMT"
PAGE = Response("GET", "http://hub/api/v1/sequences", 502, "Bad Gateway", b"<html></html>", "text/html")


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"upstream connect error", b'{"message": "no route"}', b"[]"])
def test_a_gateway_answers_with_anything_but_the_error_of_a_hub(body: bytes) -> None:
    for status in (429, 502, 503, 504):
        assert is_from_gateway(replace(PAGE, status=status, body=body))


@pytest.mark.parametrize("status", [200, 400, 404, 408, 409, 413, 419, 422, 500, 501, 505])
def test_other_statuses_are_not_those_of_a_gateway(status: int) -> None:
    assert not is_from_gateway(replace(PAGE, status=status))


@pytest.mark.parametrize("body", [b'{"error": "Bad Gateway"}', b'{"opStatus": "Bad Gateway"}'])
def test_an_error_of_the_hub_is_never_attributed_to_a_gateway(body: bytes) -> None:
    assert not is_from_gateway(replace(PAGE, body=body))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0.0),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("9" * 5000, 999_999_999.0),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("soon", 0.0),
        ("٣", 0.0),
        ("Sat, 28 Nov 2026 12:00:05 GMT", 5.0),
        ("Saturday, 28-Nov-26 12:01:00 GMT", 60.0),
        ("Sat, 28 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 99 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_both_forms_of_retry_after_are_read(text: str, seconds: float) -> None:
    assert retry_after(text, DATE) == seconds


def test_a_retry_after_date_needs_the_date_of_the_answer() -> None:
    assert retry_after("Sat, 28 Nov 2026 12:00:05 GMT", "") == 0.0


def test_pauses_grow_follow_retry_after_and_have_a_limit() -> None:
    error, growing = GatewayError("UNREACHABLE", "x"), Pauses(1.0, 10.0)
    assert [pause_after(error, growing, attempt, 30.0) for attempt in (1, 2, 3, 4, 5, 6, 9999)] == [
        1,
        2,
        4,
        8,
        10,
        10,
        10,
    ]
    error.retry_after = 20.0
    assert pause_after(error, growing, 1, 30.0) == 20.0
    assert pause_after(error, growing, 1, 5.0) == 5.0
    error.retry_after, error.seconds = 0.0, 60.0
    # It has waited long enough itself.
    assert pause_after(error, growing, 1, 30.0) == 0.0


def test_the_failure_names_the_gateway_and_what_to_do_without_a_secret() -> None:
    error = gateway_failure(replace(PAGE, reason="No hunter2secret", secrets=frozenset({"hunter2secret"})), 30.0)
    assert isinstance(error, GatewayError)
    assert "a gateway" in error.message
    assert "hunter2secret" not in error.message
    assert error.details["http_status"] == 502
    lost = gateway_failure(replace(PAGE, method="POST", status=504, seconds=5.0, retry_after=9.0), 40.0)
    assert isinstance(lost, LostAnswerError)
    assert all(text in lost.message for text in ("only 5 s", "more than 40 s", "proxy_read_timeout", "wait 9 s"))


@pytest.mark.parametrize(
    "status", ["429 Too Many Requests", "502 Bad Gateway", "503 Slow Down", "504 Gateway Time-out"]
)
def test_a_read_is_repeated_as_often_as_the_task_allows(status: str) -> None:
    refused = Exchange("GET", "/version", answer(status, "<html></html>", "Retry-After: 0"))
    version = Exchange("GET", "/version", answer("200 OK", '{"version":"1.0.1"}'))
    with ScriptedServer(refused, refused, version) as server:
        assert HubClient(client(server, request_retries=2).transport.connection, HASTY).version().version == "1.0.1"
    with ScriptedServer(refused, refused) as server:
        error = failure(HubClient(client(server, request_retries=1).transport.connection, HASTY).version)
    assert (error.code, error.details["http_status"]) == ("UNREACHABLE", int(status[:3]))
    assert "gateway" in error.message
    assert "not a Scramjet" not in error.message


@pytest.mark.slow
@pytest.mark.parametrize("form", ["1", "date"])
def test_retry_after_sets_the_pause(form: str) -> None:
    begun = time.time()
    # A second has begun already when the answer is written.
    text = form if form != "date" else time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(begun + 2))
    with FakeHub("1.x") as hub:
        hub.fault(from_gateway(503, "GET", "/version", retry_after=text))
        HubClient(hub.api_url, HASTY).version()
    assert time.time() - begun >= 0.99


def test_retry_after_is_limited_by_request_timeout() -> None:
    with ScriptedServer(
        Exchange("GET", "/version", answer("503 x", "", "Retry-After: 86400")),
        Exchange("GET", "/version", answer("200 OK", '{"version":"1.0.1"}')),
    ) as server:
        begun = time.monotonic()
        client(server, request_timeout=0.5).version()
    assert time.monotonic() - begun < bound(20.0)


def test_a_write_is_sent_once() -> None:
    with ScriptedServer(Exchange("POST", "/sequence", answer("503 x", "", "Retry-After: 0"))) as server:
        error = failure(client(server).send_sequence, b"x")
    assert isinstance(error, LostAnswerError)


class _Interrupted(Flag):
    """Is set while somebody waits for it."""

    def wait(self, seconds: float) -> bool:
        del seconds
        self.set()
        return True


def test_a_pause_ends_with_the_task() -> None:
    with ScriptedServer(Exchange("GET", "/version", answer("503 x", "", "Retry-After: 600"))) as server:
        hub = client(server, request_timeout=600)
        hub.transport._abandoned = _Interrupted()
        with pytest.raises(SystemExit):
            hub.version()
