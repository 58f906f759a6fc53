# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the route for a call: the endpoints of hubs of every version (hub-behaviour.md#endpoints)."""

from __future__ import annotations

import re

from ansible_collections.scramjet.sth.tests.fake_hub.calls import NOT_FOUND, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.routes_hub import HubRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.routes_instances import InstanceRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.routes_sequences import SequenceRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.routes_topics import TopicRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.rules import accepts
from ansible_collections.scramjet.sth.tests.fake_hub.state import State

MANAGER = "/space/demo/api/v1"
# The address of the hub, as the manager passes on requests to it.
MANAGED = f"{MANAGER}/sth/hub-1"
# As managers answer, by the types of their public client.
HUBS = [
    {
        "id": "hub-1",
        "info": {"created": "2026-01-01T00:00:00.000Z"},
        "healthy": True,
        "selfHosted": True,
        "isConnectionActive": True,
        "topics": [],
        "sequences": [],
        "instances": [],
    }
]


class Routes:
    """Answers calls on a state."""

    def __init__(self, state: State) -> None:
        self.state = state
        hub, sequences = HubRoutes(state), SequenceRoutes(state)
        instances, topics = InstanceRoutes(state), TopicRoutes(state)
        self._handlers = {
            "version": hub.version,
            "load-check": hub.load_check,
            "status": hub.status,
            "config": hub.config,
            "entities": hub.entities,
            "log": hub.log,
            "audit": hub.audit,
            "sequences": sequences.listing,
            "sequence": sequences.one,
            "instances": instances.listing,
            "instance": instances.one,
            "topics": topics.records,
            "topic": topics.data,
        }

    def answer(self, call: Call) -> Answer:
        """Answer one call. This may wait, but not while it holds the lock."""
        if (call.method, call.path) == ("GET", f"{MANAGER}/list"):
            return Answer(json=HUBS)
        path = re.sub(r"^/api/v1(?=/|$)", "", call.path.split("?")[0], flags=re.IGNORECASE)
        if path == call.path.split("?")[0] or "//" in path:
            return NOT_FOUND
        parts = [part for part in path.split("/") if part]
        with self.state.lock:
            self.state.advance()
        if call.method == "OPTIONS":
            return Answer()
        handler = self._handlers.get(parts[0].lower()) if parts else None
        if handler is None:
            return NOT_FOUND
        if call.method == "GET" and not accepts(call, parts):
            status = 415 if self.state.has("refuses_types_with_415") else 400
            if parts[0] == "instance" and len(parts) > 2:
                # The router below an instance answers every error in this way.
                return Answer(500, "Internal Server Error", text=f"{status}: Invalid content-type")
            return Answer(status, "Invalid content-type")
        return handler(call, parts[1:])
