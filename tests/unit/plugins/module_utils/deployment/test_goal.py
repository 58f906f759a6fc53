# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings in force, those of the replicas beside a canary, and the goal of a rollback."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import goal_before
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import plan_rollout
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import (
    ROLLING,
    VERSIONS,
    Deployment,
    running,
)


def test_a_second_canary_replaces_the_first_and_the_other_replicas_stay() -> None:
    deployment = running("a", 3)
    for version in "bc":
        deployment.carry_out(deployment.plan(version, canary=1, replicas=3))
        assert deployment.shown() == [f"0{version}", "1a", "2a"]
    assert VERSIONS["b"] not in deployment.sequences
    # One of a configuration, too.
    deployment.carry_out(deployment.plan("a", canary=0, replicas=3))
    for number in (1, 2):
        deployment.carry_out(deployment.plan(app_config={"x": number}, canary=1))
        assert [slot.program.app_config for slot in deployment.goal(canary=1).slots] == [{"x": number}, {}, {}]


def test_a_failed_completion_of_a_canary_goes_back_to_the_canary() -> None:
    deployment = running("a", 3)
    deployment.carry_out(deployment.plan("b", canary=1))
    before, plan = deployment.observed, deployment.plan("b")
    deployment.carry_out(replace(plan, batches=plan.batches[:1], deletes=()))
    assert deployment.shown() == ["0b", "1a", "1b", "2a"]
    back = plan_rollout(deployment.observed, goal_before(before, plan.goal), ROLLING)
    deployment.carry_out(replace(plan, batches=back, deletes=()))
    assert deployment.shown() == ["0b", "1a", "2a"]
    # But not if it is the canary itself that has failed.
    canary = before.at(0)[0].id
    assert goal_before(before, plan.goal, {canary}).slots[0].sequence == VERSIONS["a"]


def test_a_rollback_keeps_running_old_replicas_and_restores_the_others() -> None:
    deployment = running("a", 3)
    before = deployment.observed
    goal = deployment.goal("b", replicas=4)
    plan = deployment.plan("b", replicas=4)
    for batch in plan.batches[:3]:
        deployment.carry_out(replace(plan, batches=(batch,), deletes=()))
    assert deployment.shown() == ["0b", "1a", "1b", "2a", "3b"]
    back = plan_rollout(deployment.observed, goal_before(before, goal), ROLLING)
    deployment.carry_out(replace(plan, batches=back, deletes=()))
    assert deployment.shown() == ["0a", "1a", "2a"]


def test_a_rollback_restores_the_settings_before_an_interrupted_update() -> None:
    deployment = Deployment()
    for index in range(3):
        deployment.add(index, "a", app_config={"x": 1, "i": index}, index_key="i", replicas=3)
    # Another configuration has the last already, and is now wanted with fewer replicas.
    deployment.instances.pop()
    deployment.add(2, "a", generation=2, app_config={"x": 2, "i": 2}, index_key="i", replicas=3)
    goal = deployment.goal(app_config={"x": 2}, index_key="i", replicas=2)
    back = goal_before(deployment.observed, goal)
    assert [slot.program.app_config for slot in back.slots] == [{"x": 1, "i": index} for index in range(3)]


def test_a_rollback_keeps_replicas_whose_package_was_removed() -> None:
    deployment = running("a", 2)
    deployment.sequences.remove(VERSIONS["a"])
    before = deployment.observed
    plan = deployment.plan("b")
    deployment.carry_out(replace(plan, batches=plan.batches[:1], deletes=()))
    assert deployment.shown() == ["0a", "0b", "1a"]
    back = plan_rollout(deployment.observed, goal_before(before, plan.goal), ROLLING)
    deployment.carry_out(replace(plan, batches=back, deletes=()))
    assert deployment.shown() == ["0a", "1a"]
