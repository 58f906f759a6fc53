# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a task for a deployment: what its plan changes, what happened to each replica, its old and new version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import DeploymentPlan
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import ToStart, ToStop, kept
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.versions import versions
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.diff_state import (
    masked_state,
    running_state,
    wanted_state,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
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
    return without_sequences(replace(before, replicas=tuple(replicas)), gone)


def without_sequences(observed: Observed, sequence_ids: Collection[str]) -> Observed:
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
    """Return the running replicas by index, then ended ones without a successor.

    Each is an `instance_view` with ``was`` ("kept", "replaced", "started" or "ended"), ``previous_ref`` and ``seconds``.
    """
    were = {item.id for item in before.live}
    views = []
    for replica in after.live:
        there = before.at(replica.index)
        was = "kept" if replica.id in were else "replaced" if there else "started"
        views.append(_replica_view(replica, was, there[0].ref if there else None, seconds, masker))
    indexes = {item.index for item in after.live}
    for replica in before.live:
        if replica.index not in indexes:
            # In check mode, the replica has not ended.
            record = ended.get(replica.id) or replace(replica.record, status="ended", outcome="stopped")
            views.append(_replica_view(replace(replica, record=record), "ended", replica.ref, seconds, masker))
    return views


def _replica_view(
    replica: Replica, was: str, previous_ref: str | None, seconds: Mapping[str, float], masker: Masker
) -> dict[str, Any]:
    return {
        **instance_view(replica.record, replica.sequence, masker),
        "was": was,
        "previous_ref": previous_ref,
        "seconds": seconds.get(replica.id),
    }


def changes(before: Observed, plan: DeploymentPlan, masker: Masker) -> list[dict[str, Any]]:
    """Return what the plan changes: a row for the deployment, and one for each sequence and replica; [] if nothing changes.

    A row is ``{kind, name, change, reason, before, after}``. ``before`` and ``after`` are masked states, {} if there is no such
    object. Rows depend only on the plan, so check mode and a real run have the same ones.
    """
    if not plan.actions:
        return []
    rows = [
        *(_sequence_row(action) for action in plan.first),
        *_replica_rows(before, plan, masker),
        *(_sequence_row(action) for action in plan.deletes),
    ]
    change = "remove" if plan.goal.sequence is None else "update" if before.live else "create"
    reason = "; ".join(dict.fromkeys(row["reason"] for row in rows))
    return [_row("deployment", before.name, change, reason, plan.before, plan.after), *rows]


def _replica_rows(before: Observed, plan: DeploymentPlan, masker: Masker) -> list[dict[str, Any]]:
    starts = [item for batch in plan.batches for item in batch.starts]
    stops = [item for batch in plan.batches for item in batch.stops]
    rows = []
    for item in starts:
        replaced = next((stop for stop in stops if stop.replica.index == item.slot.index), None)
        if replaced is not None:
            stops.remove(replaced)
        rows.append((item.slot.index, _started_row(before, item, replaced, masker)))
    for stop in stops:
        was = masked_state(running_state(stop.replica.record, before.inventory), None, masker)
        row = _row("instance", stop.replica.record.label, "stop", stop.action.reason, was, {})
        rows.append((stop.replica.index, row))
    return [row for _index, row in sorted(rows, key=lambda item: item[0])]


def _started_row(before: Observed, item: ToStart, replaced: ToStop | None, masker: Masker) -> dict[str, Any]:
    old = running_state(replaced.replica.record, before.inventory) if replaced else None
    was = masked_state(old, None, masker) if old else {}
    new = masked_state(wanted_state(item.slot.program, item.slot.sequence), old, masker)
    return _row("instance", item.slot.program.label, "replace" if replaced else "start", item.action.reason, was, new)


def _sequence_row(action: Action) -> dict[str, Any]:
    there = action.action == "delete"
    record = action.target if there else action.leaves
    state = {"version": record.version}
    return _row("sequence", record.ref, action.action, action.reason, state if there else {}, {} if there else state)


def _row(
    kind: str, name: str, change: str, reason: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    # Copy the states, because the diff of the task has the same ones, and the action plugin adds to them there.
    return {
        "kind": kind,
        "name": name,
        "change": change,
        "reason": reason,
        "before": dict(before),
        "after": dict(after),
    }
