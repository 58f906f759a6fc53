# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of each replica that a task wants, and those that it takes from running replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import (
    VERSIONS,
    Deployment,
    running,
    steps,
)


def test_options_that_are_not_set_are_those_of_the_latest_run() -> None:
    deployment = Deployment()
    deployment.add(0, "a", app_config={"n": {"i": 0}, "x": 1}, index_key="n.i")
    grown = deployment.goal(replicas=3)
    assert [slot.program.app_config for slot in grown.slots] == [{"n": {"i": index}, "x": 1} for index in range(3)]
    moved = deployment.goal("b", args=["y"])
    assert moved.slots[0].program.app_config == {"n": {"i": 0}, "x": 1}
    assert moved.slots[0].program.args == ("y",)


def test_a_canary_is_a_state_of_its_own_that_is_widened_narrowed_and_completed() -> None:
    deployment = running("a", 3)
    for canary, version, expected in (
        (1, "b", ["0b", "1a", "2a"]),
        (2, "b", ["0b", "1b", "2a"]),
        (1, "b", ["0b", "1a", "2a"]),
        (0, None, ["0b", "1b", "2b"]),
        (1, "b", ["0b", "1b", "2b"]),
    ):
        deployment.carry_out(deployment.plan(version, canary=canary, replicas=3))
        assert deployment.shown() == expected
        assert steps(deployment.plan(version, canary=canary, replicas=3)) == []


def test_scaling_and_restarting_leave_a_canary_alone_and_a_version_that_is_named_is_for_all() -> None:
    deployment = running("a", 3)
    deployment.carry_out(deployment.plan("b", canary=1))
    deployment.carry_out(deployment.plan(canary=None, replicas=4))
    assert deployment.shown() == ["0b", "1a", "2a", "3a"]
    restart = deployment.plan(canary=None, state="restarted")
    assert len(restart.actions) == 8
    assert restart.goal.rollout.canary == 1
    deployment.carry_out(restart)
    assert deployment.shown() == ["0b", "1a", "2a", "3a"]
    assert {slot.sequence for slot in deployment.goal("b", canary=None).slots} == {VERSIONS["b"]}
    assert {slot.sequence for slot in deployment.goal("c", canary=None).slots} == {VERSIONS["c"]}
    assert {slot.sequence for slot in deployment.goal(canary=0, state="restarted").slots} == {VERSIONS["b"]}
    deployment.carry_out(deployment.plan(canary=0))
    # Nothing is left that others could go on with.
    assert deployment.goal(canary=None).rollout.canary == 0


def test_going_back_from_a_canary_is_known_from_ended_replicas() -> None:
    deployment = running("a", 3)
    deployment.carry_out(deployment.plan("b"))
    deployment.carry_out(deployment.plan("c", canary=1))
    deployment.carry_out(deployment.plan(state="rolled_back"))
    assert deployment.shown() == ["0b", "1b", "2b"]
    position = next(
        n for n, item in enumerate(deployment.instances) if "rolled_back" in (item.app_config or {})["_sth"]
    )
    deployment.instances[position] = replace(deployment.instances[position], status="ended", outcome="failed")
    again = deployment.plan(state="rolled_back")
    assert steps(again) == ["+0"]
    assert again.goal.sequence == VERSIONS["b"]


def test_going_back_from_a_canary_brings_back_the_configuration_of_the_others() -> None:
    deployment = Deployment()
    for index in range(3):
        deployment.add(index, "a", app_config={"x": 1, "n": index}, index_key="n", replicas=3)
    deployment.carry_out(deployment.plan("b", canary=1, app_config={"x": 2}, index_key="m"))
    back = deployment.plan(state="rolled_back")
    assert steps(back) == ["+0", "-0"]
    assert [slot.program.app_config for slot in back.goal.slots] == [{"x": 1, "n": index} for index in range(3)]
    deployment.carry_out(back)
    assert deployment.shown() == ["0a", "1a", "2a"]
    assert steps(deployment.plan(state="rolled_back")) == []
    assert deployment.goal(replicas=4).slots[3].program.app_config == {"x": 1, "n": 3}


