# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The diff of a deployment shows each change once, for all replicas."""

from __future__ import annotations

import difflib
import json
from dataclasses import replace

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import DeploymentPlan
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import SequenceRecord
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment import support
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import (
    Deployment,
    running,
)

REF = "app@sha256:"


@pytest.fixture(autouse=True)
def _versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the contents a, b and c versions of their own: 1.0.0, 1.10.0 and 1.9.0."""
    for letter, version in zip("abc", ("1.0.0", "1.10.0", "1.9.0")):
        record = SequenceRecord(f"id-{letter}", "app", f"{version}+sha256.{letter * 64}")
        monkeypatch.setitem(support.VERSIONS, letter, record)


def hunks(plan: DeploymentPlan) -> int:
    """Return how many hunks ansible-core would show."""
    before, after = (json.dumps(side, sort_keys=True, indent=4).splitlines() for side in (plan.before, plan.after))
    return sum(line.startswith("@@") for line in difflib.unified_diff(before, after, lineterm=""))


def test_an_update_is_one_hunk_with_both_versions() -> None:
    plan = running("a", 5, app_config={"x": 1}).plan("b", app_config={"x": 2}, replicas=5)
    assert hunks(plan) == 1
    assert plan.before == {
        "deployment": "web",
        "replicas": 5,
        "sequence": REF + "a" * 12,
        "version": "1.0.0",
        "app_config": {"x": 1},
        "args": [],
        "versions": [REF + "a" * 12],
    }
    assert plan.after == {
        **plan.before,
        "sequence": REF + "b" * 12,
        "version": "1.10.0",
        "package": "its content differs",
        "app_config": {"x": 2},
        "versions": [REF + "a" * 12, REF + "b" * 12],
    }


def test_a_downgrade_says_so() -> None:
    assert running("b", 2).plan("c", replicas=2).after["version"] == "1.9.0 (downgrade from 1.10.0)"
    assert running("a", 2).plan("c", replicas=2).after["version"] == "1.9.0"


def test_the_same_version_with_other_content_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    same = replace(support.VERSIONS["b"], hub_version=f"1.0.0+sha256.{'b' * 64}")
    monkeypatch.setitem(support.VERSIONS, "b", same)
    plan = running("a", 2).plan("b", replicas=2)
    assert plan.before["version"] == plan.after["version"] == "1.0.0"
    assert plan.after["package"] == "its content differs"


def test_different_indexes_are_not_a_difference() -> None:
    deployment = Deployment()
    for index in range(3):
        deployment.add(index, "a", app_config={"x": 1, "shard": index}, replicas=3, index_key="shard")
    plan = deployment.plan("b", app_config={"x": 1}, index_key="shard", replicas=3)
    assert plan.before["app_config"] == plan.after["app_config"] == {"x": 1, "shard": "(index)"}
    assert "different" not in {**plan.before, **plan.after}


def test_the_diff_of_a_canary_shows_the_two_configurations() -> None:
    plan = running("a", 4).plan("b", canary=1, replicas=4)
    assert "different" not in plan.before
    assert plan.after["different"] == {
        "web-0": {"sequence": REF + "b" * 12, "version": "1.10.0"},
        "web-1 to web-3": {"sequence": REF + "a" * 12, "version": "1.0.0"},
    }


def test_overrides_do_not_repeat_common_values() -> None:
    plan = running("a", 2).plan("b", replicas=3, overrides=[{"app_config": {"own": 1}}])
    assert plan.after["sequence"] == REF + "b" * 12
    assert plan.after["different"] == {"web-0": {"app_config": {"own": 1}}, "web-1 to web-2": {"app_config": {}}}


def test_scaling_changes_the_number_alone() -> None:
    plan = running("a", 2, app_config={"password": "one"}).plan(replicas=4)
    assert {key for key in plan.after if plan.before[key] != plan.after[key]} == {"replicas"}


def test_the_diff_is_empty_if_nothing_changes() -> None:
    plan = running("a", 2).plan("a", replicas=2)
    assert plan.before == plan.after


def test_the_diff_of_a_removal_or_a_first_run_has_one_side_without_replicas() -> None:
    plan = Deployment().plan("a", replicas=2)
    assert plan.before == {"deployment": "web", "replicas": 0, "versions": []}
    assert running("a", 2).plan(replicas=0).after["replicas"] == 0


def test_copies_are_counted() -> None:
    deployment = running("a", 2)
    deployment.add(1, "a", replicas=2)
    plan = deployment.plan("a", replicas=2)
    assert plan.before["copies"] == 1
    assert "copies" not in plan.after
