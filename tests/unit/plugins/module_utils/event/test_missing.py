# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task says if an event does not come."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.event.missing import missing_event
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import Expectation, Heard
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, forgotten
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub


def said(hub: FakeHub, expected: Expectation, heard: Heard) -> SthError:
    return missing_event(HubClient(hub.api_url), "some-id", "web", expected, heard)


def test_the_failure_event_is_named_and_its_payload_kept(hub: FakeHub) -> None:
    error = said(hub, Expectation("done", failure_event="failed"), Heard(failure=Event({"why": "disk full"})))
    assert error.code == "FAILURE_EVENT"
    assert "emitted 'failed' instead of 'done'" in error.message
    assert error.details["event"] == {"why": "disk full"}


def test_the_failure_for_an_ended_instance_names_the_awaited_event(hub: FakeHub) -> None:
    error = said(hub, Expectation("done"), Heard(ended=forgotten("some-id")))
    assert error.code == "ENDED_EARLY"
    assert "while the task waited for its event 'done'" in error.message


def test_a_time_out_names_the_payloads_that_the_hub_does_not_keep(hub: FakeHub) -> None:
    last, following = (said(hub, Expectation("done", which, timeout=2), Heard()) for which in ("last", "next"))
    assert (last.code, following.code) == ("TIMEOUT", "TIMEOUT")
    assert "within wait_timeout (2 s)" in last.message
    assert ("an empty string" in last.message) == hub.state.is_1x
    assert "an empty string" not in following.message
