# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from the version of a hub, and failures for a server that is not a hub, or has changed its version."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.dialect import Dialect
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.versions import FEATURES, NEWEST, read_version, text
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, run_task
from ansible_collections.scramjet.sth.tests.unit.scripted_server import Exchange, ScriptedServer, answer

ORDER = {"timeout": 1500, "canCallKeepalive": False}
AT_ONCE = {"removeImmediately": True}


def dialect(said: str, **more: str) -> Dialect:
    version = read_version({"version": said, **more})
    assert version is not None
    return Dialect(version)


def failure(call: Callable[..., Any], *given: Any) -> SthError:
    with pytest.raises(SthError) as caught:
        call(*given)
    return caught.value


def version_of(said: str, **more: str) -> Exchange:
    return Exchange("GET", "/version", answer("200 OK", json.dumps({"version": said, "apiVersion": "v1", **more})))


@pytest.mark.parametrize(
    ("said", "stop", "kill", "event"),
    [
        ("0.18.7", [4001, ORDER], {}, '{"eventName":"e","message":"m"}'),
        ("0.24.2", [4001, ORDER], {}, '{"eventName":"e","message":"m"}'),
        ("0.26.1", [4001, ORDER], [4000, AT_ONCE], '{"eventName":"e","message":"m"}'),
        ("0.28.1", [4001, ORDER], [4000, AT_ONCE], '{"eventName":"e","message":"m"}'),
        ("0.28.2", ORDER, AT_ONCE, '{"eventName":"e","message":"m"}'),
        ("0.37.0", ORDER, AT_ONCE, '{"eventName":"e","message":"m"}'),
        ("0.38.0", ORDER, AT_ONCE, '"m"'),
        ("1.0.1", ORDER, AT_ONCE, '"m"'),
    ],
)
def test_bodies_follow_from_the_version(said: str, stop: Any, kill: Any, event: str) -> None:
    spoken = dialect(said)
    assert spoken.stop_body(1.5, False) == stop
    assert spoken.kill_body(True) == kill
    assert spoken.kill_body(False) == {}
    heard = spoken.event(200, "OK", event.encode())
    assert heard is not None
    assert heard.payload == "m"


@pytest.mark.parametrize(("name", "span"), FEATURES.items())
def test_a_feature_begins_and_ends_where_the_table_says(name: str, span: Any) -> None:
    major, minor, patch = span.first
    assert span.holds(span.first)
    assert not span.holds((major, minor, patch - 1) if patch else (major, minor - 1, 99))
    assert span.mended is None or (span.first < span.mended and not span.holds(span.mended)), name


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (text((*NEWEST[:2], NEWEST[2] + 1)), "newer"),
        (text((NEWEST[0] + 6, 0, 0)), "newer"),
        ("nightly", "not a version number"),
        ("1.0", "not a version number"),
        ("", "not a version number"),
    ],
)
def test_a_version_that_nobody_knows_is_treated_as_the_newest_with_one_note(said: str, word: str) -> None:
    with FakeHub("1.x") as hub:
        hub.state.version = said
        result = run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
        assert result["changed"], result
        assert [word in note and f"treated as {text(NEWEST)}" in note for note in result["notes"]] == [True]
        assert result["hub"]["generation"] == "1.x"
        about = run_task("sth_hub_info", hub)
        assert len(about["notes"]) == 1
        assert "topics" in about["hub"]["capabilities"]


@pytest.mark.parametrize("said", ["0.18.7", "0.26.1", "1.0.1", "v1.0.1", "1.0.0-rc.1"])
def test_a_version_that_is_known_needs_no_note(said: str) -> None:
    assert dialect(said).note is None


def test_the_key_api_version_is_ignored() -> None:
    assert dialect("0.22.0", apiVersion="v1").generation == "0.18"
    assert dialect("1.0.1").generation == "1.x"


def test_the_failure_for_a_manager_says_that_it_is_not_a_hub() -> None:
    manager = version_of("1.2.3", service="@scramjet/manager")
    with ScriptedServer(manager) as server:
        error = failure(HubClient(server.api_url).sequences)
    assert error.code == "HUB_ERROR"
    assert "manages hubs but is not a hub" in error.message
    assert "one of its hubs" in error.message


