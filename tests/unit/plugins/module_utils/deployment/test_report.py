# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a task for a deployment and its replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import absent_goal
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import plan_absent
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.report import (
    changes,
    deployment_view,
    predicted,
    replica_views,
)
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import (
    VERSIONS,
    Deployment,
    running,
)


def shown(deployment: Deployment, version: str | None = None, canary: int = 0) -> dict[str, object]:
    view = deployment_view(deployment.observed, VERSIONS[version].ref if version else None, canary)
    return {name: view[name] for name in ("previous_ref", "replicas", "ready")}


def test_a_deployment_counts_its_replicas_once_and_those_that_run() -> None:
    deployment = running("a", 2)
    deployment.add(1, "b", generation=2, status="starting")
    deployment.add(2, "b", generation=2, status="starting")
    assert shown(deployment, "b") == {"previous_ref": VERSIONS["a"].ref, "replicas": 3, "ready": 2}
    assert shown(running("a", 1), "a") == {"previous_ref": None, "replicas": 1, "ready": 1}
    assert shown(Deployment()) == {"previous_ref": None, "replicas": 0, "ready": 0}


def test_check_mode_returns_the_same_replicas_as_the_real_run() -> None:
    for version, replicas in (("b", 3), ("b", 1), (None, 2)):
        deployment = running("a", 2)
        plan = deployment.plan(version, replicas=replicas, keep=0)
        seen = predicted(deployment.observed, plan)
        deployment.carry_out(plan)
        ref = plan.goal.sequence.ref if plan.goal.sequence else None
        assert deployment_view(seen, ref, 0) == deployment_view(deployment.observed, ref, 0)
        assert [(item.index, item.ref) for item in seen.live] == [
            (item.index, item.ref) for item in deployment.observed.live
        ]


def test_after_a_removal_neither_replicas_nor_versions_are_predicted() -> None:
    deployment = running("a", 2)
    observed = deployment.observed
    after = predicted(observed, plan_absent(observed, absent_goal(observed), None, Masker()))
    assert after.live == ()
    assert VERSIONS["a"] not in after.inventory.sequences
    assert VERSIONS["b"] in after.inventory.sequences


def test_each_replica_has_its_action_in_the_result() -> None:
    deployment = running("a", 3)
    before = deployment.observed
    kept, replaced, ended = (item.record for item in before.live)
    deployment.instances[:] = [kept]
    new = deployment.add(1, "b", generation=2)
    grown = deployment.add(3, "b", generation=2, app_config={"password": "canary"})
    last = replace(ended, status="ended", outcome="killed")
    views = replica_views(before, deployment.observed, {ended.id: last}, {new.id: 1.5}, Masker())
    assert [(view["index"], view["was"], view["seconds"]) for view in views] == [
        (0, "kept", None), (1, "replaced", 1.5), (3, "started", None), (2, "ended", None),
    ]  # fmt: skip
    assert [view["previous_ref"] for view in views] == [VERSIONS["a"].ref, VERSIONS["a"].ref, None, VERSIONS["a"].ref]
    assert [view["id"] for view in views] == [kept.id, new.id, grown.id, ended.id]
    assert (views[2]["app_config"], views[3]["outcome"]) == ({"password": MASK}, "killed")
    assert replaced.id not in str(views)


def test_in_check_mode_replicas_that_would_end_count_as_stopped() -> None:
    before = running("a", 1).observed
    (view,) = replica_views(before, Deployment().observed, {}, {}, Masker())
    assert (view["was"], view["live"], view["outcome"]) == ("ended", False, "stopped")


def rows(deployment: Deployment, version: str | None = None, **options: Any) -> list[tuple[str, str, str, str]]:
    found = changes(deployment.observed, deployment.plan(version, **options), Masker())
    return [(row["kind"], row["name"], row["change"], row["reason"]) for row in found]


def test_each_thing_that_changes_has_a_row() -> None:
    deployment = running("a", 3)
    assert rows(deployment, "a", replicas=3) == []
    assert rows(deployment, "b", replicas=2, keep=0) == [
        ("deployment", "web", "update", "sequence differs; the deployment has 2 replicas; keep_versions is 0"),
        ("instance", "web-0", "replace", "sequence differs"),
        ("instance", "web-1", "replace", "sequence differs"),
        ("instance", "web-2", "stop", "the deployment has 2 replicas"),
        ("sequence", VERSIONS["a"].ref, "delete", "keep_versions is 0"),
    ]
    assert rows(Deployment(), "a", replicas=1)[0] == ("deployment", "web", "create", "none runs")


def test_a_copy_has_a_row_of_its_own() -> None:
    deployment = running("a", 1)
    deployment.add(0, "a")
    assert rows(deployment, "a", replicas=1)[1:] == [("instance", "web-0", "stop", "copy of web-0")]


def test_a_removal_is_reported_as_such() -> None:
    observed = running("a", 1).observed
    found = changes(observed, plan_absent(observed, absent_goal(observed), None, Masker()), Masker())
    assert [(row["kind"], row["change"]) for row in found] == [
        ("deployment", "remove"),
        ("instance", "stop"),
        ("sequence", "delete"),
    ]


def test_a_row_shows_both_sides_and_no_secret() -> None:
    deployment = Deployment()
    deployment.add(0, "a", app_config={"password": "hunter22", "size": 1})
    plan = deployment.plan("a", replicas=1, app_config={"password": "hunter23", "size": 2})
    _own, row = changes(deployment.observed, plan, Masker())
    assert row["before"]["app_config"] == {"password": MASK, "size": 1}
    assert row["after"]["app_config"] == {"password": f"{MASK} (changed)", "size": 2}
