# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topics: their records, which hubs manage from 0.35 on, and the data in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub.calls import HANG, NOT_FOUND, OCTETS, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.rules import not_json, wait
from ansible_collections.scramjet.sth.tests.fake_hub.state import State
from ansible_collections.scramjet.sth.tests.fake_hub.topics import CAPACITY_018, CAPACITY_1X, Topic, pieces

# The hub compares the whole header with these, so a charset is not allowed either.
TYPES = ("text/x-ndjson", "application/x-ndjson", "text/plain", "application/octet-stream")
NAME = re.compile(r"[\\a-zA-Z0-9_+-]+\Z")


class TopicRoutes:
    """``/topics`` and ``/topic/:name``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has

    def records(self, call: Call, rest: list[str]) -> Answer:
        """List, create or delete topics."""
        if call.method == "GET":
            with self.state.lock:
                listed = [
                    {"contentType": item.content_type, "localProvider": "", "topic": name, "topicName": name}
                    for name, item in self.state.topics.items()
                ]
            return Answer(json=listed if self.has("topics_never_end") else [])
        if not self.has("topics"):
            return NOT_FOUND
        refused = not_json(call, self.state)
        if refused is not None:
            return refused
        with self.state.lock:
            return self._create(call.json()) if call.method == "POST" else self._delete(rest)

    def _create(self, body: Any) -> Answer:
        problem = None
        for key in ("id", "content-type"):
            if key not in body:
                problem = f"Missing body param: {key}"
        if problem is None and not NAME.match(body["id"]):
            problem = "Topic id incorrect format"
        elif problem is None and body["content-type"] not in TYPES:
            problem = "Unsupported content-type"
        elif problem is None and body["id"] in self.state.topics:
            problem = "Topic with given id already exist"
        if problem is not None:
            return Answer(400, "Bad Request", {"error": problem})
        self.state.topic(body["id"], body["content-type"])
        origin = {"id": "127.0.0.1", "type": "hub"}
        made = {"id": body["id"], "origin": origin, "state": "flowing", "contentType": body["content-type"]}
        return Answer(json=made)

    def _delete(self, rest: list[str]) -> Answer:
        # The readers of the topic do not notice this, and keep waiting.
        if not rest or self.state.topics.pop(rest[0], None) is None:
            return Answer(404, "Not Found", {"error": f"Topic {rest[0] if rest else ''} not found"})
        return Answer(json={"message": f"Topic {rest[0]} removed"})

    def data(self, call: Call, rest: list[str]) -> Answer:
        """Write to a topic or read it; either creates it."""
        if len(rest) != 1 or call.method not in ("GET", "POST"):
            return NOT_FOUND
        if call.method == "GET":
            return self._read(call, rest[0])
        if self.has("topics"):
            return self._write(call, rest[0])
        return self._write_between(call, rest[0]) if self.has("topics_never_end") else self._write_018(call, rest[0])

    def _read(self, call: Call, name: str) -> Answer:
        kind = call.headers.get("content-type", "application/x-ndjson")
        if self.has("topics") and kind not in TYPES:
            return Answer(415, "Unsupported content-type")
        if self.has("topics") and not NAME.match(name):
            return Answer(400, "Topic id incorrect format")
        with self.state.lock:
            topic = self.state.topic(name, kind)
        if self.has("topics") and topic.content_type != kind:
            return Answer(415, "Unsupported content-type")
        return Answer(stream=lambda: self._stream(topic), content_type=OCTETS)

    def _stream(self, topic: Topic) -> Iterator[bytes | None]:
        with self.state.lock:
            taken = topic.reader()
        try:
            while True:
                with self.state.lock:
                    self.state.advance()
                    said = bytes(taken)
                    taken.clear()
                    ended = topic.ended and not topic.broken
                if said:
                    yield said
                elif ended:
                    return
                else:
                    yield None
        finally:
            with self.state.lock:
                topic.left(taken)

    def _write(self, call: Call, name: str) -> Answer:
        """1.x answers when all data was accepted, and ignores ``x-end-stream``."""
        kind = call.headers.get("content-type", "")
        problem = "" if NAME.match(name) else "Topic id incorrect format"
        if kind not in TYPES:
            problem = "Unsupported content-type"
        if problem:
            return Answer(400, "Bad Request", {"error": problem})
        with self.state.lock:
            topic = self.state.topic(name, kind)
        if topic.content_type != kind:
            return Answer(500, "Internal error occurred")
        ndjson = kind == "application/x-ndjson"
        body = call.body + b"\n" if ndjson and not call.body.endswith(b"\n") else call.body
        for number, piece in enumerate(pieces(body)):
            # The first piece of a body never waits for a reader. Each further one waits until there is room.
            if number and not wait(self.state, call, lambda: len(topic.buffer) < CAPACITY_1X):
                return HANG
            with self.state.lock:
                topic.write(piece)
        # With an empty body, the hub waits for the end of the body, which has passed already.
        return Answer(json={}) if call.body else HANG

    def _write_between(self, call: Call, name: str) -> Answer:
        """Hubs from 0.20 to 0.34 answer at once, and do not let clients end a topic."""
        kind = call.headers.get("content-type", "")
        with self.state.lock:
            topic = self.state.topic(name, kind)
            if topic.content_type != kind and self.has("topics_have_types"):
                words = "Acceptable Content-Type for undefined is undefined"
                return Answer(415, "Unsupported Media Type", {"error": words})
            topic.write(call.body)
        return Answer(202, "Accepted", {})

    def _write_018(self, call: Call, name: str) -> Answer:
        """0.18 answers at once, and ends its answer when all data was accepted."""
        ends = call.headers.get("x-end-stream") == "true"
        with self.state.lock:
            topic = self.state.topic(name, call.headers.get("content-type", ""))
            over = topic.ended
            if over:
                topic.break_off()
            else:
                # The hub reads requests as text.
                topic.write(call.body.decode("utf-8", "replace").encode())
                topic.ended = ends

        def rest() -> Iterator[bytes | None]:
            # The answer to a write after the end never ends.
            while over or (len(call.body) >= CAPACITY_018 and len(topic.buffer) >= CAPACITY_018):
                yield None

        status, reason = (200, "OK") if ends else (202, "Accepted")
        return Answer(status, reason, stream=rest)