def test_a_page_that_asks_for_a_login_is_not_shown() -> None:
    page = "<html><body>Please log in</body></html>"
    refused = f"HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n{page}"
    with ScriptedServer(Exchange("GET", "/version", refused.encode())) as server:
        error = failure(HubClient(server.api_url).sequences)
    assert error.code == "UNAUTHORIZED"
    assert "Check token" in error.message
    assert "log in" not in error.message


@pytest.mark.parametrize(
    ("before", "after", "lasts"),
    # What is answered contradicts the version; and where it does not, it is asked for again after a while.
    [("1.x", "0.18", 60.0), ("0.18", "1.x", 60.0), ("1.x", "0.28", 60.0), ("0.26", "0.39", 0.0)],
)
def test_a_hub_that_is_upgraded_during_a_loop_gets_the_requests_of_its_new_version(
    before: str, after: str, lasts: float
) -> None:
    with FakeHub(before) as old:
        hub = HubClient(old.api_url, replace(HASTY, version_lasts=lasts))
        hub.inventory()
        port = old.port
    with FakeHub(after, port=port) as new:
        assert run_task("sth_sequence", new, src=str(PACKAGES / "probe"))["changed"]
        options: dict[str, Any] = {"app_config": {"a": 1}, "sequence": "probe", "wait_for": "none"}
        assert not run_task("sth_instance", new, name="web", **options).get("failed")
        # As the next item of a loop does, whose connections have broken.
        hub.renew()
        hub.close()
        found = hub.inventory().instances
        assert [(item.status, (item.app_config or {}).get("a")) for item in found] == [("running", 1)]
        assert hub.version().version == new.state.version
        hub.instance(found[0].id).stop(0.05)
    hub.close()


@pytest.mark.parametrize(
    ("path", "body", "call"),
    [
        ("/sequences", '[{"id": 5}]', lambda hub: hub.sequences()),
        ("/sequences", '[{"id": "s", "config": [1]}]', lambda hub: hub.sequences()),
        ("/sequences", '[{"id": "s", "config": {"engines": "node"}}]', lambda hub: hub.sequences()),
        ("/sequences", '[{"id": "s", "config": {}, "instances": 3}]', lambda hub: hub.sequences()),
        ("/instances", '[{"id": "i", "status": "running", "sequence": 5}]', lambda hub: hub.instances()),
        ("/instances", '[{"status": "running"}]', lambda hub: hub.instances()),
        ("/instance/i", '{"id": "i", "sequence": "s"}', lambda hub: hub.instance("i").info()),
        ("/instance/i", '{"id": "i", "status": "errored", "terminated": "x"}', lambda hub: hub.instance("i").info()),
        ("/instance/i", "[]", lambda hub: hub.instance("i").info()),
        ("/sequence/s/instances", '{"a": 1}', lambda hub: hub.sequence("s").list_instances()),
        ("/sequences", '{"a": 1}', lambda hub: hub.sequences()),
        ("/sequences", "<html>", lambda hub: hub.sequences()),
        ("/instances", "[1]", lambda hub: hub.instances()),
        ("/topics", "null", lambda hub: hub.topics()),
        ("/entities", "[]", lambda hub: hub.inventory()),
        ("/entities", '{"sequences": []}', lambda hub: hub.inventory()),
        ("/load-check", "[1]", lambda hub: hub.load()),
        ("/load-check", "[]", lambda hub: hub.load()),
        ("/config", '"x"', lambda hub: hub.config()),
        ("/instance/i/event/e", "<html>", lambda hub: hub.instance("i").last_event("e", 1)),
    ],
)
def test_the_failure_for_an_unreadable_answer_names_the_version(
    path: str, body: str, call: Callable[[HubClient], Any]
) -> None:
    with ScriptedServer(version_of("1.0.1"), Exchange("GET", path, answer("200 OK", body))) as server:
        hub = HubClient(server.api_url)
        hub.version()
        error = failure(call, hub)
    assert error.code == "HUB_ERROR"
    assert "1.0.1" in error.message


