# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a hub: sequences and their directories, instances, topics. Time passes only in ``advance``."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Literal

from ansible_collections.scramjet.sth.tests.fake_hub import programs
from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance, Sequence, now
from ansible_collections.scramjet.sth.tests.fake_hub.timings import Timings
from ansible_collections.scramjet.sth.tests.fake_hub.topics import Topic
from ansible_collections.scramjet.sth.tests.fake_hub.uploads import RefusedError, decode
from ansible_collections.scramjet.sth.tests.fake_hub.versions import Played

# In seconds. A runner closes its connection to a hub that has not answered for this long
# (hub-behaviour.md#a-stalled-hub-loses-its-instances).
STALL = 1.0
# Seconds after which a waiting answer looks at the state again, because a test may change it without `happened`.
TICK = 0.02


class State:
    """Everything on one hub. Hold ``lock`` for every access. Call ``advance`` first, which carries out everything that is due."""

    def __init__(self, generation: str, timings: Timings) -> None:
        played = Played(generation)
        self.version = played.version
        self.has = played.has
        # The generation that results show.
        self.generation = "1.x" if self.has("instance_status") else "0.18"
        self.is_1x = self.has("reconnect")
        self.timings = timings
        self.lock = threading.RLock()
        # Notified when the state has changed. Answers wait for it.
        self.happened = threading.Condition(self.lock)
        self.sequences: dict[str, Sequence] = {}
        # The directories on the disk, also of refused uploads (hub-behaviour.md#failed-uploads-leave-a-directory).
        self.directories: dict[str, dict[str, bytes]] = {}
        self.instances: dict[str, Instance] = {}
        # Every process that was started, also without a record.
        self.runners: list[Instance] = []
        self.topics: dict[str, Topic] = {}
        self.log = bytearray()
        # As if the hub had been up for an hour. A test of a restart calls `restart`.
        self.began(time.time() - 3600)
        # The number of restarts. Requests from before a restart never get an answer.
        self.restarts = 0
        self.overloaded = 0
        # The free memory of the machine, in bytes.
        self.free_memory = 1.0e9
        # 1.x: whether programs get each other's events (hub-behaviour.md#events-reach-other-instances). Off, because few tests
        # need it.
        self.crosstalk = False
        # Whether instances are shown without their configuration and arguments
        # (hub-behaviour.md#instances-without-their-configuration).
        self.hides_configuration = False
        # The state of the Python on the hub's machine (hub-behaviour.md#python-programs).
        self.python: Literal["runs", "too new", "incomplete"] = "runs"
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def scaled(self, seconds: float) -> float:
        """Return ``seconds``, scaled by the pace of this hub."""
        return seconds * self.timings.pace

    def at(self, seconds: float, action: Callable[[], Any]) -> None:
        """Call ``action`` after ``seconds``."""
        heapq.heappush(self._due, (time.monotonic() + self.scaled(seconds), next(self._order), action))

    def advance(self) -> None:
        """Call all actions that are due."""
        if not self._due or self._due[0][0] > time.monotonic():
            return
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()
        self.happened.notify_all()

    def rest(self, longest: float = TICK) -> None:
        """Wait, without the lock, until something happens or is due, for at most ``longest`` seconds."""
        until_due = self._due[0][0] - time.monotonic() if self._due else longest
        if min(until_due, longest) > 0:
            self.happened.wait(min(until_due, longest, TICK))
        self.advance()

    def topic(self, name: str, content_type: str) -> Topic:
        """Return a topic. Create it if it is missing."""
        return self.topics.setdefault(name, Topic(name, content_type))

    def launch(self, sequence: Sequence, body: dict[str, Any]) -> Instance:
        """Start a process; hubs before 1.0 list it before it is connected."""
        chosen = body.get("instanceId") if self.has("instance_id") else None
        instance = Instance(self, sequence, body, chosen or str(uuid.uuid4()))
        instance.connected = False
        self.runners.append(instance)
        if not self.is_1x:
            self.instances[instance.id] = instance
        return instance

    def connect(self, instance: Instance) -> None:
        """Connect a process. 1.x lists it, even if another one with its id is listed.

        Source: hub-behaviour.md#one-id-started-twice.
        """
        instance.connected = True
        self.instances[instance.id] = instance
        programs.run(instance, instance.sequence.main or "")

    def start(self, sequence: Sequence, body: dict[str, Any]) -> Instance:
        """Start an instance at once, without an answer. The main file of the sequence must exist."""
        instance = self.launch(sequence, body)
        self.connect(instance)
        return instance

    def forget(self, instance: Instance) -> None:
        """Remove a record."""
        if self.instances.get(instance.id) is instance:
            del self.instances[instance.id]
            written = instance.topic[0] if instance.topic else instance.body.get("outputTopic")
            if written and self.has("topics"):
                # If the topic was removed, it comes back (hub-behaviour.md#a-removed-topic-comes-back).
                self.topic(written, "")

    def heard(self, emitter: Instance, name: str, payload: Any) -> None:
        """Deliver an event to every other program on the hub (hub-behaviour.md#events-reach-other-instances)."""
        if self.crosstalk and self.has("any_payload"):
            for other in self.listed():
                if other is not emitter and other.process_alive:
                    programs.received(other, name, payload)

    def stall(self, seconds: float) -> None:
        """Stall the process of the hub."""
        if not self.is_1x or seconds <= STALL:
            return
        for instance in self.instances.values():
            instance.deaf = True
            instance.lost_until = time.monotonic() + self.scaled(seconds + self.timings.reconnect)

    def restart(self, identify: bool) -> None:
        """Kill and start the hub. 1.x lists its runners only after a while.

        Source: hub-behaviour.md#empty-list-after-a-restart.
        """
        self.restarts += 1
        self.began(time.time())
        self.sequences = self._identified() if identify else {}
        self.topics.clear()
        if not self.is_1x:
            for instance in self.instances.values():
                instance.process_alive = False
            self.instances.clear()
            return
        self.instances = {key: item for key, item in self.instances.items() if item.process_alive}
        for instance in self.instances.values():
            instance.listed = instance.deaf = False
            instance.events.clear()
            self.at(self.timings.reconnect, _reconnection(instance))

    def began(self, at: float) -> None:
        """Begin a new log, as a hub does when it is started (hub-behaviour.md#since-when-a-hub-is-up)."""
        self.log[:] = json.dumps({"msg": "Node version:", "level": "INFO", "ts": int(at * 1000)}).encode() + b"\n"

    def _identified(self) -> dict[str, Sequence]:
        """Return a sequence for every directory whose package.json can be read, ghosts included.

        Source: hub-behaviour.md#ghost-sequences.
        """
        found = {}
        for name, files in self.directories.items():
            try:
                config = decode(json.loads(files["package.json"].decode()), self.has("strict_manifests"))
            except (KeyError, ValueError, RefusedError):
                continue
            found[name] = Sequence(name, config, files, package_size=None)
        return found

    def listed(self) -> list[Instance]:
        """Return the instances that the hub lists."""
        return [item for item in self.instances.values() if item.listed]


def _reconnection(instance: Instance) -> Callable[[], None]:
    def relist() -> None:
        instance.listed = instance.reconnected = True
        instance.started = now()

    return relist
