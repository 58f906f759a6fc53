# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances read and write as streams."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.scramjet.sth.tests.fake_hub import programs
from ansible_collections.scramjet.sth.tests.fake_hub.calls import OCTETS, STREAM_TYPES, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance
from ansible_collections.scramjet.sth.tests.fake_hub.state import State


class StreamRoutes:
    """``stdin``, ``input``, ``inout``, and the streams that are read below ``/instance/:id``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has

    def read(self, instance: Instance, name: str) -> Answer:
        """Answer with the data of a stream until its end. Reading consumes it."""
        return Answer(stream=lambda: self._said(instance, name), content_type=OCTETS)

    def _said(self, instance: Instance, name: str) -> Iterator[bytes | None]:
        while True:
            with self.state.lock:
                self.state.advance()
                said = bytes(instance.streams[name][: 64 * 1024])
                del instance.streams[name][: len(said)]
                ended = instance.stream_ended[name]
            if said:
                yield said
            elif ended:
                return
            else:
                yield None

    def feed(self, call: Call, instance: Instance, route: str) -> Answer:
        """Accept input. It ends the stream unless the request says otherwise."""
        if route == "input" and call.content_type is None:
            if self.has("error_bodies"):
                return Answer(406, "Not Acceptable", {"error": "Content-Type must be defined"})
            return Answer(500, "Internal Server Error", text="500: Internal error occurred")
        if route == "stdin" and call.content_type not in (None, *STREAM_TYPES):
            text = f"{'415' if self.has('refuses_types_with_415') else '400'}: Invalid content-type"
            return Answer(500, "Internal Server Error", text=text)
        ends = call.headers.get("x-end-stream", "true") not in ("false", "success")
        status, reason = (200, "OK") if ends else (202, "Accepted")
        with self.state.lock:
            if route in instance.ended_inputs:
                # It is lost, or the answer never ends (hub-behaviour.md#ended-input).
                answered = call.body or not self.has("empty_write_never_answered")
                lost = answered and self.has("loses_input_after_end")
                return Answer(status, reason, stream=None if lost else _nothing)
            if ends:
                instance.ended_inputs.add(route)
            # Otherwise the runner fails in a task that nobody awaits (hub-behaviour.md#input-of-python-programs).
            decoded = not instance.sequence.is_python or call.content_type in ("text/plain", "application/octet-stream")
            if route == "input" and decoded and instance.process_alive:
                programs.fed(instance, call.body, ends)
        if not call.body and self.has("empty_write_never_answered"):
            return Answer(status, reason, stream=_nothing)
        return Answer(status, reason)

    def feed_and_read(self, call: Call, instance: Instance) -> Answer:
        """Take input that is not the last, and answer the output."""
        with self.state.lock:
            programs.fed(instance, call.body, False)
        return self.read(instance, "output")


def _nothing() -> Iterator[bytes | None]:
    while True:
        yield None
