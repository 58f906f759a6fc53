# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which steps a deployment gets from any state to the wanted one."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import Goal, goal_before
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import DeploymentPlan, plan_present
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import Batch, Policy, plan_rollout
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, replicas_of
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.wanted import wanted_goal
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masking import Masker

VERSIONS = {letter: SequenceRecord(f"id-{letter}", "app", f"1.0.0+sha256.{letter * 64}") for letter in "abc"}
ROLLING = Policy()


@dataclass
class Deployment:
    """A deployment that plans are carried out on."""

    instances: list[InstanceRecord] = field(default_factory=list)
    sequences: list[SequenceRecord] = field(default_factory=lambda: list(VERSIONS.values()))
    _ids: Any = field(default_factory=itertools.count)

    def add(
        self,
        index: int,
        version: str,
        *,
        generation: int = 1,
        app_config: dict[str, Any] | None = None,
        status: Any = "running",
        **rollout: Any,
    ) -> InstanceRecord:
        # As of a real run: another content is another digest.
        carried = Rollout(generation, f"{version}{app_config}", **{"replicas": 1, **rollout})
        mark = InstanceMark(f"web-{index}", "web", index, "web", carried)
        record = self._record(marked(app_config or {}, mark), VERSIONS[version].id)
        self.instances.append(replace(record, status=status))
        return self.instances[-1]

    @property
    def observed(self) -> Observed:
        return replicas_of("web", Inventory(tuple(self.sequences), tuple(self.instances)))

    def goal(self, version: str | None = None, **options: Any) -> Goal:
        return wanted_goal(self.observed, wanted(**options), VERSIONS[version] if version else None, "http://hub")

    def plan(
        self, version: str | None = None, policy: Policy = ROLLING, keep: int = 1, **options: Any
    ) -> DeploymentPlan:
        goal = self.goal(version, keep_versions=keep, **options)
        return plan_present(self.observed, goal, policy, upload=False, keep_versions=keep, masker=Masker())

    def carry_out(self, plan: DeploymentPlan) -> None:
        for step in (step for batch in plan.batches for step in batch.stops):
            self.instances.remove(step.replica.record)
        for start in (start for batch in plan.batches for start in batch.starts):
            program = start.slot.program
            record = self._record(program.start_app_config(), start.slot.sequence.id)
            self.instances.append(replace(record, args=program.args or ()))
        for action in plan.deletes:
            self.sequences.remove(action.target)

    def shown(self) -> list[str]:
        """Return ``<index><version>`` of what runs."""
        names = {item.id: letter for letter, item in VERSIONS.items()}
        return [f"{item.index}{names[item.record.sequence_id]}" for item in self.observed.live]

    def _record(self, app_config: dict[str, Any], sequence_id: str) -> InstanceRecord:
        number = next(self._ids)
        created = f"2026-01-01T00:00:{number:02}Z"
        return InstanceRecord(f"i-{number}", sequence_id, "running", app_config, created=created)


def wanted(**options: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("app_config", "args", "index_key", "overrides", "input_topic", "output_topic", "limits", "replicas")
    )
    given = {
        "state": "present",
        "name": "web",
        "canary": 0,
        "start_options": {},
        "keep_versions": 1,
        "keep_config": False,
    }
    return {**nothing, **given, **options}


def running(version: str, count: int, **mark: Any) -> Deployment:
    deployment = Deployment()
    for index in range(count):
        deployment.add(index, version, **{"replicas": count, **mark})
    return deployment


def steps(plan: DeploymentPlan) -> list[str]:
    """Return the steps, those of one batch together: ``+0 -0`` starts and stops replica 0."""
    return [
        " ".join(
            [*(f"+{item.slot.index}" for item in batch.starts), *(f"-{item.replica.index}" for item in batch.stops)]
        )
        for batch in plan.batches
    ]


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


def test_what_is_not_there_is_started_before_anything_is_replaced() -> None:
    deployment = running("a", 3)
    del deployment.instances[1]
    assert steps(deployment.plan()) == ["+1"]
    assert steps(deployment.plan("b", replicas=3)) == ["+1 +0", "-0", "+2", "-2"]


def test_a_changed_configuration_rolls_without_an_upload() -> None:
    plan = running("a", 2, app_config={"x": 1}).plan(app_config={"x": 2})
    assert steps(plan) == ["+0", "-0", "+1", "-1"]
    assert plan.first == ()
    assert plan.before["replicas"]["web-0"]["app_config"] == {"x": 1}
    assert plan.after["replicas"]["web-0"]["app_config"] == {"x": 2}


