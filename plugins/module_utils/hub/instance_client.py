# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One instance of a hub, one method per endpoint."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError, LostAnswerError, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import ByteStream
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import Response, failed_answer
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import LARGEST_BODY
from ansible_collections.scramjet.sth.plugins.module_utils.hub.api import (
    HubApi,
    feed_headers,
    require_acknowledged,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, InstanceRecord

STREAMS = ("output", "stdout", "stderr", "log")


class InstanceClient:
    """One instance of a hub."""

    def __init__(self, api: HubApi, instance_id: str) -> None:
        self._api = api
        self.id = instance_id

    def info(self) -> InstanceRecord | None:
        """``GET /instance/:id``; None if the hub does not list it, or no longer.

        For a starting instance, hubs before 1.0 do not answer (hub-behaviour.md#starting-instance-never-answers). Its record then
        has ``silent``.
        """
        silent = self._api.dialect.is_silent_about_starting
        timeout = self._api.timings.single_get if silent else None
        try:
            repeat: Literal["always", "if broken"] = "if broken" if silent else "always"
            answer = self._api.transport.get("instance", self.id, timeout=timeout, repeat=repeat)
        except SthError as error:
            # A gateway may have given up first.
            waited = isinstance(error, GatewayError) and error.is_time_out(self._api.timings.gateway_waits)
            if silent and (error.code == "TIMEOUT" or waited):
                return unanswered(self.id, "")
            raise
        if answer.status == 404:
            return None
        if not answer.ok:
            raise failed_answer(answer, f"read instance {self.id}")
        return self._api.dialect.instance(answer.json())

    def health(self, timeout: float | None = None) -> bool | None:
        """``GET …/health``: the last report of the program, also after its death; None if there is no report.

        Source: hub-behaviour.md#health-is-a-cache.
        """
        answer = self._api.transport.get("instance", self.id, "health", timeout=timeout, repeat="never")
        if not answer.ok:
            return None
        value = answer.json()
        return bool(value["healthy"]) if isinstance(value, Mapping) and "healthy" in value else None

    def process_id(self) -> int | None:
        """Return the number of its process on the hub's machine, from ``GET …/health``; None if it is not there."""
        try:
            timeout = self._api.timings.single_get
            answer = self._api.transport.get("instance", self.id, "health", timeout=timeout, repeat="never")
            value = answer.json() if answer.ok else None
        except SthError:
            return None
        found = value.get("processId") if isinstance(value, Mapping) else None
        return found if isinstance(found, int) and found > 0 else None

    def stop(self, timeout: float = 7.0, can_keepalive: bool = False) -> None:
        """``POST …/_stop``: ask the program to end within ``timeout`` seconds. The hub answers only after that time.

        Do not call it for an ended instance, whose status would change to "stopping" for good
        (hub-behaviour.md#stop-of-an-ended-instance).
        """
        body = self._api.dialect.stop_body(timeout, can_keepalive)
        self._command("_stop", body, "stop", hold=timeout)

    def kill(self, remove_immediately: bool = False) -> None:
        """``POST …/_kill``. A 1.x hub accepts it only for a running instance. Otherwise it raises ``CONFLICT``.

        Source: hub-behaviour.md#kill-only-while-running.
        """
        body = self._api.dialect.kill_body(remove_immediately)
        answer = self._api.transport.write("POST", "instance", self.id, "_kill", body=body)
        if answer.status == 400:
            raise SthError.of(failed_answer(answer, f"kill instance {self.id}"), "CONFLICT")
        self._accepted(answer, "kill")
        require_acknowledged(answer)

    def send_event(self, name: str, payload: Any) -> None:
        """``POST …/_event``."""
        self._command("_event", self._api.dialect.event_body(name, payload), f"send event {name} to")

    def next_event(self, name: str, timeout: float) -> Any:
        """Payload of the next event of this name. See `await_event`."""
        return self.await_event("next", name, timeout).payload

    def last_event(self, name: str, timeout: float) -> Any:
        """Payload of the latest event of this name, or of the next one if there was none. See `await_event`."""
        return self.await_event("last", name, timeout).payload

    def await_event(
        self, which: Literal["next", "last"], name: str, timeout: float, request: InFlight | None = None
    ) -> Event:
        """``GET …/once/:name`` (next) or ``…/event/:name`` (last). ``TIMEOUT`` after ``timeout`` seconds of waiting.

        The hub never ends this wait when the instance dies (hub-behaviour.md#waiting-for-an-event-of-a-dead-instance):
        wait in short turns, or watch the wait with ``request``.
        """
        route = "once" if which == "next" else "event"
        answer = self._api.transport.get(
            "instance", self.id, route, name, timeout=timeout, repeat="never", outlast=False, request=request
        )
        event = self._api.dialect.event(answer.status, answer.reason, answer.body)
        if event is None and answer.ok:
            raise self._api.dialect.unreadable(f"something that is not event {name}")
        if event is None:
            raise failed_answer(answer, f"wait for event {name} of instance {self.id}")
        return event

    @contextmanager
    def follow_events(self, name: str, timeout: float, request: InFlight | None = None) -> Iterator[Iterator[Event]]:
        """``GET …/events/:name``: every event of this name from the moment when the context is entered.

        Takes nothing from other readers, who get all events too. Raises ``TIMEOUT`` after ``timeout`` seconds without an event.
        The hub does not end the stream when the instance dies. For a stream that the client has closed, it keeps all events in
        memory until then (hub-behaviour.md#followed-events). ``request`` watches it.
        """
        with self._api.transport.stream(
            "instance", self.id, "events", name, timeout=timeout, request=request
        ) as stream:
            yield self._events(stream)

    def _events(self, stream: ByteStream) -> Iterator[Event]:
        left = bytearray()
        for piece in stream:
            left += piece
            *lines, rest = left.split(b"\n")
            left = bytearray(rest)
            if len(left) > LARGEST_BODY:
                raise self._api.dialect.unreadable("an event without an end")
            yield from (self._api.dialect.event_line(bytes(line)) for line in lines if line)

    def send_input(
        self,
        data: bytes | IO[bytes],
        content_type: str,
        end: bool = True,
        timeout: float | None = None,
        request: InFlight | None = None,
    ) -> None:
        """``POST …/input``: feed the program's input; a file is streamed. ``end`` ends the input for good
        (hub-behaviour.md#ended-input).

        ``timeout``: seconds in which the hub may accept no data, instead of ``request_timeout``. ``request`` watches it.
        """
        self._feed("input", data, content_type, end, timeout, request)

    def send_stdin(
        self, data: bytes | IO[bytes], end: bool = True, timeout: float | None = None, request: InFlight | None = None
    ) -> None:
        """``POST …/stdin``. See `send_input`."""
        self._feed("stdin", data, "application/octet-stream", end, timeout, request)

    def read(
        self, stream: str, timeout: float | None = None, request: InFlight | None = None
    ) -> AbstractContextManager[ByteStream]:
        """``GET …/output``, ``stdout``, ``stderr`` or ``log``: chunks as they arrive. Reading consumes them.

        The iterator raises ``TIMEOUT`` after ``timeout`` seconds without data. ``request`` watches the request.
        """
        return self._api.transport.stream("instance", self.id, stream, timeout=timeout, request=request)

    def _feed(
        self,
        stream: str,
        data: bytes | IO[bytes],
        content_type: str,
        end: bool,
        timeout: float | None,
        request: InFlight | None,
    ) -> None:
        endless = _is_sent(data) and self._api.dialect.leaves_empty_write_unanswered
        try:
            answer = self._api.transport.write(
                "POST", "instance", self.id, stream, content=data, headers=feed_headers(content_type, end),
                timeout=self._api.timings.empty_write if endless else timeout, request=request,
            )  # fmt: skip
        except LostAnswerError as lost:
            if endless and lost.code == "TIMEOUT":
                return
            raise
        self._accepted(answer, f"write to the {stream} of")

    def _command(self, command: str, body: Any, verb: str, hold: float = 0.0) -> None:
        answer = self._api.transport.write("POST", "instance", self.id, command, body=body, hold=hold)
        self._accepted(answer, verb)
        require_acknowledged(answer)

    def _accepted(self, answer: Response, verb: str) -> None:
        if not answer.ok:
            raise failed_answer(answer, f"{verb} instance {self.id}")


def _is_sent(data: bytes | IO[bytes]) -> bool:
    """Whether there is no more data to send."""
    if isinstance(data, bytes):
        return not data
    at = data.tell()
    size = data.seek(0, os.SEEK_END)
    data.seek(at)
    return size == at


def unanswered(instance_id: str, sequence_id: str) -> InstanceRecord:
    """Return the record of an instance that a hub lists, but for which it answers no GET."""
    return InstanceRecord(id=instance_id, sequence_id=sequence_id, status="starting", silent=True)
