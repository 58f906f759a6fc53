# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which instances a reference means."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.lookup import (
    assumable,
    find_instances,
    is_named_by,
    missing_instance,
    observe_instance,
    one_per_name,
    sort_key,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked, member_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task

OWN_ID = "11111111-2222-4333-8444-555555555555"


def record(own_id: str, mark: InstanceMark | None = None, **more: Any) -> InstanceRecord:
    return InstanceRecord(own_id, "s", **{"status": "running", "app_config": marked({}, mark), **more})


REPLICA = record("r", InstanceMark("shop-0", "pool", 0, "shop", Rollout()))


@pytest.mark.parametrize(
    ("reference", "meant"), [("r", True), ("shop-0", True), ("pool", True), ("shop", True), ("sho", False)]
)
def test_an_id_a_name_a_pool_and_a_deployment_are_references(reference: str, meant: bool) -> None:
    assert is_named_by(REPLICA, ("other", reference)) is meant


def test_an_unnamed_instance_is_found_only_by_its_id() -> None:
    assert is_named_by(record("i"), ("i",))
    assert not is_named_by(record("i"), ("", "None"))


def test_an_id_wins_over_a_name() -> None:
    by_id, by_name = record("web"), record("i", InstanceMark("web"))
    assert find_instances(Inventory((), (by_name, by_id)), "web") == [by_id]


def test_live_instances_come_first_and_members_in_the_order_of_their_index() -> None:
    ended = record("e", member_mark("web", 0), status="ended")
    members = [record(f"m-{index}", member_mark("web", index)) for index in (10, 9, 2)]
    found = find_instances(Inventory((), (ended, *members)), "web")
    assert [item.id for item in found] == ["m-2", "m-9", "m-10", "e"]


def test_of_several_matches_of_one_name_the_first_counts() -> None:
    twins = [record(own_id, InstanceMark("web"), created=created) for own_id, created in (("b", "1"), ("a", "2"))]
    others = [record("x"), record("y")]
    assert one_per_name(sorted([*twins, *others], key=sort_key)) == [*others, twins[0]]


@pytest.mark.parametrize(
    ("reference", "may_be"), [("web", True), (OWN_ID, False), (OWN_ID.upper(), False), (f"{OWN_ID}0", True)]
)
def test_only_a_name_and_no_id_may_refer_to_a_predicted_instance(reference: str, may_be: bool) -> None:
    assert assumable(reference) is may_be


def test_a_name_is_looked_up_in_what_the_hub_lists_and_an_empty_one_is_refused(hub: FakeHub) -> None:
    client = HubClient(hub.api_url)
    assert observe_instance(client, "web") == []
    for empty in ("", " "):
        with pytest.raises(SthError) as raised:
            observe_instance(client, empty)
        assert raised.value.code == "INVALID_OPTION"


def test_an_id_is_asked_for_without_listing_everything(hub: FakeHub) -> None:
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    client = HubClient(hub.api_url)
    (sequence,) = client.sequences()
    own_id = client.sequence(sequence.id).start().id
    before = len(hub.requests)
    assert [item.id for item in observe_instance(client, own_id)] == [own_id]
    assert [item.path for item in hub.requests[before:]] == [f"/api/v1/instance/{own_id}"]
    # One that the hub does not know may be a name.
    assert observe_instance(client, OWN_ID) == []


def test_the_failure_for_a_missing_instance_says_that_the_hub_forgets_ended_ones(hub: FakeHub) -> None:
    error = missing_instance(HubClient(hub.api_url), "web")
    assert error.code == "NOT_FOUND"
    assert "'web'" in error.message
    assert ("forgets" in error.message) is not hub.state.is_1x
