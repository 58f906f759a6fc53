# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance is read through an outage of the gateway; tests/scenarios/test_gateways.py has the tasks that wait for one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.outages import read_through
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, from_gateway
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY

READS = "/instance|/entities"


@pytest.fixture
def client(hub: FakeHub) -> Iterator[HubClient]:
    """A client that repeats no request by itself."""
    opened = HubClient(Connection(hub.api_url, request_retries=0), replace(HASTY, outage=0.5))
    yield opened
    opened.close()


def test_an_outage_is_waited_out(hub: FakeHub, instance: str, client: HubClient) -> None:
    hub.fault(from_gateway(502, "GET", READS, times=2))
    record = read_through(client, instance, Deadline(bound(20)))
    assert record is not None
    assert record.id == instance
    assert hub.faults[0].times == 0


@pytest.mark.parametrize("seconds", [0.0, bound(20)], ids=["bound", "outage"])
def test_the_wait_ends_at_its_limit_or_with_the_outage(
    hub: FakeHub, instance: str, client: HubClient, seconds: float
) -> None:
    hub.fault(from_gateway(503, "GET", READS, times=10**6))
    began = time.monotonic()
    with pytest.raises(GatewayError) as raised:
        read_through(client, instance, Deadline(seconds))
    assert raised.value.details["http_status"] == 503
    assert time.monotonic() - began < bound(10)
