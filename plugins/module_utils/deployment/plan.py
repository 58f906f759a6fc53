# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which writes are needed to bring a deployment into the wanted state. Pure.

Source: architecture.md#deployments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.diff import states
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import Goal
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import (
    Batch,
    Policy,
    kept,
    plan_rollout,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.versions import (
    known,
    retired,
    spare_copies,
    versions,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


@dataclass(frozen=True)
class DeploymentPlan:
    """The writes in order: ``first`` (an upload or deletes), the ``batches``, then ``deletes``.

    ``before`` and ``after`` are both sides of the diff.
    """

    goal: Goal
    first: tuple[Action, ...]
    batches: tuple[Batch, ...]
    deletes: tuple[Action, ...]
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def actions(self) -> tuple[Action, ...]:
        """All writes in order."""
        rollout = tuple(action for batch in self.batches for action in batch.actions)
        return (*self.first, *rollout, *self.deletes)

    @property
    def relies_on_absence(self) -> bool:
        """Whether the plan could be wrong if a replica runs that the hub does not list yet."""
        return bool(self.actions) or not self.goal.slots

    @property
    def missing(self) -> frozenset[str]:
        """Names of the packages of replicas that it starts because the hub lists none with their index."""
        starts = (item for batch in self.batches for item in batch.starts)
        return frozenset(item.slot.sequence.name for item in starts if item.missing)


def plan_present(
    observed: Observed, goal: Goal, policy: Policy, *, upload: bool, keep_versions: int, masker: Masker
) -> DeploymentPlan:
    """Plan the writes that reach the goal. ``upload``: its version is not on the hub yet, so this task uploads it."""
    batches = plan_rollout(observed, goal, policy)
    sequence = goal.sequence
    there = versions(observed, sequence.ref if sequence else None)
    stopped = _stopped(batches)
    deletes: tuple[Action, ...] = ()
    for ref in goal.rollout.given_up:
        why = "it is not kept for a rollback" if ref in there.given_up else _too_many(keep_versions)
        deletes += retired(observed, (ref,), stopped, why)
    deletes += spare_copies(observed, sequence, stopped) if sequence else ()
    reason = (
        f"the hub has only older versions ({', '.join(there.older)})" if there.older else "the hub does not have it"
    )
    first = (Action("upload", f"sequence {sequence.ref}", reason, leaves=sequence),) if sequence and upload else ()
    return _plan(observed, goal, first, batches, deletes, masker)


def plan_absent(observed: Observed, goal: Goal, named: str | None, masker: Masker) -> DeploymentPlan:
    """Plan that no replica runs and no version stays. ``named``: the ref of a version that the task names."""
    batches = plan_rollout(observed, goal, Policy("recreate"))
    refs = tuple(dict.fromkeys((*known(observed), *((named,) if named else ()))))
    # Remove unused versions first, while a replica still records which they are.
    first = retired(observed, refs, (), "the task has state: absent")
    gone = {action.target.id for action in first}
    deletes = retired(observed, refs, _stopped(batches), "the task has state: absent")
    return _plan(observed, goal, first, batches, tuple(item for item in deletes if item.target.id not in gone), masker)


def _stopped(batches: tuple[Batch, ...]) -> frozenset[str]:
    return frozenset(stop.replica.id for batch in batches for stop in batch.stops)


def _too_many(keep_versions: int) -> str:
    return f"keep_versions is {keep_versions}"


def _plan(
    observed: Observed,
    goal: Goal,
    first: tuple[Action, ...],
    batches: tuple[Batch, ...],
    deletes: tuple[Action, ...],
    masker: Masker,
) -> DeploymentPlan:
    before, after = states(observed, goal, kept(observed, goal), masker)
    all_known = set(known(observed))
    left = all_known - {action.target.ref for action in (*first, *deletes) if action.action == "delete"}
    left |= {slot.sequence.ref for slot in goal.slots}
    return DeploymentPlan(
        goal,
        first,
        batches,
        deletes,
        {**before, "versions": sorted(all_known)},
        {**after, "versions": sorted(left)},
    )
