# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events of programs, as clients read them (hub-behaviour.md#events)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub.calls import HANG, OCTETS, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.instances import UNDEFINED, Instance
from ansible_collections.scramjet.sth.tests.fake_hub.rules import wait
from ansible_collections.scramjet.sth.tests.fake_hub.state import State

CODES = {status.phrase: status.value for status in HTTPStatus}


class EventRoutes:
    """``/instance/:id/event/:name``, ``once`` and ``events``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has

    def message(self, call: Call, instance: Instance, name: str, wait_for_next: bool) -> Answer:
        """Answer with the last event, or wait for the next one. The hub waits for ever, even if the instance dies.

        Source: hub-behaviour.md#waiting-for-an-event-of-a-dead-instance.
        """
        with self.state.lock:
            self.state.advance()
            seen = len(instance.emitted.get(name, []))
            call.noted()
            if not wait_for_next and name in instance.events:
                last = instance.events[name]
                # The hub keeps the bare message, and treats a falsy one as no message (hub-behaviour.md#event-payloads).
                if (
                    not self.has("bare_event_payload")
                    or isinstance(last, (dict, list))
                    or (last is not UNDEFINED and last)
                ):
                    return self._answer(name, last)
        if not wait(self.state, call, lambda: len(instance.emitted.get(name, [])) > seen):
            return HANG
        with self.state.lock:
            return self._answer(name, instance.emitted[name][seen])

    def _answer(self, name: str, payload: Any) -> Answer:
        """Answer as the version does. From 0.38 on, a hub treats the payload as the result of a route of its router.

        Source: hub-behaviour.md#event-payloads.
        """
        if not self.has("bare_event_payload"):
            return Answer(json=self._shown(name, payload))
        if payload is UNDEFINED:
            return Answer(500, "Internal Server Error", text="500: Failed to serialize data")
        if payload is None:
            return Answer(204, "No content", content_type="application/json")
        status, reason = 200, "OK"
        if isinstance(payload, dict) and payload.get("opStatus"):
            reason = payload.pop("opStatus")
            if reason not in CODES:
                return Answer(500, "Internal Server Error", text="500: Failed to serialize data")
            status = CODES[reason]
            if status >= 400:
                payload["error"] = payload.get("error") or reason
        if isinstance(payload, (bool, int, float)) or payload in ({}, ""):
            return Answer(status, reason, content_type="application/json")
        # Copy it now, because the answer is written after the lock is released.
        return Answer(status, reason, dict(payload) if isinstance(payload, dict) else payload)

    def _shown(self, name: str, payload: Any) -> Any:
        if self.has("bare_event_payload"):
            # The hub shows {} for values that are false in JavaScript (hub-behaviour.md#followed-events).
            return {} if payload is UNDEFINED or payload in (None, "") or payload == 0 else payload
        return {"eventName": name} if payload is UNDEFINED else {"eventName": name, "message": payload}

    def messages(self, instance: Instance, name: str) -> Answer:
        """Answer with every event from now on, one on each line, without an end (hub-behaviour.md#followed-events)."""
        with self.state.lock:
            self.state.advance()
            before = len(instance.emitted.get(name, []))

        def lines() -> Iterator[bytes | None]:
            at = before
            while True:
                with self.state.lock:
                    self.state.advance()
                    said = instance.emitted.get(name, [])[at:]
                at += len(said)
                yield b"".join(_line(self._shown(name, payload)) for payload in said) or None

        return Answer(stream=lines, content_type=OCTETS)


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
