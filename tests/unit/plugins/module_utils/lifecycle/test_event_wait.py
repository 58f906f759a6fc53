# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends the wait for an event."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import (
    Expectation,
    Heard,
    wait_for_event,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import (
    HASTY,
    keep_ended,
    throw,
    when_asked,
)

# Longer than any test may take.
LONG = bound(30.0)


def client(hub: FakeHub) -> HubClient:
    return HubClient(hub.api_url, timings=HASTY)


def emit(hub: FakeHub, instance: str, name: str, payload: Any) -> None:
    with hub.state.lock:
        hub.state.instances[instance].emit(name, payload)


@pytest.mark.parametrize("which", ["next", "last"])
@pytest.mark.parametrize("name", ["up", "down"])
def test_the_event_or_the_failure_event_ends_the_wait(
    hub: FakeHub, instance: str, name: str, which: Literal["next", "last"]
) -> None:
    when_asked(hub, f"/{'once' if which == 'next' else 'event'}/{name}", lambda: emit(hub, instance, name, {"n": 1}))
    heard = wait_for_event(client(hub), instance, Expectation("up", which, "down", LONG))
    assert heard == (Heard(event=Event({"n": 1})) if name == "up" else Heard(failure=Event({"n": 1})))


@pytest.mark.slow
def test_the_end_of_the_instance_ends_the_wait(hub: FakeHub, instance: str) -> None:
    keep_ended(hub)
    when_asked(hub, "/event/up", lambda: throw(hub, instance))
    heard = wait_for_event(client(hub), instance, Expectation("up", "last", "down", LONG))
    assert heard.event is None
    assert heard.ended is not None
    assert (heard.ended.id, heard.ended.live) == (instance, False)


@pytest.mark.parametrize("name", ["up", "down"])
def test_an_event_right_before_the_end_of_the_instance_is_returned(hub: FakeHub, instance: str, name: str) -> None:
    def emit_and_end() -> None:
        with hub.state.lock:
            hub.state.instances[instance].emit(name, {"n": 1})
            hub.state.instances[instance].end(137, "Instance killed")

    when_asked(hub, f"/event/{name}", emit_and_end)
    heard = wait_for_event(client(hub), instance, Expectation("up", "last", "down", LONG))
    assert heard == (Heard(event=Event({"n": 1})) if name == "up" else Heard(failure=Event({"n": 1})))


@pytest.mark.parametrize("timeout", [0.0, 0.3])
def test_the_time_limit_ends_the_wait(hub: FakeHub, instance: str, timeout: float) -> None:
    assert wait_for_event(client(hub), instance, Expectation("up", "last", None, timeout)) == Heard()


def test_a_failure_of_the_subscription_is_raised(hub: FakeHub, instance: str) -> None:
    def fail() -> None:
        raise SthError("CONFLICT", "Not now.")

    with pytest.raises(SthError, match="Not now"):
        wait_for_event(client(hub), instance, Expectation("up", "next", None, LONG), fail)
