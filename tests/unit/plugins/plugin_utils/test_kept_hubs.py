# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The items of a loop share the connections of a hub, and its version for a few seconds, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings
from ansible_collections.scramjet.sth.plugins.modules.sth_sequence_info import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils import kept_hubs
from ansible_collections.scramjet.sth.plugins.plugin_utils.in_process import run_in_process
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.versions import VERSIONS
from ansible_collections.scramjet.sth.tests.running.ports import free_port


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a new worker finds it; what a test leaves is closed."""
    kept: dict[Any, Any] = {}
    monkeypatch.setattr(kept_hubs, "_kept", kept)
    yield
    for hub, _left in kept.values():
        hub.close()


def item(hub: FakeHub, in_loop: bool = True, **arguments: Any) -> dict[str, Any]:
    """Run one item of a loop, or one task."""
    return run_in_process(
        TASK,
        "sth_sequence_info",
        {"api_url": hub.api_url, **arguments},
        check_mode=False,
        diff=False,
        tell=print,
        in_loop=in_loop,
    )


def asked(hub: FakeHub) -> list[str]:
    return [request.path.rpartition("/")[2] for request in hub.requests]


def test_items_share_one_connection_and_ask_the_version_once(hub: FakeHub) -> None:
    results = [item(hub) for _dummy in range(5)]
    assert len(hub.connections) == 1
    assert asked(hub) == ["version", *["sequences"] * 5]
    assert all(result == results[0] for result in results)


def test_tasks_share_nothing(hub: FakeHub) -> None:
    for _dummy in range(3):
        item(hub, in_loop=False)
    assert len(hub.connections) == 3
    assert asked(hub) == ["version", "sequences"] * 3


@pytest.mark.parametrize(
    "other",
    [{"token": "t"}, {"headers": {"X-A": "b"}}, {"url_username": "u"}, {"request_timeout": 7}, {"use_proxy": False}],
)
def test_other_options_make_another_session(hub: FakeHub, other: dict[str, Any]) -> None:
    item(hub)
    item(hub, **other)
    item(hub)
    assert len(hub.connections) == 2
    assert "authorization" not in hub.requests[-1].headers


def earlier_item(hub: FakeHub, timings: Timings) -> None:
    """Leave a client with these timings, as an item of a loop leaves its own."""
    client = HubClient(connection_from_options({"api_url": hub.api_url, "request_retries": 0}), timings)
    client.sequences()
    kept_hubs.leave_hub(client)


def test_a_connection_that_the_hub_may_be_closing_is_not_used(hub: FakeHub) -> None:
    earlier_item(hub, Timings(idle_limit=0.0))
    assert len(hub.connections) == len(hub.requests) == 2
    assert not item(hub, request_retries=0).get("failed")
    assert asked(hub) == ["version", "sequences"] * 2


def test_the_version_is_asked_again_after_a_while(hub: FakeHub) -> None:
    earlier_item(hub, Timings(version_lasts=0.0))
    item(hub, request_retries=0)
    assert asked(hub) == ["version", "sequences"] * 2
    # On the connection that was kept.
    assert len(hub.connections) == 1


@pytest.mark.parametrize("other", ["1.x", "0.18"])
def test_the_version_is_asked_again_if_the_hub_was_replaced(other: str) -> None:
    with FakeHub("1.x", port=free_port()) as first:
        assert item(first)["hub"]["version"] == VERSIONS["1.x"]
    with FakeHub(other, port=first.port) as second:
        assert item(second)["hub"]["version"] == VERSIONS[other]
        item(second)
    assert asked(first) == ["version", "sequences"]
    assert asked(second) == ["version", *["sequences"] * 2]


def test_nothing_is_kept_after_a_failure(hub: FakeHub) -> None:
    item(hub)
    hub.fault(Fault(kind="status", method="GET", path="/sequences", status=500))
    assert item(hub)["failed"]
    hub.faults.clear()
    assert not item(hub).get("failed")
    assert len(hub.connections) == 2
    assert asked(hub).count("version") == 2


def test_a_loop_over_many_hubs_keeps_few_connections(hub: FakeHub) -> None:
    for number in range(kept_hubs.MOST_HUBS + 5):
        item(hub, headers={"X-Number": str(number)})
    assert len(kept_hubs._kept) == kept_hubs.MOST_HUBS
    item(hub, headers={"X-Number": str(kept_hubs.MOST_HUBS)})
    assert len(hub.connections) == kept_hubs.MOST_HUBS + 5
