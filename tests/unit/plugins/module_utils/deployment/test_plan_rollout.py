# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps from any state of a deployment to the wanted one."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import Batch, Policy
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import (
    VERSIONS,
    Deployment,
    running,
    steps,
)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), ["+0", "-0", "+1", "-1", "+2", "-2"]),
        (Policy(max_surge=2), ["+0 +1", "-0 -1", "+2", "-2"]),
        (Policy(max_surge=0, max_unavailable=1), ["-0", "+0", "-1", "+1", "-2", "+2"]),
        (Policy(max_surge=1, max_unavailable=1), ["+0 -0", "+1 -1", "+2 -2"]),
        (Policy("blue_green"), ["+0 +1 +2", "-0 -1 -2"]),
        (Policy("recreate"), ["-0 -1 -2", "+0 +1 +2"]),
    ],
)
def test_a_new_version_replaces_everything_as_the_strategy_says(policy: Policy, expected: list[str]) -> None:
    assert steps(running("a", 3).plan("b", policy)) == expected


def test_scaling_touches_only_the_difference_the_newest_end_first() -> None:
    assert steps(running("a", 2).plan(replicas=4)) == ["+2 +3"]
    assert steps(running("a", 5).plan(replicas=2)) == ["-4 -3 -2"]
    assert steps(running("a", 3).plan()) == []


def test_missing_replicas_are_started_before_any_is_replaced() -> None:
    deployment = running("a", 3)
    del deployment.instances[1]
    assert steps(deployment.plan()) == ["+1"]
    assert steps(deployment.plan("b", replicas=3)) == ["+1 +0", "-0", "+2", "-2"]


def test_a_new_replica_of_an_interrupted_run_is_awaited_before_the_old_one_ends() -> None:
    deployment = running("a", 2)
    deployment.add(0, "b", generation=2, replicas=2)
    batches = deployment.plan("b").batches
    assert [[item.ref for item in batch.awaited] for batch in batches][:2] == [[VERSIONS["b"].ref], []]
    assert steps(deployment.plan("b")) == ["", "-0", "+1", "-1"]


def test_new_replicas_of_an_interrupted_run_are_not_relied_on_before_they_are_ready() -> None:
    surge_none = Policy(max_surge=0, max_unavailable=1)
    deployment = running("a", 3)
    del deployment.instances[0]
    deployment.add(0, "b", generation=2, replicas=3)
    plan = deployment.plan("b", surge_none)
    assert [[item.ref for item in batch.awaited] for batch in plan.batches][:2] == [[VERSIONS["b"].ref], []]
    assert steps(plan) == ["", "-1", "+1", "-2", "+2"]
    # If the goal is a third version, the task does not wait for it, but replaces it before the replicas that are ready.
    other = deployment.plan("c", surge_none)
    assert [batch.awaited for batch in other.batches if batch.awaited] == []
    assert steps(other) == ["-0", "+0", "-1", "+1", "-2", "+2"]
    # Of those that may or may not be ready no more are ended at a time than if they were.
    deployment.add(1, "b", generation=2, replicas=3)
    del deployment.instances[0]
    assert steps(deployment.plan("c")) == ["+0", "-0", "+1", "-1", "+2", "-2"]
    # What is left of a finished run is ready.
    assert [batch.awaited for batch in running("a", 3).plan(replicas=4).batches] == [()]


def test_without_surge_and_missing_ones_only_missing_replicas_are_started() -> None:
    neither = Policy(max_surge=0, max_unavailable=0)
    deployment = running("a", 4)
    assert steps(deployment.plan("b", neither)) == []
    deployment.instances[1] = replace(deployment.instances[1], status="stopping")
    del deployment.instances[3]
    plan = deployment.plan("b", neither, replicas=4)
    assert steps(plan) == ["-1", "+1 +3"]
    deployment.carry_out(plan)
    assert deployment.shown() == ["0a", "1b", "2a", "3b"]
    # A later run goes on from there.
    assert steps(deployment.plan("b", neither)) == [""]
    assert steps(deployment.plan("b", Policy(max_surge=0, max_unavailable=1))) == ["", "-0", "+0", "-2", "+2"]
    # One that an interrupted run has left may not be ready yet. Of copies, one is enough.
    deployment = running("a", 2)
    deployment.add(2, "b", generation=2, replicas=3)
    deployment.add(2, "b", generation=2, replicas=3)
    plan = deployment.plan("b", neither, replicas=3)
    assert [len(batch.awaited) for batch in plan.batches] == [1, 0]
    assert steps(plan) == ["", "-2"]


