# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated process, and the record of it on the hub."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.scramjet.sth.tests.fake_hub.state import State

STREAMS = ("stdout", "stderr", "log", "output")
# The payload of an event that a program emits without a payload.
UNDEFINED = object()


@dataclass
class Sequence:
    """A listed package; ``config`` as the hub lists it, ``files`` its directory by path."""

    id: str
    config: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    # Bytes read on the connection, not the package's size (hub-behaviour.md#packagesize); None after a restart.
    package_size: int | None = 1483
    # The name that a PUT gives it on some versions, which is its id (versions.py, sequences_by_name).
    name: str | None = None

    @property
    def main(self) -> str | None:
        """The text of its main file; None if it is missing."""
        name = str(self.config["entrypointPath"])
        found = self.files.get(name, self.files.get(f"{name}.js"))
        return None if found is None else found.decode("utf-8", "replace")

    @property
    def is_python(self) -> bool:
        """Whether the hub runs it with Python."""
        return "python3" in self.config["engines"]

    @property
    def version(self) -> str:
        """The version that the program sees: the one in its files, even if the hub lists another one.

        Source: hub-behaviour.md#refused-put-has-written.
        """
        return str(json.loads(self.files["package.json"])["version"])


class Instance:
    """A program and its record. On 1.x, the record stays after the end of the process. After a restart, a process may have no record."""

    def __init__(self, state: State, sequence: Sequence, body: dict[str, Any], instance_id: str) -> None:
        self.state = state
        self.id = instance_id
        self.sequence = sequence
        # Copies of the sequence's values at the time of the start.
        self.config, self.package_size = sequence.config, sequence.package_size
        self.body = body
        self.app_config = body.get("appConfig")
        self.args = body.get("args")
        self.created: str | None = now()
        self.started = now()
        self.ended: str | None = None
        self.status = "running"
        self.terminated: dict[str, Any] | None = None
        self.ended_at: float | None = None
        self.process_alive = True
        # 0.18: whether it is a record that never connects and never answers (hub-behaviour.md#start-never-answered), and
        # whether it has connected (hub-behaviour.md#starting-instance-never-answers).
        self.zombie = False
        self.connected = True
        # A restarted hub does not list its runners until they have reconnected.
        self.listed = True
        # Whether the runner has reconnected after a restart. The hub never notices its end then (hub-behaviour.md#records-that-never-go).
        self.reconnected = False
        # 1.x: whether its events no longer reach the hub, and until when commands do not reach it
        # (hub-behaviour.md#a-stalled-hub-loses-its-instances).
        self.deaf = False
        self.lost_until = 0.0
        # Whether commands no longer reach the program (hub-behaviour.md#programs-that-do-not-answer).
        self.unreachable = False
        self.healthy = True
        # Whether its program has completed. The process runs on for some seconds (hub-behaviour.md#completion-is-known-early).
        self.has_completed = False
        self.removed_after = state.timings.busy + state.timings.extension
        self.streams = {name: bytearray() for name in STREAMS}
        self.stream_ended = dict.fromkeys(STREAMS, False)
        # By name of the event: the last payload, which the hub forgets at a restart, and all payloads.
        self.events: dict[str, Any] = {}
        self.emitted: dict[str, list[Any]] = {}
        self.ended_inputs: set[str] = set()
        # The topic and its content type, if the program writes to a topic instead of its output.
        self.topic: tuple[str, str] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Its configuration; {} if that is not a mapping."""
        return self.app_config if isinstance(self.app_config, dict) else {}

    def after(self, seconds: float, action: Callable[[], Any]) -> None:
        """Call ``action`` after ``seconds``, if the process still runs."""
        self.state.at(seconds, lambda: action() if self.process_alive else None)

    def every(self, seconds: float, action: Callable[[], Any]) -> None:
        """Call ``action`` every ``seconds`` while the process runs."""

        def again() -> None:
            action()
            self.after(seconds, again)

        self.after(seconds, again)

    def write(self, stream: str, data: bytes) -> None:
        """Write to a stream of the program."""
        if stream == "output" and self.topic is not None:
            self.state.topic(*self.topic).write(data)
        else:
            self.streams[stream] += data

    def log(self, level: str, message: str, data: list[Any], source: str = "Runner") -> None:
        """Add a line to the log. ``source``: "Runner" for the runner, "Sequence" for the program."""
        line = {"level": level, "msg": message, "ts": int(time.time() * 1000), "from": source, "data": data}
        self.write("log", json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def log_python(self, message: str) -> None:
        """Add a line to the log of a Python program. Lines of the runner and of the program have the same form."""
        line = {"ts": int(time.time() * 1000), "level": "INFO", "from": "PythonRunner", "msg": message}
        self.write("log", json.dumps(line).encode() + b"\n")

    def emitter(self, name: str, payload: Any) -> Callable[[], None]:
        """Return a function that emits an event."""
        return lambda: self.emit(name, payload)

    def emit(self, name: str, payload: Any) -> None:
        """The program emits an event."""
        if self.deaf:
            return
        self.events[name] = payload
        self.emitted.setdefault(name, []).append(payload)
        self.state.heard(self, name, payload)

    def complete(self, output: bytes) -> None:
        """Complete the program. Its runner stays for a while."""
        self.write("output", output)
        self.stream_ended["output"] = True
        if self.sequence.is_python:
            # Only the log distinguishes this from a failure (hub-behaviour.md#python-programs).
            kind = "Content-type" if self.state.is_1x else "Output type"
            self.log_python(f"{kind}: text/plain" if output else "Sequence returned no output.")
            self.log_python("Finished.")
            self.crash(213, "Runner failed")
        else:
            self.has_completed = True
            self.log("TRACE", "Sequence completed. Waiting 10000ms with exit.", [])
            self.after(self.state.timings.linger, lambda: self.finish("completed", -1, "Instance completed"))

    def crash(self, code: int, reason: str, loaded: bool = True) -> None:
        """End the process by itself. ``loaded``: whether its program was loaded already."""
        self.process_alive = False
        if not loaded:
            self.status = "starting"
        self.state.at(self.state.timings.notice, lambda: self.finish("errored", code, reason, loaded))

    def end(self, code: int, reason: str) -> None:
        """End the process because of a request."""
        if self.reconnected:
            # The hub does not notice the end, and keeps the record for ever (hub-behaviour.md#records-that-never-go).
            self.process_alive, self.status = False, "errored"
        elif self.sequence.is_python:
            self.finish("errored", 213, "Runner failed")
        else:
            self.finish("completed", code, reason)

    def finish(self, status: str, code: int, reason: str, loaded: bool = True) -> None:
        """The hub notices the end."""
        if self.ended_at is not None or self.zombie:
            return
        self.process_alive = False
        self.ended_at = time.monotonic()
        if self.body.get("inputTopic") and self.state.has("topics"):
            # If the topic was removed, it comes back (hub-behaviour.md#a-removed-topic-comes-back).
            self.state.topic(self.body["inputTopic"], "")
        for name in STREAMS:
            self.stream_ended[name] = self.stream_ended[name] or name != "log" or not self.state.has("log_never_ends")
        if not self.state.has("instance_status"):
            self.state.forget(self)
            return
        self.status, self.terminated = self._told_end(status, code, reason)
        if not loaded:
            self.status = status
            self.terminated = self.terminated if self.state.has("failed_start_with_code") else None
        if loaded:
            self.ended = now()
        stays = self.removed_after if loaded else self.state.timings.busy
        self.state.at(stays, lambda: self.state.forget(self))

    def _told_end(self, status: str, code: int, reason: str) -> tuple[str, dict[str, Any] | None]:
        """Return status and ``terminated`` as a hub of this version reports an end (hub-behaviour.md#versions)."""
        has = self.state.has
        if self.state.is_1x:
            return status, {"exitcode": code, "reason": reason}
        code = max(code, 0)
        if not has("exit_code"):
            return ("errored" if code else "completed"), None
        if has("long_reasons"):
            reason = reason if code else "Instance completed"
            return ("completed" if code in (0, 137, 138) else "errored"), {"exitcode": code, "reason": reason}
        short = {137: {"reason": "killed"}, 138: {"reason": "stopped"}}
        return "completed", {"exitcode": code, **short.get(code, {})}

    @property
    def counts_as_use(self) -> bool:
        """Whether a 1.x hub refuses to delete the sequence because of this instance."""
        return self.ended_at is None or time.monotonic() - self.ended_at < self.state.scaled(self.state.timings.busy)


def now() -> str:
    """Return the time in the format of hubs."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
