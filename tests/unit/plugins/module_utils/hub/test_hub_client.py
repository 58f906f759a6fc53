# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client sends, understands and repeats."""

from __future__ import annotations

import io
import socket
import threading
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import LostAnswerError, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http import transport
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.scripted_server import Exchange, ScriptedServer, answer

VERSION_1 = Exchange("GET", "/version", answer("200 OK", '{"version":"1.0.1","apiVersion":"v1"}'))
VERSION_018 = Exchange("GET", "/version", answer("200 OK", '{"version":"0.18.7"}'))


def client(server: ScriptedServer, **options: Any) -> HubClient:
    return HubClient(connection_from_options({"api_url": server.api_url, "request_timeout": 5, **options}))


def failure(call: Any, *arguments: Any, **named: Any) -> SthError:
    with pytest.raises(SthError) as caught:
        call(*arguments, **named)
    return caught.value


def test_a_delete_says_that_it_is_json_although_it_has_no_body() -> None:
    script = Exchange(
        "DELETE", "/sequence/a", answer("200 OK", '{"id":"a"}'), b"", {"content-type": "application/json"}
    )
    with ScriptedServer(script) as server:
        client(server).delete_sequence("a")


def test_force_is_a_header_and_absent_otherwise() -> None:
    forced = Exchange("DELETE", "/sequence/a", answer("200 OK"), headers={"x-seq-kill-inst": "true"})
    plain = Exchange("DELETE", "/sequence/a", answer("404 Not Found"), absent=("x-seq-kill-inst",))
    with ScriptedServer(forced, plain) as server:
        client(server).delete_sequence("a", force=True)
        client(server).delete_sequence("a")


def test_an_upload_is_streamed_with_its_length() -> None:
    upload = Exchange(
        "POST", "/sequence", answer("200 OK", '{"id":"new"}'), b"x" * 200_000,
        {"content-length": "200000", "content-type": "application/octet-stream"}, absent=("transfer-encoding",),
    )  # fmt: skip
    with ScriptedServer(upload) as server:
        assert client(server).send_sequence(io.BytesIO(b"x" * 200_000)).id == "new"


@pytest.mark.parametrize(
    ("version", "stop"),
    [(VERSION_018, b'[4001, {"timeout": 1500, "canCallKeepalive": true}]'),
     (VERSION_1, b'{"timeout": 1500, "canCallKeepalive": true}')],
)  # fmt: skip
def test_a_stop_has_the_body_of_the_generation(version: Exchange, stop: bytes) -> None:
    with ScriptedServer(version, Exchange("POST", "/instance/i/_stop", answer("202 Accepted"), stop)) as server:
        client(server).instance("i").stop(1.5, can_keepalive=True)


@pytest.mark.parametrize(
    ("version", "body"),
    [(VERSION_018, '{"eventName":"ready","message":"m"}'), (VERSION_1, '"m"')],
)
def test_an_event_has_the_shape_of_the_generation(version: Exchange, body: str) -> None:
    event = Exchange("GET", "/instance/i/event/ready", answer("200 OK", body))
    # The answer is read before the generation is asked for.
    with ScriptedServer(event, version) as server:
        assert client(server).instance("i").last_event("ready", 5) == "m"


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
        ("419 Insufficient Space", '{"opStatus":"Insufficient Space on Resource"}', "INSUFFICIENT_RESOURCES", "Space"),
        ("400 Bad Request", '{"error":"Sequence entrypoint path nope.js is invalid"}', "START_FAILED", "nope.js"),
        ("400 Bad Request", '{"error":"spawn E2BIG"}', "INVALID_CONFIG", "E2BIG"),
        ("409 Conflict", '{"error":"already exists"}', "CONFLICT", "already exists"),
        ("500 Internal Server Error", "", "HUB_ERROR", "Internal Server Error"),
    ],
)
def test_start_failures_are_told_apart(status: str, body: str, code: str, word: str) -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer(status, body))) as server:
        error = failure(client(server).sequence("a").start)
    assert error.code == code
    assert word in error.message
    assert error.details["http_status"] == int(status[:3])


@pytest.mark.parametrize(("status", "advised"), [("500 Internal Server Error", True), ("400 Bad Request", False)])
def test_a_failure_of_the_hub_itself_says_where_to_look(status: str, advised: bool) -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer(status, '{"error":"boom"}'))) as server:
        error = failure(client(server).sequence("a").start)
    assert ("boom. Look at the hub's log for why." in error.message) == advised
    assert advised or error.message.endswith("boom.")


def test_a_start_that_fails_for_the_hubs_disks_says_what_no_log_does() -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer("500 Internal Server Error", ""))) as server:
        error = failure(client(server).sequence("a").start)
    assert "where `df` does not list `/`" in error.message
    assert "mount --bind" in error.message


