# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run has observed of its deployment, and what it has done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica, replicas_of
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import (
    ask_silent_again,
    hides_for,
    waiting_for,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, poll


class Seen:
    """The state of a deployment before this run, and as the run last observed it."""

    def __init__(self, hub: HubClient, before: Observed, tell: Callable[[str], None] = lambda line: None) -> None:
        self.hub = hub
        self.before = before
        self.now = before
        # Ids of all instances from before this run, and of those that it started.
        self.known = {item.id for item in before.inventory.instances}
        # The last records of the replicas that this run ended, by id.
        self.ended: dict[str, InstanceRecord] = {}
        # Ids of replicas that did not become ready.
        self.failed: set[str] = set()
        self._tell = tell
        self._running = {item.id for item in before.live}

    def started(self, instance_id: str) -> None:
        """Take note of a replica that this run has started."""
        self.known.add(instance_id)
        self._running.add(instance_id)

    def is_own(self, instance_id: str) -> bool:
        """Whether this run has started a replica."""
        return instance_id in self.known and all(item.id != instance_id for item in self.before.inventory.instances)

    def look(self) -> Observed:
        """Read the deployment again. If the hub was restarted meanwhile, wait until it lists all that runs."""
        self.now = self._read()
        hidden = hides_for(self.hub) if self._vanished(self.now) else 0.0
        if hidden:
            self._tell(waiting_for(self.hub, hidden))
            self.now = poll(
                self._read, lambda found: not self._vanished(found), Deadline(hidden), self.hub.timings.looks
            )[0]
        return self.now

    def others(self) -> list[Replica]:
        """Return the live replicas that another run has started since this one began."""
        return [item for item in self.now.live if item.id not in self.known]

    def _read(self) -> Observed:
        return look(self.hub, self.before.name, self.before.taken_over)

    def _vanished(self, now: Observed) -> bool:
        """Whether a replica that this run has not ended is missing from the list of the hub."""
        return not self._running <= {*(item.id for item in now.replicas), *self.ended}


def look(hub: HubClient, name: str, taken_over: Mapping[str, InstanceMark] | None = None) -> Observed:
    """Read a deployment from the hub."""
    # A 0.18 hub does not report the mark of an instance that starts (hub-behaviour.md#starting-instance-never-answers), and
    # an interrupted run may have left such a replica.
    return replicas_of(name, ask_silent_again(hub, hub.inventory()), taken_over)
