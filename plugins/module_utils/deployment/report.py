# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a task for a deployment: what happened to each replica, and its old and new version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import DeploymentPlan
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import kept
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.versions import versions
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


def predicted(before: Observed, plan: DeploymentPlan) -> Observed:
    """Return the state of the deployment after the plan, as far as it can be predicted (not the ids)."""
    goal = plan.goal
    stay = kept(before, goal)
    replicas = list(stay.values())
    for slot in goal.slots:
        if slot.index not in stay:
            mark = slot.program.mark
            if mark is not None:
                replicas.append(Replica(slot.program.started_from(slot.sequence.id), mark, slot.sequence))
    gone = {action.target.id for action in (*plan.first, *plan.deletes) if action.target is not None}
    return without(replace(before, replicas=tuple(replicas)), gone)


def without(observed: Observed, sequence_ids: Collection[str]) -> Observed:
    """Return the state without these sequences."""
    left = tuple(item for item in observed.inventory.sequences if item.id not in sequence_ids)
    return replace(observed, inventory=replace(observed.inventory, sequences=left))


def deployment_view(observed: Observed, ref: str | None, canary: int) -> dict[str, Any]:
    """Return ``{name, ref, previous_ref, replicas, ready, canary}``."""
    older = versions(observed, ref).older if observed.live else ()
    return {
        "name": observed.name,
        "ref": ref,
        "previous_ref": older[0] if older else None,
        "replicas": len({item.index for item in observed.live}),
        "ready": len({item.index for item in observed.live if item.record.status == "running"}),
        "canary": canary,
    }


def replica_views(
    before: Observed,
    after: Observed,
    ended: Mapping[str, InstanceRecord],
    seconds: Mapping[str, float],
    masker: Masker,
) -> list[dict[str, Any]]:
    """Return the running replicas by index, then ended ones without a successor; each with ``was`` and ``seconds``."""
    were = {item.id for item in before.live}
    views = []
    for replica in after.live:
        there = before.at(replica.index)
        was = "kept" if replica.id in were else "replaced" if there else "started"
        views.append(_view(replica, was, there[0].ref if there else None, seconds, masker))
    indexes = {item.index for item in after.live}
    for replica in before.live:
        if replica.index not in indexes:
            # In check mode, the replica has not ended.
            record = ended.get(replica.id) or replace(replica.record, status="ended", outcome="stopped")
            views.append(_view(replace(replica, record=record), "ended", replica.ref, seconds, masker))
    return views


def _view(
    replica: Replica, was: str, previous_ref: str | None, seconds: Mapping[str, float], masker: Masker
) -> dict[str, Any]:
    return {
        **instance_view(replica.record, replica.sequence, masker),
        "was": was,
        "previous_ref": previous_ref,
        "seconds": seconds.get(replica.id),
    }
