# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for a package, for each state of the hub."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import (
    SequencePlan,
    SequencePolicy,
    plan_absent,
    plan_present,
)

A, B = "a" * 64, "b" * 64
WANTED = SequenceRecord("", "app", f"1.1.0+sha256.{B}")
OLD = SequenceRecord("id-1", "app", f"1.0.0+sha256.{A}")
SAME = SequenceRecord("id-2", "app", f"1.1.0+sha256.{B}")
SAME_AGAIN = SequenceRecord("id-3", "app", f"1.1.0+sha256.{B}")
UNMARKED = SequenceRecord("id-4", "app", "1.1.0")
FOREIGN = SequenceRecord("id-5", "other", "1.1.0")
RUNS_OLD = InstanceRecord("i-1", "id-1", "running", {"_sth": {"name": "web"}})
ENDED_OLD = InstanceRecord("i-2", "id-1", "ended")


def plan(*sequences: SequenceRecord, instances: tuple[InstanceRecord, ...] = (), **policy: object) -> SequencePlan:
    return plan_present(
        Inventory(sequences, instances),
        WANTED,
        SequencePolicy(hub="http://hub", **policy),  # type: ignore[arg-type]
    )


def steps(plan: SequencePlan) -> list[str]:
    return [f"{action.action} {action.object}" for action in plan.actions]


UPLOAD = f"upload sequence {WANTED.ref}"
DELETE_OLD = f"delete sequence {OLD.ref}"


def test_an_empty_hub_gets_an_upload() -> None:
    made = plan(FOREIGN)
    assert steps(made) == [UPLOAD]
    assert made.before == {"sequences": []}
    assert [item["version"] for item in made.after["sequences"]] == ["1.1.0"]


def test_the_same_content_is_no_change() -> None:
    made = plan(SAME, FOREIGN)
    assert made.actions == ()
    assert made.sequence is SAME
    assert made.before == made.after


@pytest.mark.parametrize(("build", "writes"), [("0a", 0), ("0b", 1)])
def test_a_predicted_build_from_the_same_sources_is_no_change(build: str, writes: int) -> None:
    earlier = SequenceRecord("predicted-1", "app", "1.1.0+unbuilt.0a")
    wanted = SequenceRecord("", "app", f"1.1.0+unbuilt.{build}")
    made = plan_present(Inventory((earlier, UNMARKED), ()), wanted, SequencePolicy(hub="http://hub", keep_old=True))
    assert len(made.actions) == writes
    assert made.sequence is (wanted if writes else earlier)


def test_other_content_is_replaced_the_new_before_the_old() -> None:
    made = plan(OLD)
    assert steps(made) == [UPLOAD, DELETE_OLD]
    assert made.removed == (OLD,)


def test_a_downgrade_says_so() -> None:
    newer = SequenceRecord("id-9", "app", f"1.10.0+sha256.{A}")
    policies: list[dict[str, Any]] = [{}, {"on_change": "overwrite"}]
    for policy in policies:
        shown = plan(newer, **policy)
        assert [item["version"] for item in shown.after["sequences"]] == ["1.1.0 (downgrade from 1.10.0)"]
    # What stays is not replaced.
    assert "downgrade" not in str(plan(newer, keep_old=True).after)
    assert "downgrade" not in str(plan(OLD).after)


def test_a_package_without_a_stamp_counts_as_different() -> None:
    assert steps(plan(UNMARKED)) == [UPLOAD, "delete sequence app@1.1.0"]


def test_compare_version_accepts_a_package_of_another_tool() -> None:
    assert plan(UNMARKED, compare="version").actions == ()


@pytest.mark.parametrize("policy", [{"keep_old": True}, {"on_change": "keep"}, {"on_change": "fail"}])
@pytest.mark.parametrize(
    "other", [SequenceRecord("id-3", "app", f"1.1.0+sha256.{A}"), UNMARKED, SequenceRecord("id-6", "app", "1.1.0")]
)
def test_other_content_of_the_same_version_is_no_copy(other: SequenceRecord, policy: dict[str, Any]) -> None:
    assert steps(plan(SAME, other, compare="version", **policy)) == []
    assert steps(plan(UNMARKED, other, compare="version", **policy)) == []


def test_of_equal_copies_one_is_removed_also_when_versions_are_compared() -> None:
    assert steps(plan(SAME, SAME_AGAIN, compare="version")) == [f"delete sequence {SAME_AGAIN.ref}"]


