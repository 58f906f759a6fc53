# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for one topic, and how the answers are read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


@pytest.fixture
def topics() -> Iterator[FakeHub]:
    with FakeHub("1.x") as hub:
        yield hub


def test_a_topic_is_made_once_and_its_removal_can_be_repeated(topics: FakeHub) -> None:
    hub = HubClient(topics.api_url)
    topic = hub.topic("orders")
    topic.create("text/plain")
    assert [item["topic"] for item in hub.topics()] == ["orders"]
    with pytest.raises(SthError, match="orders exists") as raised:
        topic.create("text/plain")
    assert raised.value.code == "CONFLICT"
    topic.delete()
    topic.delete()
    assert hub.topics() == []


def test_a_topic_is_read_with_the_content_type_of_its_data(topics: FakeHub) -> None:
    topic = HubClient(topics.api_url).topic("orders")
    topic.write(b"one\n", "text/plain")
    with topic.read("text/plain", timeout=bound(5)) as chunks:
        assert next(iter(chunks)) == b"one\n"
    with pytest.raises(SthError), topic.read("application/octet-stream", timeout=bound(5)):
        pass


def test_a_hub_without_topics_is_not_asked_for_one() -> None:
    with FakeHub("0.18") as hub:
        topic = HubClient(hub.api_url).topic("orders")
        for refused in (failure(topic.create, "text/plain"), failure(topic.delete)):
            assert refused.code == "UNSUPPORTED_BY_HUB"
        assert hub.writes == []


def test_other_refusals_of_a_topic_are_not_conflicts() -> None:
    refused = Exchange("POST", "/topics", answer("400 Bad Request", '{"error":"Topic id incorrect format"}'))
    with ScriptedServer(VERSION_1, refused) as server:
        error = failure(client(server).topic("a b").create, "text/plain")
    assert error.code == "HUB_ERROR"
    assert "incorrect format" in error.message
