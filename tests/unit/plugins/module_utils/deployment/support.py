# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated deployment without a hub. Tests make goals and plans for it, and carry them out on it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import Goal
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import DeploymentPlan, plan_present
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import Policy
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, replicas_of
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.wanted import wanted_goal
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.modules.sth_deployment import TASK
from ansible_collections.scramjet.sth.tests.unit.running import validated

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


def wanted(**options: Any) -> DeploymentOptions:
    return validated(DeploymentOptions, TASK.options, **{"name": "web", "canary": 0, **options})


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