@pytest.mark.slow
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("changed", [{"app_config": {"x": 2}}, {"args": ["y"]}])
def test_a_canary_of_a_configuration_can_be_ended(changed: dict[str, Any], older: bool) -> None:
    deployment = Deployment()
    for index in range(3):
        deployment.add(index, "a", app_config={"x": 1, "n": index}, index_key="n", replicas=3)
    shown = ["0a", "1a", "2a"]
    if older:
        # The version in force before the canary is not what it goes back to.
        deployment.carry_out(deployment.plan("b"))
        shown = ["0b", "1b", "2b"]
    deployment.carry_out(deployment.plan(canary=2, **changed))
    for expected in (["+0", "-0", "+1", "-1"], []):
        back = deployment.plan(state="rolled_back", canary=None)
        assert steps(back) == expected
        deployment.carry_out(back)
        assert deployment.shown() == shown
        assert deployment.goal(canary=None).rollout.canary == 0
        assert [slot.program.app_config for slot in back.goal.slots] == [{"x": 1, "n": index} for index in range(3)]
        assert [slot.program.args for slot in back.goal.slots] == [()] * 3


def test_an_interrupted_end_of_a_canary_of_a_configuration_is_completed() -> None:
    deployment = Deployment()
    for index in range(3):
        deployment.add(index, "a", app_config={"x": 1}, replicas=3)
    deployment.carry_out(deployment.plan(canary=2, app_config={"x": 2}))
    back = deployment.plan(state="rolled_back", canary=None)
    deployment.carry_out(replace(back, batches=back.batches[:2]))
    rest = deployment.plan(state="rolled_back", canary=None)
    # The replica that has been brought back may not be ready yet.
    assert [step for step in steps(rest) if step] == ["+1", "-1"]
    assert [slot.program.app_config for slot in rest.goal.slots] == [{"x": 1}] * 3


@pytest.mark.parametrize(
    ("outcome", "generation", "replicas"),
    [("failed", 1, 3), ("completed", 1, 3), ("killed", 1, 2), ("stopped", 1, 2), ("failed", 2, 2)],
)
def test_the_last_replica_is_missed_too_if_it_has_ended_by_itself(outcome: Any, generation: int, replicas: int) -> None:
    deployment = running("a", 2, replicas=3)
    ended = deployment.add(2, "a", generation=generation, replicas=3)
    deployment.instances[-1] = replace(ended, status="ended", outcome=outcome)
    assert len(deployment.goal().slots) == replicas


def test_without_running_replicas_the_message_names_the_options_to_set() -> None:
    for state in ("present", "rolled_back"):
        with pytest.raises(SthError, match="src or sequence, app_config, args and replicas") as raised:
            Deployment().goal(state=state)
        assert raised.value.code == "NOT_FOUND"


def test_with_keep_config_options_of_the_task_apply_only_to_unknown_settings() -> None:
    deployment = Deployment()
    for index in range(2):
        deployment.add(index, "a", app_config={"x": 1, "own": index}, own_configs=2, replicas=2)
    overrides = [{"app_config": {"own": 7}}, {"app_config": {"own": 8}, "args": ["y"]}, {"app_config": {"own": 9}}]
    options: dict[str, Any] = {"app_config": {"x": 2}, "overrides": overrides, "keep_config": True}
    grown = deployment.goal(replicas=4, **options)
    assert [slot.program.app_config for slot in grown.slots] == [
        {"x": 1, "own": 0}, {"x": 1, "own": 1}, {"x": 2, "own": 9}, {"x": 2},
    ]  # fmt: skip
    assert [slot.program.args for slot in grown.slots] == [()] * 4
    del deployment.instances[0]
    assert [slot.program.app_config for slot in deployment.goal("b", **options).slots] == [
        {"x": 2, "own": 7}, {"x": 1, "own": 1},
    ]  # fmt: skip
    with pytest.raises(SthError, match="keep_config"):
        deployment.goal("b", keep_config=True)


def test_every_started_replica_has_the_limits_of_the_task() -> None:
    given: dict[str, Any] = {"limits": {"memoryMax": 256}, "start_options": {"extra": 1}}
    deployment = running("a", 3)
    goal = deployment.goal("b", canary=1, **given)
    assert [(slot.program.limits, slot.program.start_options) for slot in goal.slots] == [tuple(given.values())] * 3


