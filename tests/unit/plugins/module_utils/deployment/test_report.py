# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a task for a deployment and its replicas."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import absent_goal
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import plan_absent
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.report import (
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


def test_what_is_predicted_is_what_comes_when_the_plan_is_carried_out() -> None:
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
    assert after.live == []
    assert VERSIONS["a"] not in after.inventory.sequences
    assert VERSIONS["b"] in after.inventory.sequences


def test_each_replica_says_what_has_become_of_it() -> None:
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


def test_in_check_mode_what_would_end_counts_as_stopped() -> None:
    before = running("a", 1).observed
    (view,) = replica_views(before, Deployment().observed, {}, {}, Masker())
    assert (view["was"], view["live"], view["outcome"]) == ("ended", False, "stopped")