LIVE = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from("abc"),
        st.integers(1, 3),
        st.sampled_from(["running", "running", "running", "starting", "stopping"]),
        st.sampled_from([None, {"x": 1}]),
    ),
    max_size=9,
)


@settings(max_examples=200)
@given(
    live=LIVE,
    version=st.sampled_from(["a", "b", None]),
    config=st.sampled_from([None, {"x": 1}, {"x": 2}]),
    replicas=st.one_of(st.none(), st.integers(0, 6)),
    canary=st.integers(0, 3),
    surge=st.integers(0, 3),
    unavailable=st.integers(0, 3),
    strategy=st.sampled_from(["rolling", "rolling", "blue_green", "recreate"]),
    seed=st.integers(0, 10_000),
)
def test_every_state_reaches_the_goal_within_max_surge_and_max_unavailable(
    live: list[Any], version: str | None, config: Any, replicas: int | None, canary: int, surge: int,
    unavailable: int, strategy: Any, seed: int,
) -> None:  # fmt: skip
    if version is None and not live:
        return
    policy = Policy(strategy, surge or (1 if not unavailable else 0), unavailable)
    deployment = Deployment()
    for index, letter, generation, status, app_config in live:
        deployment.add(index, letter, generation=generation, status=status, app_config=app_config, replicas=3)
    # What is not given is taken from the latest run, which a state made up at random may lose to the old version.
    options = {"app_config": config, "replicas": replicas, "canary": canary if version and config else 0}
    goal = deployment.goal(version, **options)
    plan = deployment.plan(version, policy, **options)
    if strategy == "rolling":
        check_bounds(deployment.observed, plan.batches, len(goal.slots), policy, random.Random(seed))
    deployment.carry_out(plan)
    assert len(deployment.shown()) == len(goal.slots) == len(set(item.index for item in deployment.observed.live))
    for slot in goal.slots:
        (there,) = deployment.observed.at(slot.index)
        assert not goal.differs(there, slot)
    if not goal.slots:
        return
    again = deployment.plan(version, policy, **options)
    assert [batch for batch in again.batches if batch.actions] == []
    assert again.before["replicas"] == again.after["replicas"]


def check_bounds(
    observed: Observed, batches: tuple[Batch, ...], wanted: int, policy: Policy, chance: random.Random
) -> None:
    """Carry out the steps of each batch in a random order, a start in two parts (running, ready), and check the limits after each."""
    awaited = {item.id for batch in batches for item in batch.awaited}
    ready = {item.id for item in observed.live if item.record.status == "running"} - awaited
    total = len(observed.live)
    promised = min(wanted - policy.max_unavailable, len(ready))
    most = max(wanted + policy.max_surge, total)
    for batch in batches:
        steps: list[tuple[str, str]] = [("ready", item.id) for item in batch.awaited]
        steps += [("stop", item.replica.id) for item in batch.stops]
        steps += [("run", f"new-{item.slot.index}") for item in batch.starts]
        chance.shuffle(steps)
        steps += [("ready", f"new-{item.slot.index}") for item in batch.starts]
        for step, instance in steps:
            served = len(ready)
            if step == "ready":
                ready.add(instance)
            elif step == "stop":
                ready.discard(instance)
                total -= 1
            else:
                total += 1
            assert total <= most
            assert len(ready) >= promised
            assert len(ready) >= min(served, wanted - policy.max_unavailable)
