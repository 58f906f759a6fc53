# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for one instance, and how the answers are read."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_018,
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


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


def test_only_a_failed_start_gets_the_advice_about_disks() -> None:
    kill = Exchange("POST", "/instance/i/_kill", answer("500 Internal Server Error", ""))
    with ScriptedServer(VERSION_1, kill) as server:
        error = failure(client(server).instance("i").kill)
    assert error.message.endswith("Look in the hub's log for the cause.")


def test_a_read_of_an_instance_whose_connection_breaks_is_repeated_on_every_hub() -> None:
    broken = Exchange("GET", "/instance/i")
    there = Exchange("GET", "/instance/i", answer("200 OK", '{"id":"i","sequenceId":"s","appConfig":{},"args":[]}'))
    with ScriptedServer(VERSION_018, broken, broken, there) as server:
        hub = client(server, request_retries=2)
        hub.version()
        record = hub.instance("i").info()
        assert record is not None
        assert record.id == "i"
    with ScriptedServer(VERSION_018, broken, broken) as server:
        hub = client(server, request_retries=1)
        hub.version()
        assert failure(hub.instance("i").info).code == "UNREACHABLE"
