# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads for ``sth_deployment_info``: a few values for each deployment, however many replicas it has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, replicas_of
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import ask_silent_again, observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_text
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run


@dataclass(frozen=True, repr=False, eq=False)
class DeploymentInfoOptions(Options):
    """The options of ``sth_deployment_info``."""

    names: list[str] | None


def reconcile(run: Run, options: DeploymentInfoOptions) -> Result:
    """Return ``deployments``."""
    names = options.names
    if not all(name.strip() for name in names or ()):
        raise SthError("INVALID_OPTION", "A name in names is empty: give the name of a deployment, or leave out names.")
    inventory = observe(run.hub, lambda found: _lists_all(found, names))
    # A hub before 1.0 does not report the mark of a starting instance (hub-behaviour.md#starting-instance-never-answers).
    inventory = ask_silent_again(run.hub, inventory)
    return {"deployments": [summary(found) for found in _deployments(inventory, names) if found.live]}


def summary(observed: Observed) -> dict[str, Any]:
    """Return the summary of a deployment with a live replica, with the keys that ``sth_deployment_info`` documents."""
    live, leader = observed.live, observed.leader
    indexes = {item.index for item in live}
    ready = {item.index for item in live if item.record.status == "running"}
    rollout = leader.rollout if leader else None
    started = sorted(item.record.started for item in live if item.record.started)
    return {
        "name": observed.name,
        "ref": leader.ref if leader else None,
        "version": leader.sequence.version if leader and leader.sequence else None,
        "versions": dict(sorted(Counter(item.ref for item in live if item.ref).items())),
        "replicas": len(indexes),
        "ready": len(ready),
        "wanted": len(rollout.wanted) if rollout else 0,
        "missing": len(_missing(observed)),
        "copies": len(live) - len(indexes),
        "indexes": ranges_text(index for index in indexes if index >= 0),
        "ready_indexes": ranges_text(index for index in ready if index >= 0),
        "canary": rollout.canary if rollout else 0,
        "oldest": started[0] if started else None,
        "newest": started[-1] if started else None,
    }


def _lists_all(inventory: Inventory, names: list[str] | None) -> bool:
    """Whether each deployment has all replicas that its marks want. If not, the hub may have just been started and not list all."""
    found = _deployments(inventory, names)
    return bool(found) and all(item.live and not _missing(item) for item in found)


def _deployments(inventory: Inventory, names: list[str] | None) -> list[Observed]:
    owned: dict[str, list[InstanceRecord]] = {name: [] for name in names or ()}
    for item in inventory.instances:
        name = item.mark.deployment if item.mark else None
        if name is not None and (names is None or name in owned):
            owned.setdefault(name, []).append(item)
    # Give each deployment only its own instances, because a hub can have thousands.
    return [replicas_of(name, Inventory(inventory.sequences, tuple(own))) for name, own in sorted(owned.items())]


def _missing(observed: Observed) -> set[int]:
    leader = observed.leader
    return set(leader.rollout.wanted) - {item.index for item in observed.live} if leader else set()
