# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hub holds: sequences, instances with their streams and events, topics. Time passes when it is asked to."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import programs
from ansible_collections.scramjet.sth.tests.fake_hub.timings import Timings
from ansible_collections.scramjet.sth.tests.fake_hub.topics import Topic

STREAMS = ("stdout", "stderr", "log", "output")


@dataclass
class Sequence:
    """A stored package; ``config`` as the hub lists it, ``files`` by path."""

    id: str
    config: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def main(self) -> str | None:
        """Text of its main file; None where it is missing."""
        name = str(self.config["entrypointPath"])
        found = self.files.get(name, self.files.get(f"{name}.js"))
        return None if found is None else found.decode("utf-8", "replace")


class Instance:
    """A simulated process and what the hub knows of it."""

    def __init__(self, state: State, sequence: Sequence, body: dict[str, Any], instance_id: str) -> None:
        self.state = state
        self.id = instance_id
        self.sequence = sequence
        self.body = body
        self.app_config = body.get("appConfig")
        self.args = body.get("args")
        self.created = _now()
        self.started = _now()
        self.ended: str | None = None
        self.status = "running"
        self.terminated: dict[str, Any] | None = None
        self.ended_at: float | None = None
        self.process_alive = True
        self.zombie = False
        # A hub that was restarted does not list its runners until they are back.
        self.listed = True
        self.streams = {name: bytearray() for name in STREAMS}
        self.stream_ended = dict.fromkeys(STREAMS, False)
        self.events: dict[str, Any] = {}
        self.event_counts: dict[str, int] = {}
        self.input_ended = False

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later, if the process lives then."""
        self.state.at(seconds, lambda: action() if self.process_alive else None)

    def write(self, stream: str, data: bytes) -> None:
        """The program says something."""
        self.streams[stream] += data

    def log(self, level: str, message: str, data: list[Any]) -> None:
        """The runner logs a line."""
        line = {"level": level, "msg": message, "ts": int(time.time() * 1000), "data": data}
        self.write("log", json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def emitter(self, name: str, payload: Any) -> Callable[[], None]:
        """Return what emits an event."""
        return lambda: self.emit(name, payload)

    def emit(self, name: str, payload: Any) -> None:
        """The program emits an event; on 1.x every other instance hears it too (trap 22)."""
        self.events[name] = payload
        self.event_counts[name] = self.event_counts.get(name, 0) + 1

    def complete(self, output: bytes) -> None:
        """The program is done; its runner lingers."""
        self.write("output", output)
        self.stream_ended["output"] = True
        self.after(self.state.timings.linger, lambda: self.finish("completed", -1, "Instance completed"))

    def crash(self, code: int, reason: str) -> None:
        """The process dies by itself."""
        self.process_alive = False
        self.state.at(self.state.timings.notice, lambda: self.finish("errored", code, reason))

    def finish(self, status: str, code: int, reason: str) -> None:
        """The hub notices the end."""
        if self.ended_at is not None or self.zombie:
            return
        self.process_alive = False
        self.ended_at = time.monotonic()
        for name in STREAMS:
            self.stream_ended[name] = self.stream_ended[name] or name != "log" or not self.state.is_1x
        if not self.state.is_1x:
            self.state.instances.pop(self.id, None)
            return
        self.status, self.ended = status, _now()
        self.terminated = {"exitcode": code, "reason": reason}
        timings = self.state.timings
        self.state.at(timings.busy + timings.extension, lambda: self.state.instances.pop(self.id, None))

    @property
    def counts_as_use(self) -> bool:
        """Whether 1.x refuses to delete the sequence because of it."""
        return self.ended_at is None or time.monotonic() - self.ended_at < self.state.timings.busy


class State:
    """Everything on one hub. Hold ``lock`` around every access; ``advance`` lets what is due happen."""

    def __init__(self, generation: str, timings: Timings) -> None:
        self.generation = generation
        self.is_1x = generation == "1.x"
        self.timings = timings
        self.lock = threading.RLock()
        self.sequences: dict[str, Sequence] = {}
        self.instances: dict[str, Instance] = {}
        self.topics: dict[str, Topic] = {}
        self.overloaded = 0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, seconds: float, action: Callable[[], Any]) -> None:
        """Let ``action`` happen ``seconds`` from now."""
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))

    def advance(self) -> None:
        """Let everything happen that is due."""
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()

    def topic(self, name: str, content_type: str) -> Topic:
        """Return a topic, made if there is none."""
        return self.topics.setdefault(name, Topic(name, content_type))

    def start(self, sequence: Sequence, body: dict[str, Any]) -> Instance:
        """Start an instance of a sequence whose main file is there."""
        chosen = body.get("instanceId") if self.is_1x else None
        instance = Instance(self, sequence, body, chosen or str(uuid.uuid4()))
        self.instances[instance.id] = instance
        programs.run(instance, sequence.main or "")
        return instance

    def restart(self) -> None:
        """The hub is killed and comes back: sequences stay, 1.x lists its runners only after a while (trap 25)."""
        if not self.is_1x:
            self.instances.clear()
            return
        self.instances = {key: item for key, item in self.instances.items() if item.process_alive}
        for instance in self.instances.values():
            instance.listed = False
            instance.events.clear()
            self.at(self.timings.reconnect, _relisted(instance))

    def listed(self) -> list[Instance]:
        """Return the instances that the hub lists."""
        return [item for item in self.instances.values() if item.listed]


def _relisted(instance: Instance) -> Callable[[], None]:
    def relist() -> None:
        instance.listed = True

    return relist


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