def test_what_is_not_given_is_that_of_the_latest_run_with_the_own_index() -> None:
    deployment = Deployment()
    deployment.add(0, "a", app_config={"n": {"i": 0}, "x": 1}, index_key="n.i")
    grown = deployment.goal(replicas=3)
    assert [slot.program.app_config for slot in grown.slots] == [{"n": {"i": index}, "x": 1} for index in range(3)]
    moved = deployment.goal("b", args=["y"])
    assert moved.slots[0].program.app_config == {"n": {"i": 0}, "x": 1}
    assert moved.slots[0].program.args == ("y",)


def test_what_had_overrides_is_kept_and_never_guessed() -> None:
    deployment = Deployment()
    deployment.add(0, "a", app_config={"x": 1, "first": True}, own_configs=1)
    with pytest.raises(SthError, match="of its own") as raised:
        deployment.plan(replicas=2)
    assert raised.value.code == "INVALID_CONFIG"
    deployment.add(1, "a", app_config={"x": 1}, own_configs=1)
    goal = deployment.goal("b", replicas=3)
    assert [slot.program.app_config for slot in goal.slots] == [{"x": 1, "first": True}, {"x": 1}, {"x": 1}]
    del deployment.instances[0]
    with pytest.raises(SthError, match="of its own"):
        deployment.plan(replicas=2)


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


def test_another_canary_takes_the_place_of_the_first_and_the_rest_stays_what_is_in_force() -> None:
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


def test_a_version_that_never_was_in_force_is_none_to_go_back_to() -> None:
    for canary in (1, 0):
        deployment = running("a", 3)
        attempt = deployment.plan("b", canary=canary)
        # It is completed as a canary, or left where it failed or was cut off.
        deployment.carry_out(replace(attempt, batches=attempt.batches[: None if canary else 1]))
        plan = deployment.plan("c", keep=1)
        assert [(item.object, item.reason) for item in plan.deletes] == [
            (f"sequence {VERSIONS['b'].ref}", "it is none to go back to")
        ]
        deployment.carry_out(plan)
        deployment.carry_out(deployment.plan(state="rolled_back"))
        assert deployment.shown() == ["0a", "1a", "2a"]


def test_what_a_cut_off_run_wanted_to_remove_is_still_known_and_removed() -> None:
    deployment = running("a", 2)
    deployment.carry_out(deployment.plan("b", canary=1))
    deployment.carry_out(replace(deployment.plan("c", keep=3, canary=1), deletes=()))
    assert [item.object for item in deployment.plan("c", keep=3).deletes] == [f"sequence {VERSIONS['b'].ref}"]


def test_a_canary_does_not_take_the_place_of_a_version_that_is_kept() -> None:
    deployment = running("a", 2)
    deployment.carry_out(deployment.plan("b"))
    deployment.carry_out(deployment.plan("c", canary=1))
    assert len(deployment.sequences) == 3
    deployment.carry_out(deployment.plan("b"))
    assert deployment.sequences == [VERSIONS["a"], VERSIONS["b"]]


def test_a_version_to_which_another_deployment_can_go_back_stays() -> None:
    deployment = running("a", 1)
    deployment.carry_out(deployment.plan("b"))
    mark = InstanceMark("api-0", "api", 0, "api", Rollout(2, "x", 1, versions=(VERSIONS["a"].ref,)))
    deployment.instances.append(InstanceRecord("other", VERSIONS["b"].id, "running", marked({}, mark)))
    assert deployment.plan("c", keep=0).deletes == ()
    assert deployment.plan("c", keep=0, state="present").goal.rollout.given_up == (VERSIONS["b"].ref, VERSIONS["a"].ref)


def test_going_back_from_a_canary_is_remembered_by_what_has_ended() -> None:
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


@pytest.mark.parametrize(
    ("outcome", "generation", "replicas"),
    [("failed", 1, 3), ("completed", 1, 3), ("killed", 1, 2), ("stopped", 1, 2), ("failed", 2, 2)],
)
def test_a_highest_replica_that_has_ended_by_itself_is_missed(outcome: Any, generation: int, replicas: int) -> None:
    deployment = running("a", 2, replicas=3)
    ended = deployment.add(2, "a", generation=generation, replicas=3)
    deployment.instances[-1] = replace(ended, status="ended", outcome=outcome)
    assert len(deployment.goal().slots) == replicas


