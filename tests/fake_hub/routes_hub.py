# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints about the hub itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub.calls import NOT_FOUND, OCTETS, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.shapes import instance_json, sequences_json
from ansible_collections.scramjet.sth.tests.fake_hub.state import State


class HubRoutes:
    """The endpoints beside sequences, instances and topics; all of them are read only."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has

    def version(self, call: Call, rest: list[str]) -> Answer:
        """The only endpoint that directly shows the version."""
        about = {"version": self.state.version}
        if self.has("api_version"):
            about = {"service": "@scramjet/host", "apiVersion": "v1", **about, "build": "source"}
        return Answer(json=about)

    def load_check(self, call: Call, rest: list[str]) -> Answer:
        """The load of the machine."""
        disk = {"size": 2.0e11, "used": 1.0e11, "available": 1.0e11, "use": 0.5}
        disks: list[dict[str, Any]] = [{"fs": "/dev/vda", "type": "ext4", "mount": "/", "rw": True, **disk}]
        if self.has("measures_folders"):
            disks = [{"fs": path, **disk} for path in ("/", "/home/hub", "/sequences", "/sequences")]
        free = self.state.free_memory
        load = {"avgLoad": 0.1, "currentLoad": 1.5, "memFree": free, "memUsed": 5.0e8, "fsSize": disks}
        return Answer(json=load)

    def status(self, call: Call, rest: list[str]) -> Answer:
        """Whether a Manager is connected."""
        return Answer(json={"cpm": {}}) if self.has("status") else NOT_FOUND

    def config(self, call: Call, rest: list[str]) -> Answer:
        """The configuration, with its secrets (hub-behaviour.md#secrets-on-the-hub)."""
        config = {
            "host": {"hostname": "127.0.0.1", "id": "hub"},
            "runtimeAdapter": "process",
            # A string, as when it is set on the command line.
            "timings": {"instanceLifetimeExtensionDelay": str(int(self.state.timings.extension * 1000))},
            "platform": {"apiKey": "canary-platform", "apiVersion": "v1"},
            "runnerEnvs": {"TOKEN": "canary-env"},
        }
        return Answer(json=config) if self.has("config") else NOT_FOUND

    def entities(self, call: Call, rest: list[str]) -> Answer:
        """Everything in one answer."""
        if not self.has("one_list"):
            return NOT_FOUND
        with self.state.lock:
            sequences = sequences_json(self.state, self.state.sequences.values())
            instances = [instance_json(self.state, item) for item in self.state.listed()]
        return Answer(json={"sequences": sequences, "instances": instances})

    def log(self, call: Call, rest: list[str]) -> Answer:
        """The log of the hub. It never ends, and shows the configuration of programs.

        Source: hub-behaviour.md#secrets-on-the-hub.
        """
        return Answer(stream=lambda: self._follow(self.state.log), content_type=OCTETS)

    def audit(self, call: Call, rest: list[str]) -> Answer:
        """The audit stream, which has only heartbeats.

        Source: hub-behaviour.md#programs-that-do-not-answer.
        """
        if not self.has("audit"):
            return NOT_FOUND
        return Answer(stream=self._heartbeats, content_type=OCTETS)

    def _heartbeats(self) -> Iterator[bytes | None]:
        begun, written = time.monotonic(), 0
        while True:
            if time.monotonic() - begun < (written + 1) * self.state.timings.heartbeat:
                yield None
                continue
            written += 1
            with self.state.lock:
                answering = [
                    item.id for item in self.state.instances.values() if item.process_alive and not item.unreachable
                ]
            beats = [(13010, ""), *((13012, instance_id) for instance_id in answering)]
            now = int(time.time() * 1000)
            yield b"".join(
                json.dumps({"opState": "ACTIVE", "opCode": code, "objectId": about, "receivedAt": now}).encode() + b"\n"
                for code, about in beats
            )

    def _follow(self, source: bytearray) -> Iterator[bytes | None]:
        at = 0
        while True:
            with self.state.lock:
                said = bytes(source[at:])
            at += len(said)
            yield said or None