def test_old_packages_that_an_interrupted_run_left_are_removed() -> None:
    assert steps(plan(OLD, SAME)) == [DELETE_OLD]


def test_keep_old() -> None:
    assert steps(plan(OLD, keep_old=True)) == [UPLOAD]


def test_of_equal_copies_the_smallest_id_stays_and_one_in_use_is_left() -> None:
    made = plan(SAME_AGAIN, SAME)
    assert made.sequence is SAME
    assert made.removed == (SAME_AGAIN,)
    assert plan(SAME, SAME_AGAIN, instances=(InstanceRecord("i", "id-3", "running"),)).actions == ()


def test_in_use_fail_names_the_instances_and_what_to_set() -> None:
    with pytest.raises(SthError) as caught:
        plan(OLD, instances=(RUNS_OLD,))
    assert caught.value.code == "CONFLICT"
    for word in ("web", "in_use", "keep_old", "sth_deployment"):
        assert word in caught.value.message


def test_in_use_keep_keeps_the_package_and_reports_it() -> None:
    made = plan(OLD, instances=(RUNS_OLD,), in_use="keep")
    assert steps(made) == [UPLOAD]
    assert made.kept == (OLD,)


def test_in_use_stop_ends_running_instances_only() -> None:
    assert steps(plan(OLD, instances=(RUNS_OLD, ENDED_OLD), in_use="stop")) == [UPLOAD, "stop instance web", DELETE_OLD]


def test_an_ended_instance_does_not_count_as_use() -> None:
    assert steps(plan(OLD, instances=(ENDED_OLD,))) == [UPLOAD, DELETE_OLD]


def test_on_change_keep_and_fail() -> None:
    kept = plan(OLD, on_change="keep")
    assert (kept.actions, kept.sequence) == ((), OLD)
    with pytest.raises(SthError) as caught:
        plan(OLD, on_change="fail")
    assert caught.value.code == "CONFLICT"
    assert plan(SAME, on_change="fail").actions == ()
    assert steps(plan(on_change="fail")) == [UPLOAD]


def test_on_change_keep_returns_the_version_in_force() -> None:
    older = SequenceRecord("id-0", "app", "0.9.0")
    assert plan(older, OLD, on_change="keep").sequence is OLD
    replica = InstanceRecord("i", "id-0", "running", {"_sth": {"name": "web-0", "deployment": "web", "index": 0}})
    assert plan(older, OLD, instances=(replica,), on_change="keep").sequence is older
    unordered = SequenceRecord("id-00", "app", "latest")
    assert plan(OLD, unordered, on_change="keep").sequence is unordered


def test_overwrite() -> None:
    assert steps(plan(OLD, on_change="overwrite")) == [f"overwrite sequence {OLD.ref}"]
    assert plan(OLD, on_change="overwrite").sequence == SequenceRecord("id-1", "app", WANTED.hub_version)
    assert plan(SAME, on_change="overwrite").actions == ()
    assert steps(plan(on_change="overwrite")) == [UPLOAD]
    assert steps(plan(FOREIGN, on_change="overwrite", overwrite_id="id-5")) == ["overwrite sequence other@1.1.0"]


@pytest.mark.parametrize(
    ("sequences", "policy", "code"),
    [
        ((OLD, UNMARKED), {}, "AMBIGUOUS"),
        ((OLD,), {"overwrite_id": "nope"}, "NOT_FOUND"),
    ],
)
def test_overwrite_needs_one_target(sequences: tuple[SequenceRecord, ...], policy: dict[str, Any], code: str) -> None:
    with pytest.raises(SthError) as caught:
        plan(*sequences, on_change="overwrite", **policy)
    assert caught.value.code == code


def test_overwrite_under_a_running_instance() -> None:
    with pytest.raises(SthError, match="web"):
        plan(OLD, instances=(RUNS_OLD,), on_change="overwrite")
    stopped = plan(OLD, instances=(RUNS_OLD,), on_change="overwrite", in_use="stop")
    assert steps(stopped) == ["stop instance web", f"overwrite sequence {OLD.ref}"]


def test_absent() -> None:
    inventory = Inventory((OLD, SAME), (RUNS_OLD,))
    made = plan_absent(inventory, [SAME], SequencePolicy("http://hub"))
    assert steps(made) == [f"delete sequence {SAME.ref}"]
    assert made.after == {"sequences": []}
    with pytest.raises(SthError, match="web"):
        plan_absent(inventory, [OLD, SAME], SequencePolicy("http://hub"))
