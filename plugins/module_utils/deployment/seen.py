# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run has observed of its deployment, and what it has done to it."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica, replicas_of
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import ask_silent_again, observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord


class Seen:
    """The state of a deployment before this run, and as the run last observed it."""

    def __init__(self, hub: HubClient, before: Observed) -> None:
        self.hub = hub
        self.before = before
        self.now = before
        # Ids of all instances from before this run, and of those that it started.
        self.known = {item.id for item in before.inventory.instances}
        # By id: the last records of replicas that this run ended. Ids of replicas that did not become ready.
        self.ended: dict[str, InstanceRecord] = {}
        self.failed: set[str] = set()

    def look(self) -> Observed:
        """Read the deployment again."""
        self.now = look(self.hub, self.before.name, self.before.taken_over)
        return self.now

    def others(self) -> list[Replica]:
        """Return the live replicas that another run has started since this one began."""
        return [item for item in self.now.live if item.id not in self.known]


def look(hub: HubClient, name: str, taken_over: Mapping[str, InstanceMark] | None = None) -> Observed:
    """Read a deployment from the hub."""
    inventory = observe(hub, lambda found: _complete(replicas_of(name, found)))
    # A 0.18 hub does not report the mark of an instance that starts (hub-behaviour.md#starting-instance-never-answers), and
    # an interrupted run may have left such a replica.
    return replicas_of(name, ask_silent_again(hub, inventory), taken_over)


def _complete(observed: Observed) -> bool:
    """Whether all replicas that the latest run wanted are listed. Right after a restart of a 1.x hub they may be missing."""
    leader = observed.leader
    return leader is not None and len({item.index for item in observed.live}) >= leader.rollout.replicas
