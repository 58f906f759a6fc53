# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of a hub."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import PARALLEL_GETS, HubClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.state import Instance, Sequence
from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


def test_json_of_another_shape_is_not_accepted_as_an_answer_of_a_hub() -> None:
    with ScriptedServer(VERSION_1, Exchange("GET", "/entities", answer("200 OK", "[1,2]"))) as server:
        assert failure(client(server).inventory).code == "HUB_ERROR"
    with ScriptedServer(VERSION_1, Exchange("GET", "/sequences", answer("200 OK", '{"a":1}'))) as server:
        assert failure(client(server).sequences).code == "HUB_ERROR"


def log(first: str, date: str = "Date: Sat, 28 Nov 2026 12:00:20 GMT\r\n") -> list[Exchange]:
    body = f"{len(first):x}\r\n{first}\r\n"
    head = f"HTTP/1.1 200 OK\r\n{date}Transfer-Encoding: chunked\r\n\r\n"
    return [Exchange("GET", "/log", f"{head}{body}".encode())]


def test_the_uptime_of_a_hub_is_read_with_its_own_clock() -> None:
    # 2026-11-28 12:00:00 UTC
    first = '{"msg":"Node version:","level":"INFO","ts":1795867200500,"data":["v20"]}\n{"msg":"more"}\n'
    with ScriptedServer(*log(first)) as server:
        clock = client(server).clock()
    assert clock is not None
    assert (clock.started, clock.up) == (1795867200.5, 19.5)


@pytest.mark.parametrize("first", ["no JSON\n", '{"msg":"without a time"}\n', '["a list"]\n', '{"ts":"soon"}\n'])
def test_with_an_unknown_form_of_the_log_the_uptime_is_unknown(first: str) -> None:
    with ScriptedServer(*log(first)) as server:
        assert client(server).clock() is None


def test_without_the_clock_of_the_hub_the_uptime_is_unknown() -> None:
    with ScriptedServer(*log('{"ts":1795867200500}\n', date="")) as server:
        assert client(server).clock() is None


def test_requests_for_each_instance_share_a_few_connections() -> None:
    with FakeHub("0.18") as hub:
        with hub.state.lock:
            sequence = Sequence("the-sequence", {"name": "probe", "version": "1.0.0"})
            hub.state.sequences[sequence.id] = sequence
            for number in range(50):
                instance = Instance(hub.state, sequence, {"appConfig": {}, "args": []}, f"instance-{number}")
                hub.state.instances[instance.id] = instance
        for _time in range(2):
            client = HubClient(hub.api_url)
            assert len(client.instances()) == 50
            client.close()
        assert len(hub.connections) <= 2 * (1 + PARALLEL_GETS)
