# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which older versions of a deployment are kept, can be rolled back to, and are removed."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import VERSIONS, running


def test_a_version_that_was_never_in_force_is_not_a_rollback_target() -> None:
    for canary in (1, 0):
        deployment = running("a", 3)
        attempt = deployment.plan("b", canary=canary)
        # It is completed as a canary, or left where it failed or was cut off.
        deployment.carry_out(replace(attempt, batches=attempt.batches[: None if canary else 1]))
        plan = deployment.plan("c", keep=1)
        assert [(item.object, item.reason) for item in plan.deletes] == [
            (f"sequence {VERSIONS['b'].ref}", "it is not kept for a rollback")
        ]
        deployment.carry_out(plan)
        deployment.carry_out(deployment.plan(state="rolled_back"))
        assert deployment.shown() == ["0a", "1a", "2a"]


def test_old_versions_that_an_interrupted_run_left_are_removed() -> None:
    deployment = running("a", 2)
    deployment.carry_out(deployment.plan("b", canary=1))
    deployment.carry_out(replace(deployment.plan("c", keep=3, canary=1), deletes=()))
    assert [item.object for item in deployment.plan("c", keep=3).deletes] == [f"sequence {VERSIONS['b'].ref}"]


def test_a_canary_does_not_count_in_keep_versions() -> None:
    deployment = running("a", 2)
    deployment.carry_out(deployment.plan("b"))
    deployment.carry_out(deployment.plan("c", canary=1))
    assert len(deployment.sequences) == 3
    deployment.carry_out(deployment.plan("b"))
    assert deployment.sequences == [VERSIONS["a"], VERSIONS["b"]]


def test_a_version_that_another_deployment_keeps_is_not_removed() -> None:
    deployment = running("a", 1)
    deployment.carry_out(deployment.plan("b"))
    mark = InstanceMark("api-0", "api", 0, "api", Rollout(2, "x", 1, versions=(VERSIONS["a"].ref,)))
    deployment.instances.append(InstanceRecord("other", VERSIONS["b"].id, "running", marked({}, mark)))
    assert deployment.plan("c", keep=0).deletes == ()
    assert deployment.plan("c", keep=0, state="present").goal.rollout.given_up == (VERSIONS["b"].ref, VERSIONS["a"].ref)


def test_old_versions_are_removed_unless_kept_or_used() -> None:
    deployment = running("a", 1)
    deployment.carry_out(deployment.plan("b"))
    assert [item.object for item in deployment.plan("c", keep=1).deletes] == [f"sequence {VERSIONS['a'].ref}"]
    assert [item.object for item in deployment.plan("c", keep=0).deletes] == [
        f"sequence {VERSIONS['b'].ref}",
        f"sequence {VERSIONS['a'].ref}",
    ]
    deployment.instances.append(InstanceRecord("other", VERSIONS["a"].id, "running", {}))
    assert deployment.plan("c", keep=1).deletes == ()
