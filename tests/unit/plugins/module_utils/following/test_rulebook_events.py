# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events that a rulebook gets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.following.rulebook_events import RulebookEvents
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, HubVersion, InstanceRecord
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.following.seen import (
    emit,
    follow,
    start,
    wait_for_streams,
)


@pytest.mark.parametrize("mask_output", [True, False])
def test_events_show_no_secret(mask_output: bool) -> None:
    with FakeHub("1.x") as hub:
        instance = start(hub, "shop", password="hunter22-of-program")
        hub.token = "hunter22-of-hub"
        given: dict[str, Any] = {"token": hub.token, "mask_output": mask_output}
        with follow(hub, events=["up"], **given) as seen:
            wait_for_streams(hub, 1)
            emit(hub, instance, "up", {"said": "hunter22-of-hub hunter22-of-program", "apiKey": "k", "n": 1})
            payload = seen.next("event")["payload"]
    shown = "********" if mask_output else "hunter22-of-program"
    assert payload == {"said": f"******** {shown}", "apiKey": "********" if mask_output else "k", "n": 1}


HUB = {"name": "north", "api_url": "http://127.0.0.1:9"}
RECORD = InstanceRecord("i", "s", "running", {"apiKey": "k3y-of-program"})


@pytest.fixture
def rulebook_events() -> RulebookEvents:
    """Tells of a hub that is signed in to with a token."""
    connection = Connection("http://127.0.0.1:9", token="t0ken-of-hub")
    return RulebookEvents("north", HubClient(connection), mask_output=True)


def test_every_event_says_of_which_hub_and_when(rulebook_events: RulebookEvents) -> None:
    told = [
        rulebook_events.reachable(HubVersion("1.0.1", "1.x"), 1.26),
        rulebook_events.unreachable(SthError("UNREACHABLE", "away")),
        rulebook_events.instance("instance_ended", RECORD, None),
        rulebook_events.event(RECORD, None, "up", Event(1), kept=True),
        rulebook_events.gap(RECORD, None, "up", 1.0, "cut"),
    ]
    assert [item["type"] for item in told] == ["hub_reachable", "hub_unreachable", "instance_ended", "event", "gap"]
    assert [item["hub"] for item in told] == [HUB] * 5
    assert all(datetime.fromisoformat(item["time"]).utcoffset() == timedelta(0) for item in told)
    assert told[0]["unreachable_for"] == 1.3
    assert all("k3y-of-program" not in str(item) for item in told)


def test_a_gap_says_since_when_events_may_be_lost(rulebook_events: RulebookEvents) -> None:
    gap = rulebook_events.gap(RECORD, None, "up", 60.0, "the connection was cut")
    since, now = (datetime.fromisoformat(gap[key]) for key in ("since", "time"))
    assert 59 < (now - since).total_seconds() < 61
    assert (gap["seconds"], gap["message"]) == (60.0, "the connection was cut")


def test_events_never_contain_a_token_or_password(rulebook_events: RulebookEvents) -> None:
    refused = rulebook_events.unreachable(SthError("UNAUTHORIZED", "The hub does not accept t0ken-of-hub"))
    cut = rulebook_events.gap(RECORD, None, "up", 1.0, "no answer to t0ken-of-hub")
    assert (refused["message"], cut["message"]) == ("The hub does not accept ********", "no answer to ********")
