# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Uploads and removals of packages, each verified on the hub."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.sequence import storing
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.timings import FAST
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, run_task

PROBE, OTHER = (read_package(str(PACKAGES / name)) for name in ("probe", "consumer"))


def test_an_upload_returns_what_the_hub_lists(hub: FakeHub) -> None:
    client = HubClient(hub.api_url, HASTY)
    record = storing.upload_package(client, PROBE, "content", Journal())
    assert client.sequences() == [record]
    assert (record.name, record.digest) == (PROBE.name, PROBE.digest)


@pytest.mark.parametrize("hub", ["0.18"], indirect=True)
def test_an_upload_that_takes_too_long_is_not_sent_again(hub: FakeHub) -> None:
    hub.fault(Fault("status", "POST", "/sequence", status=408, reason="Request Timeout"))
    result = run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    assert (result["error_code"], result["http_status"], result["changed"]) == ("TIMEOUT", 408, False), result
    assert "use a faster connection" in result["msg"]
    assert [item.method for item in hub.writes] == ["POST"]


def test_if_the_hub_lists_another_package_the_failure_has_both_names(hub: FakeHub) -> None:
    client = HubClient(hub.api_url, HASTY)
    record = storing.upload_package(client, PROBE, "content", Journal())
    with pytest.raises(SthError) as raised:
        storing.verified(client, record.id, OTHER, "content")
    assert raised.value.code == "HUB_ERROR"
    assert OTHER.ref in raised.value.message
    assert record.ref in raised.value.message


def test_a_copy_that_another_task_has_removed_is_replaced_by_its_twin(hub: FakeHub) -> None:
    client = HubClient(hub.api_url, HASTY)
    mine, twin = (storing.upload_package(client, PROBE, "content", Journal()) for _copy in range(2))
    client.sequence(mine.id).delete()
    assert storing.verified(client, mine.id, PROBE, "content").id == twin.id
    client.sequence(twin.id).delete()
    with pytest.raises(SthError, match="lists nothing there"):
        storing.verified(client, mine.id, PROBE, "content")


@pytest.mark.parametrize("used", [False, True])
def test_of_two_copies_the_smallest_id_stays_unless_another_is_used(hub: FakeHub, used: bool) -> None:
    client, journal = HubClient(hub.api_url, HASTY), Journal()
    twins = sorted(
        (storing.upload_package(client, PROBE, "content", Journal()) for _twin in range(3)), key=lambda item: item.id
    )
    other = storing.upload_package(client, OTHER, "content", Journal())
    if used:
        client.sequence(twins[1].id).start()
    stays = twins[1] if used else twins[0]
    assert storing.without_twins(client, twins[2], journal).id == stays.id
    assert {item.id for item in client.sequences()} == {stays.id, other.id}
    assert [(item["action"], item["done"]) for item in journal.as_result()] == [("delete", True)] * 2


def test_a_twin_from_which_another_task_has_just_started_an_instance_stays(hub: FakeHub) -> None:
    client, journal = HubClient(hub.api_url, HASTY), Journal()
    twins = [storing.upload_package(client, PROBE, "content", Journal()) for _twin in range(2)]
    own, other = sorted(twins, key=lambda item: item.id)
    start = client.sequence(other.id).start
    hub.fault(Fault("status", method="DELETE", path="/sequence/", status=409, then=start))
    assert storing.without_twins(client, own, journal).id == other.id
    assert [item.id for item in client.sequences()] == [other.id]
    assert [(item["action"], item["done"]) for item in journal.as_result()] == [("delete", True)]


def test_a_package_in_use_is_not_deleted_although_the_hub_would(hub: FakeHub) -> None:
    client = HubClient(hub.api_url, HASTY)
    record = storing.upload_package(client, PROBE, "content", Journal())
    instance = client.sequence(record.id).start()
    writes = len(hub.writes)
    with pytest.raises(SthError) as raised:
        storing.delete_unused(client, record, removal_timeout=bound(5))
    assert raised.value.code == "CONFLICT"
    assert instance.id in raised.value.message
    assert len(hub.writes) == writes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("removal_timeout", "patience", "busy", "told"),
    [
        (0.3, bound(10), bound(20), "removal_timeout is 0.3 s"),
        (bound(80), 0.3, bound(20), "outlived a restart"),
        (bound(80), bound(10), 0.8, ""),
    ],
    ids=["removal_timeout", "restart", "in time"],
)
def test_a_deletion_that_a_hub_refuses_is_bounded(
    removal_timeout: float,
    patience: float,
    busy: float,
    told: str,
) -> None:
    timings = dataclasses.replace(HASTY, busy_after_end=patience)
    with FakeHub("1.x", dataclasses.replace(FAST, busy=busy)) as hub:
        assert run_task("sth_sequence", hub, src=PROBE.source)["changed"]
        assert run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0)["changed"]
        absent: dict[str, Any] = {"name": "probe", "state": "absent", "in_use": "stop", "stop_timeout": 0}
        began = time.monotonic()
        result = run_task("sth_sequence", hub, timings=timings, removal_timeout=removal_timeout, **absent)
        assert time.monotonic() - began < bound(7)
        assert result.get("error_code") == ("CONFLICT" if told else None)
        assert told in result.get("msg", "")
        assert len(hub.sequences) == bool(told)
