# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deployment takes over instances that others have started, without an outage."""

from __future__ import annotations

import pathlib
import shutil
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, four_times, planned, run_task

QUICK: dict[str, Any] = {"name": "web", "stable_for": 0.05, "stop_timeout": 0.05}


def start(hub: FakeHub, name: str = "web", **options: Any) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    run_task("sth_instance", hub, name=name, sequence="probe", stable_for=0, **options)


def start_nameless(hub: FakeHub, **config: Any) -> str:
    sequence = run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["sequence"]["id"]
    with hub.state.lock:
        return hub.state.start(hub.state.sequences[sequence], {"appConfig": config}).id


def live(hub: FakeHub) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = run_task("sth_instance_info", hub, status=["starting", "running", "stopping"])[
        "instances"
    ]
    return listed


def take_over(hub: FakeHub, *instances: str, sequence: str | None = None, **options: Any) -> dict[str, Any]:
    wanted = {"instances": list(instances), "sequence": sequence}
    return run_task("sth_deployment", hub, take_over=wanted, **{**QUICK, **options})


def test_an_instance_becomes_a_deployment_of_its_name(hub: FakeHub) -> None:
    start(hub, app_config={"x": 1}, args=["a"])
    wanted = {"instances": ["web"], "sequence": None}
    done = four_times("sth_deployment", hub, take_over=wanted, **QUICK)
    # The new one is ready before the old one ends.
    assert [action for action, _object in planned(done.real)] == ["start", "stop"]
    assert done.real["actions"][1]["object"].startswith("instance web from probe@")
    assert done.real["diff"]["before"]["taken_over"] == ["web"]
    (replica,) = live(hub)
    assert (replica["name"], replica["deployment"]) == ("web-0", "web")
    assert (replica["app_config"], replica["args"]) == ({"x": 1}, ["a"])
    assert done.real["deployment"]["ref"] == replica["sequence"]["ref"]


def test_a_pool_that_is_taken_over_keeps_its_size_and_overrides(hub: FakeHub) -> None:
    start(hub, count=3, app_config={"x": 1}, index_key="shard")
    result = take_over(hub, "web")
    assert [action for action, _object in planned(result)] == ["start", "stop"] * 3
    assert [(item["name"], item["deployment"], item["app_config"]) for item in live(hub)] == [
        (f"web-{index}", "web", {"x": 1, "shard": index}) for index in range(3)
    ]


def test_instances_without_a_name_are_taken_over_by_their_package(hub: FakeHub) -> None:
    ids = [start_nameless(hub, x=1), start_nameless(hub, x=1)]
    start(hub, name="stays")
    result = take_over(hub, sequence="probe", replicas=3, app_config={"x": 2})
    assert [action for action, _object in planned(result)].count("stop") == 2
    assert not {item["id"] for item in live(hub)} & set(ids)
    assert [item["name"] for item in live(hub)] == ["stays", "web-0", "web-1", "web-2"]
    assert not take_over(hub, sequence="probe")["changed"]


def test_an_update_after_taking_over_by_id_can_be_rolled_back(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    instance = start_nameless(hub)
    old = live(hub)[0]["sequence"]["ref"]
    other = pathlib.Path(shutil.copytree(PACKAGES / "probe", tmp_path / "other"))
    (other / "more").write_text("x")
    result = take_over(hub, instance, src=str(other))
    assert result["deployment"]["previous_ref"] == old
    run_task("sth_deployment", hub, state="rolled_back", **QUICK)
    assert [item["sequence"]["ref"] for item in live(hub)] == [old]


def test_if_no_replica_becomes_ready_the_old_instance_keeps_running(hub: FakeHub) -> None:
    start(hub)
    before = live(hub)
    result = take_over(hub, "web", app_config={"behaviour": "throw_at_start"})
    assert result["rolled_back"]
    assert live(hub) == before
    assert take_over(hub, "web")["changed"]


def test_an_interrupted_task_is_completed_by_the_next_run(hub: FakeHub) -> None:
    start(hub, count=2)
    take_over(hub, "web-0", replicas=1)
    assert [item["name"] for item in live(hub)] == ["web-0", "web-1"]
    take_over(hub, "web", replicas=2)
    assert [(item["name"], item["deployment"]) for item in live(hub)] == [("web-0", "web"), ("web-1", "web")]


def test_taking_over_instances_of_another_deployment_is_refused(hub: FakeHub) -> None:
    run_task("sth_deployment", hub, src=str(PACKAGES / "probe"), **{**QUICK, "name": "shop"})
    result = take_over(hub, "shop-0", src=str(PACKAGES / "probe"))
    assert result["error_code"] == "CONFLICT"
    assert "shop" in result["msg"]


def test_without_the_option_nothing_is_taken_over_and_the_message_names_it(hub: FakeHub) -> None:
    start(hub)
    result = run_task("sth_deployment", hub, src=str(PACKAGES / "probe"), **QUICK)
    assert (result["error_code"], len(live(hub))) == ("CONFLICT", 1)
    assert "take_over" in result["msg"]


def test_a_name_in_take_over_that_matches_nothing_gives_a_warning_once(hub: FakeHub) -> None:
    first = take_over(hub, "wbe", src=str(PACKAGES / "probe"))
    assert "wbe" in first["warnings"][0]
    assert not take_over(hub, "wbe").get("warnings")


@pytest.mark.parametrize(
    "options",
    [
        {"state": "absent", "take_over": {"instances": ["web"], "sequence": None}},
        {"take_over": {"instances": [], "sequence": None}},
        {"take_over": {"instances": [" "], "sequence": None}},
        {"take_over": {"instances": [], "sequence": ""}},
    ],
)
def test_contradictory_options_are_refused(options: dict[str, Any], hub: FakeHub) -> None:
    result = run_task("sth_deployment", hub, **{**QUICK, **options})
    assert result["error_code"] == "INVALID_OPTION"
    assert not hub.requests