@pytest.mark.parametrize(
    ("exchange", "call"),
    [
        (Exchange("POST", "/topics", answer("200 OK", "<html>")), lambda hub: hub.topic("t").create("text/plain")),
        (Exchange("DELETE", "/sequence/s", answer("200 OK", "[]")), lambda hub: hub.sequence("s").delete()),
        (
            Exchange("GET", "/instance/i/output", answer("200 OK", "<html>", "Content-Type: text/html")),
            lambda hub: hub.instance("i").read("output").__enter__(),
        ),
    ],
)
def test_the_failure_for_a_page_in_the_place_of_an_answer_names_the_version(
    exchange: Exchange, call: Callable[[HubClient], Any]
) -> None:
    with ScriptedServer(version_of("1.0.1"), exchange) as server:
        hub = HubClient(server.api_url)
        hub.version()
        error = failure(call, hub)
    assert error.code == "HUB_ERROR"
    assert "it said before that it is a hub of version 1.0.1" in error.message
    assert "check that api_url is the address of a hub's API" in error.message


@pytest.mark.parametrize("body", ["{}", "[]", '{"id": 5}', "null", ""])
def test_the_failure_for_an_answer_without_an_id_names_the_version(body: str) -> None:
    made = Exchange("POST", "/sequence", answer("200 OK", body))
    with ScriptedServer(made, version_of("0.34.2")) as server:
        error = failure(HubClient(server.api_url).send_sequence, b"x")
    assert error.code == "HUB_ERROR"
    assert "0.34.2" in error.message


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("PUT", "/sequence/s", lambda hub: hub.sequence("s").overwrite(b"x")),
        ("POST", "/topics", lambda hub: hub.topic("t").create("text/plain")),
        ("DELETE", "/topics/t", lambda hub: hub.topic("t").delete()),
    ],
)
def test_the_failure_for_a_missing_endpoint_names_the_version_that_the_hub_has_now(
    method: str, path: str, call: Callable[[HubClient], Any]
) -> None:
    missing = Exchange(method, path, answer("404 Not Found"))
    # The hub was replaced after its version was read.
    with ScriptedServer(version_of("1.0.1"), missing, version_of("0.28.5")) as server:
        error = failure(call, HubClient(server.api_url))
    assert error.code == "UNSUPPORTED_BY_HUB"
    assert "0.28.5" in error.message
    assert "1.0.1" not in error.message


def test_deleting_a_missing_topic_succeeds_and_overwriting_a_missing_sequence_fails() -> None:
    # It says that it closes, as hubs do: the next write is not to meet the end of this one's connection.
    gone = Exchange(
        "DELETE", "/topics/t", answer("404 Not Found", '{"error":"Topic t not found"}', "Connection: close")
    )
    missing = Exchange("PUT", "/sequence/s", answer("404 Not Found", '{"error":"Sequence with id: s not found"}'))
    with ScriptedServer(version_of("1.0.1"), gone, missing) as server:
        hub = HubClient(server.api_url)
        hub.topic("t").delete()
        assert failure(hub.sequence("s").overwrite, b"x").code == "NOT_FOUND"


def test_a_hub_without_the_one_list_is_read_by_the_two() -> None:
    none = Exchange("GET", "/entities", answer("404 Not Found"))
    lists = [Exchange("GET", path, answer("200 OK", "[]")) for path in ("/sequences", "/instances")]
    with ScriptedServer(version_of("1.0.1"), none, version_of("1.0.1"), *lists) as server:
        assert HubClient(server.api_url).inventory().sequences == ()


@pytest.mark.parametrize(
    "error",
    [
        '{"error":{"message":"Sequence failed on start","exitcode":22}}',
        '{"result":"error","opStatus":"Bad Request","error":{"message":"Sequence failed on start","exitcode":22}}',
        '{"error":"Sequence failed on start"}',
    ],
)
def test_the_error_of_a_start_is_read_in_its_three_shapes(error: str) -> None:
    start = Exchange("POST", "/sequence/s/start", answer("400 Bad Request", error))
    with ScriptedServer(start) as server:
        refused = failure(HubClient(server.api_url).sequence("s").start)
    assert refused.code == "START_FAILED"
    assert "Sequence failed on start" in refused.message
