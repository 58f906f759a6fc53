# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The differences between hubs: bodies of requests, and shapes of answers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.dialect import Dialect, dialect_for
from ansible_collections.scramjet.sth.plugins.module_utils.hub.versions import read_version
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, HubVersion

OLD, NEW = dialect_for(HubVersion("0.18.7", "0.18")), dialect_for(HubVersion("1.0.1", "1.x"))


@pytest.mark.parametrize(
    ("answer", "generation"),
    [
        ({"version": "0.18.7"}, "0.18"),
        ({"version": "1.0.1", "apiVersion": "v1"}, "1.x"),
        ({"version": "0.99.0", "apiVersion": "v1"}, "1.x"),
        ({"version": "2.0.0"}, "1.x"),
    ],
)
def test_the_generation_follows_from_the_version(answer: dict[str, Any], generation: str) -> None:
    version = read_version(answer)
    assert version is not None
    assert (version.version, version.generation) == (answer["version"], generation)
    assert dialect_for(version).generation == generation


@pytest.mark.parametrize("answer", [None, [], "1.0.0", {}, {"version": 1}])
def test_an_answer_that_no_hub_gives_is_not_accepted_as_a_version(answer: Any) -> None:
    assert read_version(answer) is None


def test_a_stop_and_a_kill_have_the_body_of_the_generation() -> None:
    body = {"timeout": 1500, "canCallKeepalive": False}
    assert (NEW.stop_body(1.5, False), OLD.stop_body(1.5, False)) == (body, [4001, body])
    assert (NEW.kill_body(True), OLD.kill_body(True)) == ({"removeImmediately": True}, {})
    assert NEW.kill_body(False) == {}


def test_events_are_sent_in_one_form_and_0_18_takes_only_text() -> None:
    assert NEW.event_body("e", "m") == OLD.event_body("e", "m") == [5001, {"eventName": "e", "message": "m"}]
    assert NEW.event_body("e", {"a": 1}) == [5001, {"eventName": "e", "message": {"a": 1}}]
    with pytest.raises(SthError, match="text") as raised:
        OLD.event_body("e", {"a": 1})
    assert raised.value.code == "UNSUPPORTED_BY_HUB"


@pytest.mark.parametrize(
    ("status", "reason", "body", "event"),
    [
        (200, "OK", b'{"a": 1}', Event({"a": 1})),
        (200, "OK", b"", Event(None, lost=True)),
        (204, "No Content", b"", Event(None)),
        (200, "OK", b"<html>", None),
        (500, "Error", b"500: Failed to serialize data", Event(None)),
        (418, "Teapot", b'{"error": "Teapot", "more": 1}', Event({"opStatus": "Teapot", "more": 1})),
        (404, "Not Found", b'{"error": "no such instance"}', None),
    ],
)
def test_whatever_a_program_emits_is_read_on_1_x(status: int, reason: str, body: bytes, event: Event | None) -> None:
    assert NEW.event(status, reason, body) == event


@pytest.mark.parametrize(
    ("status", "body", "event"),
    [
        (200, b'{"eventName": "e", "message": ""}', Event("")),
        (200, b'"m"', None),
        (404, b'{"eventName": "e", "message": "m"}', None),
    ],
)
def test_an_event_is_read_on_0_18(status: int, body: bytes, event: Event | None) -> None:
    assert OLD.event(status, "x", body) == event


@pytest.mark.parametrize(
    ("dialect", "line", "event"),
    [
        (OLD, b'{"eventName":"e","message":[1]}', Event([1])),
        (OLD, b'{"eventName":"e"}', Event(None)),
        (NEW, b'{"eventName":"e","message":[1]}', Event({"eventName": "e", "message": [1]})),
        (NEW, b"7", Event(7)),
        # What is false in JavaScript.
        (NEW, b"{}", Event({}, lost=True)),
    ],
)
def test_a_followed_event_is_read_from_both(dialect: Dialect, line: bytes, event: Event) -> None:
    assert dialect.event_line(line) == event


