# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints that read instances. The other modules have the commands."""

from __future__ import annotations

import json

from ansible_collections.scramjet.sth.tests.fake_hub.calls import HANG, NOT_FOUND, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.instances import STREAMS, Instance
from ansible_collections.scramjet.sth.tests.fake_hub.routes_commands import CommandRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.routes_events import EventRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.routes_streams import StreamRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.shapes import instance_json
from ansible_collections.scramjet.sth.tests.fake_hub.state import State


class InstanceRoutes:
    """``/instances`` and ``/instance``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has
        self._events = EventRoutes(state)
        self._streams = StreamRoutes(state)
        self._commands = CommandRoutes(state)

    def listing(self, call: Call, rest: list[str]) -> Answer:
        """Every instance."""
        if call.method != "GET":
            return NOT_FOUND
        with self.state.lock:
            if self.has("instance_status"):
                return Answer(json=[instance_json(self.state, item) for item in self.state.listed()])
            return Answer(json=[{"id": item.id, "sequence": item.sequence.id} for item in self.state.listed()])

    def one(self, call: Call, rest: list[str]) -> Answer:
        """One of them."""
        if not rest:
            return NOT_FOUND
        with self.state.lock:
            instance = self.state.instances.get(rest[0])
        if instance is None or not instance.listed:
            # No Content-Type, though it is JSON.
            words = json.dumps({"error": f"Instance {rest[0]} not found"}, separators=(",", ":"))
            return Answer(404, "Not Found", text=words if self.has("missing_instance_in_words") else None)
        if instance.zombie or not instance.connected:
            # This request is not answered even after the instance has connected (hub-behaviour.md#start-never-answered and
            # hub-behaviour.md#starting-instance-never-answers).
            return HANG
        route = rest[1] if len(rest) > 1 else ""
        if call.method == "GET":
            return self._read(call, instance, route, rest[2:])
        if call.method != "POST":
            return NOT_FOUND
        if route in ("input", "stdin"):
            return self._streams.feed(call, instance, route)
        if route == "inout" and self.has("inout"):
            return self._streams.feed_and_read(call, instance)
        return self._commands.command(call, instance, route)

    def _read(self, call: Call, instance: Instance, route: str, rest: list[str]) -> Answer:
        if route == "":
            with self.state.lock:
                return Answer(json=instance_json(self.state, instance))
        if route == "health":
            # This cache is not refreshed after the end of the process (hub-behaviour.md#health-is-a-cache).
            return Answer(json={"healthy": instance.healthy, "processId": 4711})
        if route in ("event", "once") and rest:
            return self._events.message(call, instance, rest[0], wait_for_next=route == "once")
        if route == "events" and rest:
            return self._events.messages(instance, rest[0])
        if route in STREAMS:
            return self._streams.read(instance, route)
        return NOT_FOUND
