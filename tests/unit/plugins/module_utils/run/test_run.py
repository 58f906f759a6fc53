# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run of one task: its hub, its notes and warnings, and its end."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub


def run(api_url: str, **given: Any) -> Run:
    return Run({"api_url": api_url}, False, Journal(), **given)


def test_the_hub_is_described_once_it_was_asked_and_known_without_asking(hub: FakeHub) -> None:
    task = run(f"{hub.api_url}/")
    assert task.known_hub() == {"api_url": hub.api_url, "generation": None, "version": None}
    assert hub.requests == []
    described = task.describe_hub()
    assert (described["api_url"], described["generation"]) == (hub.api_url, hub.state.generation)
    assert task.known_hub() == described
    task.close()


def test_an_invalid_address_is_not_reported_as_a_hub() -> None:
    assert run("ftp://hub").known_hub()["api_url"] is None


@pytest.mark.parametrize("failed", [False, True])
def test_a_connection_is_kept_for_the_next_task_only_after_a_success(hub: FakeHub, failed: bool) -> None:
    left: list[HubClient] = []
    task = run(hub.api_url, leave_hub=left.append)
    opened = task.hub
    task.failed = failed
    task.close()
    assert left == ([] if failed else [opened])
    opened.close()


def test_a_connection_that_was_not_opened_is_not_closed() -> None:
    run("http://127.0.0.1:1", leave_hub=lambda hub: pytest.fail("it was never opened")).close()


def test_secrets_that_are_found_later_reach_the_client_too(hub: FakeHub) -> None:
    task = run(hub.api_url)
    client = task.hub
    task.hide([InstanceRecord("i", "s", "running", {"password": "canary"}, ("--token=other-canary",))])
    assert client.secrets == {"canary", "other-canary"}
    task.close()


def test_predictions_of_earlier_tasks_are_listed(hub: FakeHub) -> None:
    entry = {"hub": hub.api_url, "sequence": {"id": "predicted-1", "name": "app", "hub_version": "1"}}
    task = Run({"api_url": hub.api_url, "_predicted": [entry]}, True, Journal())
    assert [item.ref for item in task.hub.sequences()] == ["app@1"]
    task.close()