def test_what_is_no_start_does_not_fail_for_the_hubs_disks() -> None:
    kill = Exchange("POST", "/instance/i/_kill", answer("500 Internal Server Error", ""))
    with ScriptedServer(VERSION_1, kill) as server:
        error = failure(client(server).instance("i").kill)
    assert error.message.endswith("Look at the hub's log for why.")


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


def test_a_text_body_of_an_error_is_told() -> None:
    kill = Exchange("POST", "/instance/i/_kill", answer("500 Internal Server Error", "400: Could not parse content"))
    with ScriptedServer(VERSION_1, kill) as server:
        assert "Could not parse content" in failure(client(server).instance("i").kill).message


@pytest.mark.parametrize("lost", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n[]"])
def test_a_read_is_repeated_when_its_answer_is_lost_or_cut_off(lost: bytes | None) -> None:
    broken, whole = Exchange("GET", "/sequences", lost), Exchange("GET", "/sequences", answer("200 OK", "[]"))
    with ScriptedServer(VERSION_1, broken, whole) as server:
        assert client(server).sequences() == []


@pytest.mark.parametrize("lost", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}"])
def test_a_write_is_never_repeated_when_its_answer_is_lost(lost: bytes | None) -> None:
    with ScriptedServer(Exchange("POST", "/sequence", lost)) as server:
        error = failure(client(server).send_sequence, b"x")
    assert isinstance(error, LostAnswerError)
    assert error.code == "UNREACHABLE"


def test_a_hub_that_answers_419_is_not_asked_again_behind_the_back() -> None:
    with ScriptedServer(Exchange("POST", "/sequence/a/start", answer("419 x"))) as server:
        assert failure(client(server).sequence("a").start).code == "INSUFFICIENT_RESOURCES"


def test_silence_ends_at_the_request_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hub = HubClient(connection_from_options({"api_url": url, "request_timeout": 0.3, "request_retries": 0}))
        assert failure(hub.version).code == "TIMEOUT"
        lost = failure(hub.send_sequence, b"x")
    assert lost.code == "TIMEOUT"
    assert isinstance(lost, LostAnswerError)


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


def test_a_proxy_is_used_unless_it_is_told_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_proxy_that_cannot_be_used_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://me:canary@127.0.0.1:1")
    error = failure(HubClient(connection_from_options({"api_url": "http://hub.example:8000"})).version)
    assert error.code == "UNREACHABLE"
    assert "proxy" in error.message
    assert "canary" not in error.message


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


def test_an_id_is_quoted_in_the_path() -> None:
    with ScriptedServer(Exchange("GET", "/sequence/a%2F..%2Fb", answer("404 Not Found"))) as server:
        assert client(server).sequence("a/../b").info() is None


def test_what_0_18_cannot_do_is_said_with_what_to_do_instead() -> None:
    with ScriptedServer(VERSION_018) as server:
        error = failure(client(server).sequence("a").overwrite, b"x")
    assert error.code == "UNSUPPORTED_BY_HUB"
    assert "on_change: replace" in error.message


def test_instances_of_an_unknown_sequence_are_none_on_both_generations() -> None:
    o = Exchange("GET", "/sequence/a/instances", answer("500 Internal Server Error", "Failed to serialize data"))
    n = Exchange("GET", "/sequence/a/instances", answer("404 Not Found", '{"error":"x"}'))
    with ScriptedServer(o, VERSION_018, n) as server:
        assert client(server).sequence("a").list_instances() == []
        assert client(server).sequence("a").list_instances() == []


def test_no_secret_is_in_a_failure() -> None:
    with ScriptedServer(Exchange("GET", "/version", answer("401 Unauthorized"))) as server:
        error = failure(client(server, token="canary", headers={"X-Key": "canary"}).version)
    assert error.code == "UNAUTHORIZED"
    assert "canary" not in error.message + repr(error.details)


def test_json_of_another_shape_is_no_hubs_answer() -> None:
    with ScriptedServer(VERSION_1, Exchange("GET", "/entities", answer("200 OK", "[1,2]"))) as server:
        assert failure(client(server).inventory).code == "HUB_ERROR"
    with ScriptedServer(VERSION_1, Exchange("GET", "/sequences", answer("200 OK", '{"a":1}'))) as server:
        assert failure(client(server).sequences).code == "HUB_ERROR"


def test_a_redirect_is_told_as_one() -> None:
    moved = answer("301 Moved Permanently", "", "Location: https://elsewhere/")
    with ScriptedServer(Exchange("GET", "/version", moved)) as server:
        assert "Redirects are not followed" in failure(client(server).version).message


def test_an_answer_without_an_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 1000)
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n"
    with ScriptedServer(Exchange("GET", "/version", endless)) as server:
        assert "without an end" in failure(client(server, request_retries=0).version).message


def test_tls_where_none_is_spoken_is_told_as_such() -> None:
    with FakeHub() as hub:
        error = failure(HubClient(hub.api_url.replace("http:", "https:")).version)
    assert "http://" in error.message