def test_where_nothing_runs_it_is_said_what_to_give() -> None:
    for state in ("present", "rolled_back"):
        with pytest.raises(SthError, match="src or sequence, app_config, args and replicas") as raised:
            Deployment().goal(state=state)
        assert raised.value.code == "NOT_FOUND"


def test_with_keep_config_the_task_counts_only_where_nothing_tells_what_to_run() -> None:
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


def test_whatever_is_started_has_the_limits_of_the_task() -> None:
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


def test_old_versions_go_but_those_that_are_kept_or_used() -> None:
    deployment = running("a", 1)
    deployment.carry_out(deployment.plan("b"))
    assert [item.object for item in deployment.plan("c", keep=1).deletes] == [f"sequence {VERSIONS['a'].ref}"]
    assert [item.object for item in deployment.plan("c", keep=0).deletes] == [
        f"sequence {VERSIONS['b'].ref}",
        f"sequence {VERSIONS['a'].ref}",
    ]
    deployment.instances.append(InstanceRecord("other", VERSIONS["a"].id, "running", {}))
    assert deployment.plan("c", keep=1).deletes == ()


def test_a_replica_that_a_cut_off_run_has_left_unproven_is_awaited_before_the_old_one_ends() -> None:
    deployment = running("a", 2)
    deployment.add(0, "b", generation=2, replicas=2)
    batches = deployment.plan("b").batches
    assert [[item.ref for item in batch.awaited] for batch in batches][:2] == [[VERSIONS["b"].ref], []]
    assert steps(deployment.plan("b")) == ["", "-0", "+1", "-1"]


def test_without_the_gate_of_its_start_no_replica_of_an_unfinished_run_is_relied_on() -> None:
    surge_none = Policy(max_surge=0, max_unavailable=1)
    deployment = running("a", 3)
    del deployment.instances[0]
    deployment.add(0, "b", generation=2, replicas=3)
    plan = deployment.plan("b", surge_none)
    assert [[item.ref for item in batch.awaited] for batch in plan.batches][:2] == [[VERSIONS["b"].ref], []]
    assert steps(plan) == ["", "-1", "+1", "-2", "+2"]
    # With yet another version it is not waited for, but replaced before what is ready.
    other = deployment.plan("c", surge_none)
    assert [batch.awaited for batch in other.batches if batch.awaited] == []
    assert steps(other) == ["-0", "+0", "-1", "+1", "-2", "+2"]
    # Of those that may or may not be ready no more are ended at a time than if they were.
    deployment.add(1, "b", generation=2, replicas=3)
    del deployment.instances[0]
    assert steps(deployment.plan("c")) == ["+0", "-0", "+1", "-1", "+2", "-2"]
    # What is left of a finished run is ready.
    assert [batch.awaited for batch in running("a", 3).plan(replicas=4).batches] == [()]


def test_the_way_back_from_completing_a_canary_leads_to_the_canary() -> None:
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


def test_the_way_back_keeps_what_still_runs_and_brings_the_old_version_everywhere() -> None:
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


def test_the_way_back_takes_what_a_cut_off_run_of_more_replicas_has_left_for_half_finished() -> None:
    deployment = Deployment()
    for index in range(3):
        deployment.add(index, "a", app_config={"x": 1, "i": index}, index_key="i", replicas=3)
    # Another configuration has the last already, and is now wanted with fewer replicas.
    deployment.instances.pop()
    deployment.add(2, "a", generation=2, app_config={"x": 2, "i": 2}, index_key="i", replicas=3)
    goal = deployment.goal(app_config={"x": 2}, index_key="i", replicas=2)
    back = goal_before(deployment.observed, goal)
    assert [slot.program.app_config for slot in back.slots] == [{"x": 1, "i": index} for index in range(3)]


def test_the_way_back_ends_nothing_whose_package_somebody_has_removed() -> None:
    deployment = running("a", 2)
    deployment.sequences.remove(VERSIONS["a"])
    before = deployment.observed
    plan = deployment.plan("b")
    deployment.carry_out(replace(plan, batches=plan.batches[:1], deletes=()))
    assert deployment.shown() == ["0a", "0b", "1a"]
    back = plan_rollout(deployment.observed, goal_before(before, plan.goal), ROLLING)
    deployment.carry_out(replace(plan, batches=back, deletes=()))
    assert deployment.shown() == ["0a", "1a"]


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


@settings(max_examples=200, deadline=None)
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
def test_any_state_is_led_to_the_goal_within_the_bounds_and_stays_there(
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
    """Let the steps of each batch happen in a random order, a start in two parts: it runs, it is ready."""
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
