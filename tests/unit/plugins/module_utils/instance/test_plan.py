# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for instances and pools, for each state of the hub."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import (
    InstancePlan,
    Wanted,
    differing,
    order,
    plan_ended,
    plan_restarted,
    plan_started,
    refuse_deployments,
    same,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked, member_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK

APP, NEW = SequenceRecord("s", "app", "1"), SequenceRecord("n", "app", "2")
WEB = member_mark("web", None)


def record(
    mark: InstanceMark | None = WEB, number: int = 0, config: dict[str, Any] | None = None, **more: Any
) -> InstanceRecord:
    created = f"2026-01-01T00:00:{number:02}Z"
    given = {"status": "running", "sequence_id": "s", "created": created, **more}
    return InstanceRecord(f"i-{number}", app_config=marked(config or {}, mark), **given)


def started(*instances: InstanceRecord, sequence: SequenceRecord | None = APP, **wanted: Any) -> InstancePlan:
    programs = wanted.pop("programs", (Program(WEB, **wanted.pop("program", {})),))
    return plan_started(Inventory((APP, NEW), instances), Wanted(programs, sequence, **wanted), Masker(), "http://hub")


def steps(plan: InstancePlan) -> list[str]:
    return [f"{action.action} {action.object}: {action.reason}" for action in plan.actions]


def test_a_missing_instance_is_started() -> None:
    plan = started()
    assert steps(plan) == ["start instance web from app@1: none runs"]
    assert plan.before == {"web": {"state": "absent"}}
    assert plan.after["web"]["state"] == "running"


def test_a_matching_instance_is_kept() -> None:
    plan = started(record(config={"a": 1}, args=("x",)), program={"app_config": {"a": 1}, "args": ("x",)})
    assert (plan.actions, plan.before) == ((), plan.after)
    assert plan.steps[0].kept is not None


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"program": {"app_config": {"a": 1}}}, "app_config differs"),
        ({"program": {"args": ("x",), "output_topic": "t"}}, "args, output_topic differ"),
        ({"sequence": NEW}, "sequence differs"),
    ],
)
def test_a_different_instance_is_recreated_and_the_differences_are_named(wanted: dict[str, Any], named: str) -> None:
    ref = wanted.get("sequence", APP).ref
    assert steps(started(record(), **wanted)) == [
        f"stop instance web: {named}", f"start instance web from {ref}: {named}",
    ]  # fmt: skip
    assert started(record(), on_change="keep", **wanted).actions == ()
    with pytest.raises(SthError, match=named.split()[0].rstrip(",")) as raised:
        started(record(), on_change="fail", **wanted)
    assert raised.value.code == "CONFLICT"


def test_of_several_instances_with_one_name_the_oldest_stays() -> None:
    plan = started(record(number=2), record(number=1), record(number=3))
    assert [action.target.id for action in plan.actions] == ["i-2", "i-3"]
    assert plan.steps[0].kept is not None
    assert plan.steps[0].kept.id == "i-1"
    assert (plan.before["web"]["copies"], "copies" in plan.after["web"]) == (2, False)


def test_an_ending_instance_is_awaited_and_replaced() -> None:
    plan = started(record(status="stopping", config={"a": 1}), sequence=None)
    assert steps(plan) == ["stop instance web: it is ending", "start instance web from app@1: the last one is ending"]
    assert plan.actions[1].leaves.app_config == marked({"a": 1}, WEB)


def test_without_sequence_the_running_instance_decides_what_to_start() -> None:
    with pytest.raises(SthError, match="web") as raised:
        started(sequence=None)
    assert raised.value.code == "NOT_FOUND"
    assert steps(started(record(), sequence=None, program={"args": ("x",)}))[1] == (
        "start instance web from app@1: args differs"
    )


