# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that are open while a task listens for an event."""

from __future__ import annotations

import threading
from typing import Any, Literal

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.listening import Listener
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, when_asked, working_threads

# Longer than any test may take.
LONG = bound(30.0)


def client(hub: FakeHub) -> HubClient:
    return HubClient(hub.api_url, timings=HASTY)


def emit(hub: FakeHub, instance: str, payload: Any) -> None:
    with hub.state.lock:
        hub.state.instances[instance].emit("up", payload)


def test_an_event_is_heard_when_it_comes(hub: FakeHub, instance: str) -> None:
    with Listener(client(hub), instance, "up") as listener:
        assert listener.heard() is None
        assert listener.wait(0.01) is None
        emit(hub, instance, {"n": 1})
        event = listener.wait(LONG)
    assert event is not None
    assert event.payload == {"n": 1}
    assert working_threads("await ") == []


def test_an_earlier_event_is_the_last_one_but_not_the_next_one(hub: FakeHub, instance: str) -> None:
    emit(hub, instance, {"n": 1})
    with Listener(client(hub), instance, "up") as last, Listener(client(hub), instance, "up", "next") as following:
        event = last.wait(LONG)
        assert following.heard() is None
    assert event is not None
    assert event.payload == {"n": 1}


@pytest.mark.slow
@pytest.mark.parametrize("which", ["next", "last"])
def test_an_event_request_without_an_answer_is_repeated(
    hub: FakeHub, instance: str, which: Literal["next", "last"]
) -> None:
    route = "once" if which == "next" else "event"
    hub.fault(Fault("hang", method="GET", path=f"/{route}/up"))
    with Listener(client(hub), instance, "up", which) as listener:
        asked = threading.Event()
        when_asked(hub, f"/{route}/up", asked.set)
        assert listener.wait(1.0) is None
        assert asked.wait(LONG)
        emit(hub, instance, {"n": 2})
        event = listener.wait(LONG)
    assert event is not None
    assert event.payload == {"n": 2}
    assert working_threads("await ") == []


@pytest.mark.slow
def test_a_wait_ends_at_its_time_limit_and_asks_in_growing_pauses(hub: FakeHub, instance: str) -> None:
    with Listener(client(hub), instance, "up") as listener:
        assert listener.wait(2.0) is None
    # At 0, 0.5 and 1.5 seconds.
    assert 1 < len([item for item in hub.requests if item.path.endswith("/event/up")]) <= 3
    assert working_threads("await ") == []


def test_a_failure_of_the_hub_ends_the_wait(hub: FakeHub, instance: str) -> None:
    hub.fault(Fault("status", method="GET", path="/event/up", times=100))
    with Listener(client(hub), instance, "up") as listener, pytest.raises(SthError) as failure:
        listener.wait(LONG)
    assert failure.value.code == "HUB_ERROR"


def test_an_event_right_before_the_end_is_received(hub: FakeHub, instance: str) -> None:
    gone = threading.Event()

    def emit_and_end() -> None:
        with hub.state.lock:
            hub.state.instances[instance].emit("up", {"n": 3})
            hub.state.instances[instance].end(137, "Instance killed")
        gone.set()

    when_asked(hub, "/event/up", emit_and_end)
    with Listener(client(hub), instance, "up") as listener:
        assert gone.wait(LONG)
        event = listener.last_words()
    assert event is not None
    assert event.payload == {"n": 3}


def test_without_an_event_name_no_request_is_sent(hub: FakeHub, instance: str) -> None:
    before = len(hub.requests)
    with Listener(client(hub), instance, None) as listener:
        assert listener.wait(LONG) is None
        assert listener.last_words() is None
    assert len(hub.requests) == before