def test_a_replica_that_goes_on_with_the_old_version_does_not_become_the_latest_run() -> None:
    deployment = running("a", 3)
    deployment.carry_out(deployment.plan("b", canary=1))
    del deployment.instances[0]
    deployment.carry_out(deployment.plan(canary=1))
    assert deployment.shown() == ["0b", "1a", "2a"]
    deployment.carry_out(deployment.plan())
    assert deployment.shown() == ["0b", "1b", "2b"]


def test_a_rollback_goes_one_version_back_once_and_keeps_the_configuration() -> None:
    deployment = running("a", 2)
    deployment.carry_out(deployment.plan("b", app_config={"x": 2}))
    for _again in range(2):
        deployment.carry_out(deployment.plan(state="rolled_back"))
        assert deployment.shown() == ["0a", "1a"]
        assert deployment.goal().slots[0].program.app_config == {"x": 2}
    deployment.carry_out(deployment.plan("b"))
    deployment.carry_out(deployment.plan("c"))
    deployment.carry_out(deployment.plan(state="rolled_back"))
    assert deployment.shown() == ["0b", "1b"]


def test_without_an_older_version_there_is_nothing_to_go_back_to() -> None:
    deployment = running("a", 1)
    with pytest.raises(SthError, match="keep_versions") as raised:
        deployment.plan(state="rolled_back")
    assert raised.value.code == "NOT_FOUND"


def test_the_indexes_of_this_hub_stay_until_a_task_sets_others() -> None:
    deployment = Deployment()
    options: dict[str, Any] = {
        "app_config": {"x": 1},
        "args": [],
        "index_key": "n",
        "overrides": [{}] * 5 + [{"args": ["five"]}],
    }
    deployment.carry_out(deployment.plan("a", indexes=[5, 4], **options))
    assert deployment.shown() == ["4a", "5a"]
    assert steps(deployment.plan("a", indexes=[4, 5], **options)) == []
    # Without the options, each replica keeps its index and its own settings.
    deployment.carry_out(deployment.plan("b"))
    assert deployment.shown() == ["4b", "5b"]
    assert [slot.program.app_config for slot in deployment.goal().slots] == [{"x": 1, "n": 4}, {"x": 1, "n": 5}]
    assert [slot.program.args for slot in deployment.goal().slots] == [(), ("five",)]
    # Index 4 moves to another hub and 9 comes. There are never fewer than two.
    moved = deployment.plan("b", indexes=[5, 9], **options)
    assert steps(moved) == ["+9", "-4"]
    assert [item.reason for item in moved.actions if item.action == "stop"] == [
        "the deployment has the indexes 5,9 here"
    ]
    deployment.carry_out(moved)
    assert deployment.shown() == ["5b", "9b"]
    assert steps(deployment.plan("b", indexes=[], **options)) == ["-9 -5"]
    # With a number, the indexes begin at 0 again.
    assert [slot.index for slot in deployment.goal("b", replicas=2, **options).slots] == [0, 1]


def test_a_canary_of_a_share_is_the_lowest_of_its_indexes() -> None:
    deployment = Deployment()
    deployment.carry_out(deployment.plan("a", indexes=[3, 7, 8]))
    deployment.carry_out(deployment.plan("b", indexes=[3, 7, 8], canary=1))
    assert deployment.shown() == ["3b", "7a", "8a"]
    deployment.carry_out(deployment.plan(state="rolled_back"))
    assert deployment.shown() == ["3a", "7a", "8a"]


def test_a_replica_of_a_share_that_has_ended_by_itself_is_started_again() -> None:
    deployment = Deployment()
    deployment.carry_out(deployment.plan("a", indexes=[3, 7, 8]))
    deployment.instances[1] = replace(deployment.instances[1], status="ended", outcome="failed")
    assert steps(deployment.plan()) == ["+7"]
    deployment.instances[1] = replace(deployment.instances[1], outcome="stopped")
    assert steps(deployment.plan()) == []