@pytest.mark.parametrize("line", [b"<html>", b"7"])
def test_an_invalid_event_of_the_event_stream_is_refused(line: bytes) -> None:
    with pytest.raises(SthError) as failure:
        OLD.event_line(line)
    assert failure.value.code == "HUB_ERROR"


def instance(dialect: Dialect, **raw: Any) -> Any:
    return dialect.instance({"id": "i", **raw})


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("initializing", "starting"),
        ("running", "running"),
        ("killing", "stopping"),
        ("gone", "ended"),
    ],
)
def test_the_status_of_an_instance(said: str, status: str) -> None:
    assert instance(NEW, status=said).status == status


def test_a_status_is_missed_only_where_there_is_one() -> None:
    assert instance(OLD).status == "running"
    with pytest.raises(SthError, match="without a status") as raised:
        instance(NEW)
    assert raised.value.code == "HUB_ERROR"


@pytest.mark.parametrize(
    ("status", "reason", "engine", "outcome"),
    [
        ("completed", "Instance completed", "node", "completed"),
        # A stop sets the status of what has ended back.
        ("stopping", "Instance killed", "node", "killed"),
        ("errored", "Instance errored", "node", "failed"),
        ("errored", "Instance errored", "python3", "unknown"),
        ("stopping", "Instance errored", "node", "unknown"),
        # Without a code too it is not known: test_reading.py.
        ("errored", None, "node", "failed"),
    ],
)
def test_1_x_reports_how_an_instance_ended(status: str, reason: str | None, engine: str, outcome: str) -> None:
    sequence = {"id": "s", "config": {"engines": {engine: ""}}}
    record = instance(NEW, status=status, terminated={"reason": reason, "exitcode": 7}, sequence=sequence)
    assert (record.status, record.outcome, record.exit_code, record.reason) == ("ended", outcome, 7, reason)


def test_an_instance_is_read_from_both() -> None:
    config, args = {"a": 1}, ["x"]
    new = instance(NEW, status="running", sequence={"id": "s"}, appConfig=config, args=args, requires="in", provides="")
    old = instance(OLD, sequence="s", appConfig=config, sequenceArgs=args)
    for record in (new, old):
        assert (record.sequence_id, record.status, record.app_config, record.args) == ("s", "running", config, ("x",))
    assert (new.input_topic, new.output_topic, new.outcome) == ("in", None, None)


def test_a_list_of_instances_is_read_as_each_of_them_is() -> None:
    listed = [{"id": name, "status": "running", "args": [name]} for name in ("i", "j")]
    assert NEW.instances(listed) == [NEW.instance(item) for item in listed]
    with pytest.raises(SthError, match="an instance without a status") as raised:
        NEW.instances([*listed, {"id": "k"}])
    assert raised.value.code == "HUB_ERROR"


@pytest.mark.parametrize("dialect", [OLD, NEW])
def test_app_config_and_args_of_an_instance_may_be_any_json(dialect: Dialect) -> None:
    record = instance(dialect, status="running", appConfig="text", args=7, sequenceArgs={"a": 1})
    assert (record.app_config, record.args, record.sequence_id) == ({}, (), "")


@pytest.mark.parametrize("dialect", [OLD, NEW])
def test_a_sequence_is_read_whatever_its_package_lacks(dialect: Dialect) -> None:
    config = {"name": "app", "version": "1.0.0", "engines": {"python3": ">=3"}}
    whole = dialect.sequence({"id": "s", "config": config, "instances": ["i"]})
    assert (whole.ref, whole.engine, whole.instances) == ("app@1.0.0", "python3", ("i",))
    bare = dialect.sequence({"id": "s", "config": None})
    assert (bare.name, bare.hub_version, bare.engine, bare.instances) == ("", "", "", ())