def test_a_pool_ends_its_members_beyond_the_last_the_highest_first() -> None:
    members = [record(member_mark("web", index), index) for index in (0, 2, 1)]
    other = record(member_mark("api", 5), 9)
    plan = started(*members, other, programs=(Program(member_mark("web", 0)),), pool="web")
    assert steps(plan) == [f"stop instance web-{index}: the pool has 1 member" for index in (2, 1)]


def test_an_instance_with_a_name_is_not_recreated_by_its_id() -> None:
    by_id = (Program(None, id="i-0", args=("x",)),)
    with pytest.raises(SthError, match="web") as raised:
        started(record(), programs=by_id)
    assert raised.value.code == "CONFLICT"
    assert len(started(record(None), programs=by_id).actions) == 2


def test_restarted_ends_all_with_the_name_and_starts_one() -> None:
    inventory = Inventory((APP,), (record(number=1, config={"a": 1}), record(number=2)))
    plan = plan_restarted(inventory, Wanted((Program(WEB),), None), (), Masker(), "http://hub")
    assert [action.action for action in plan.actions] == ["stop", "stop", "start"]
    assert plan.actions[2].leaves.app_config == marked({"a": 1}, WEB)


def test_restarted_instances_keep_their_names_and_order() -> None:
    running = [record(member_mark("web", 1), 1), record(None, 2), record(member_mark("web", 0), 3)]
    wanted = Wanted((), None, rest=Program(None, args=("x",)))
    plan = plan_restarted(Inventory((APP,), tuple(running)), wanted, running, Masker(), "http://hub")
    assert [step.label for step in plan.steps] == ["i-2", "web-0", "web-1"]
    assert {action.leaves.args for action in plan.actions if action.action == "start"} == {("x",)}


def test_an_ended_instance_is_not_stopped_again() -> None:
    running = [record(), record(member_mark("web", 0), 1, status="ended")]
    plan = plan_ended(Inventory((APP,), tuple(running)), running, Masker(), "the task has state: absent")
    assert steps(plan) == ["stop instance web: the task has state: absent"]
    assert plan.after == {"web": {"state": "absent"}}


def test_secrets_are_not_in_a_plan() -> None:
    plan = started(record(config={"password": "canary-1"}), program={"app_config": {"password": "canary-2"}})
    assert "canary" not in f"{plan.before}{plan.after}{steps(plan)}"
    assert len(plan.actions) == 2


def test_instances_of_a_deployment_are_not_changed() -> None:
    refuse_deployments([record(), record(None)], "http://hub")
    managed = record(InstanceMark("web-0", "web", 0, "web", Rollout(1)))
    with pytest.raises(SthError, match="sth_deployment") as raised:
        refuse_deployments([record(), managed], "http://hub")
    assert raised.value.code == "CONFLICT"


def test_instances_are_ordered_by_any_known_time_of_their_start() -> None:
    python = InstanceRecord("p", "s", "running", {}, started="2026-01-01T00:00:01Z")
    unknown = InstanceRecord("a", "s", "running", {})
    oldest, latest = record(number=0), record(number=2)
    assert sorted([unknown, latest, python, oldest], key=order) == [oldest, python, latest, unknown]


def test_values_that_check_mode_has_masked_are_not_a_difference() -> None:
    predicted = InstanceRecord("predicted-1", "s", "running", {"password": MASK, "a": 1}, (f"--token={MASK}",))
    program = Program(None, app_config={"password": "canary", "a": 1}, args=("--token=canary",))
    assert differing(predicted, program, None, None) == []
    assert differing(predicted, Program(None, app_config={"password": "canary", "a": 2}), None, None) == ["app_config"]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(1, 1.0, True), (1, True, False), (0, False, False), ("3", 3, False), ([1], (1,), True), ({"a": 1}, {"a": "1"}, False),
     ({}, {"a": None}, False), ([1, 2], [2, 1], False)],
)  # fmt: skip
def test_values_are_equal_as_json(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "1", "true"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@given(JSON, JSON)
def test_values_are_compared_with_their_types(left: Any, right: Any) -> None:
    assert same(left, left)
    if same(left, right):
        assert left == right
