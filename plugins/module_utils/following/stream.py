# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows the events of one name that one instance emits, and connects again if the connection breaks.

The hub sends each event to all who follow it, so nothing is taken from another reader (hub-behaviour.md#followed-events).
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import LONGEST_TIMEOUT
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.listening import Poll, give_up
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended, local_error
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag, sleep

# TCP keepalive: whole seconds, and the number of probes. Without it, nobody would notice that the peer is gone, because a hub sends
# nothing between two events.
_PROBES = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


class EventStream(Attended):
    """A thread that follows one event until `end`.

    ``kept``: ask also for an event that the instance has emitted before. ``report(name, event, is_kept)`` is called for each event.
    ``lost(name, seconds, reason)`` is called after a break, when the stream is open again or has ended, because events of these
    seconds may be lost.
    """

    def __init__(
        self,
        hub: HubClient,
        instance_id: str,
        name: str,
        *,
        kept: bool,
        report: Callable[[str, Event, bool], None],
        lost: Callable[[str, float, str], None],
    ) -> None:
        super().__init__(f"follow {name}")
        self._hub = hub
        self._client = hub.instance(instance_id)
        self._event = name
        self._asks_for_kept = kept
        self._report = report
        self._lost = lost
        self._ended = Flag()
        self._may_retry = Flag()
        self._request = InFlight()
        # When the connection broke, on the monotonic clock, and why; None before the first break and while the stream is open.
        self._broken: tuple[float, str] | None = None
        self._begun = time.monotonic()
        self._was_followed = False
        self._asked_at = 0.0

    @property
    def is_stuck(self) -> bool:
        """Whether the request is unanswered for so long that the hub must have forgotten it.

        Source: hub-behaviour.md#starting-instance-never-answers.
        """
        asked = self._asked_at
        return bool(asked) and time.monotonic() - asked > self._hub.timings.subscribing

    def work(self) -> None:
        """Follow the event, again after each break."""
        pauses = self._hub.timings.reconnects
        pause = pauses.first
        while not self._ended.is_set():
            self._may_retry.clear()
            begun = time.monotonic()
            try:
                reason = self._follow()
            except SthError as error:
                reason = error.message
            except Exception as error:
                reason = local_error(self.name, error).message
            if self._ended.is_set():
                break
            if self._broken is None:
                self._broken = (time.monotonic(), reason)
            if time.monotonic() - begun > pauses.longest:
                # A connection that has lasted is opened again at once, so that the gap is short.
                pause = 0.0
            self._may_retry.wait(pause)
            pause = min(max(2 * pause, pauses.first), pauses.longest)
        if not self._was_followed and self._broken is None:
            self._broken = (self._begun, "The instance ended before the hub had answered the request for its events.")
        self._close_gap()

    def retry(self) -> None:
        """Connect again at once, because the hub answers again. End a request that is stuck."""
        self._may_retry.set()
        if self.is_stuck:
            self._request.abort()

    def end(self) -> None:
        """Let the thread end."""
        self._ended.set()
        self._may_retry.set()
        self._request.abort()

    def _follow(self) -> str:
        """Pass on each event until the stream ends. Return why it ended."""
        self._request = _Probed()
        if self._ended.is_set():
            return ""
        self._asked_at = time.monotonic()
        kept: _Kept | None = None
        try:
            with self._client.follow_events(self._event, LONGEST_TIMEOUT, self._request) as events:
                self._asked_at = 0.0
                self._was_followed = True
                self._close_gap()
                if self._asks_for_kept:
                    self._asks_for_kept = False
                    kept = _Kept(self._hub, self._client.id, self._event, self._report)
                    kept.start()
                for event in events:
                    if kept is None or not kept.holds(event):
                        self._report(self._event, event, False)
        finally:
            self._asked_at = 0.0
            if kept is not None:
                kept.end()
        return "The hub, or a gateway in front of it, has ended the connection."

    def _close_gap(self) -> None:
        broken, self._broken = self._broken, None
        if broken is not None:
            since, reason = broken
            self._lost(self._event, time.monotonic() - since, reason)


class _Kept(Attended):
    """Asks for the event that an instance emitted before it was followed. Holds later events back until the answer is known."""

    def __init__(self, hub: HubClient, instance_id: str, name: str, report: Callable[[str, Event, bool], None]) -> None:
        super().__init__(f"ask for {name}")
        self._timings = hub.timings
        self._woken = Flag()
        self._poll = Poll(hub, instance_id, "last", name, LONGEST_TIMEOUT, self._woken)
        self._event = name
        self._report = report
        self._lock = threading.Lock()
        self._held: list[Event] | None = []

    def holds(self, event: Event) -> bool:
        """Hold back ``event``, and return True; return False once the answer about the earlier event is known."""
        with self._lock:
            if self._held is None:
                return False
            self._held.append(event)
            return True

    def end(self) -> None:
        """End the wait for the earlier event, and pass on the events that were held back."""
        self._woken.set()
        if self.is_alive():
            self.join()

    def work(self) -> None:
        """Ask for the earlier event. Pass it on, and after it the events that were held back."""
        try:
            self._poll.start()
            self._woken.wait(self._timings.kept_answers)
            if self._poll.event is not None:
                # If the instance emitted this event after the stream was opened, it arrives in the stream as well. Wait for that.
                sleep(self._timings.same_moment)
        finally:
            self._pass_on()
        give_up([self._poll])

    def _pass_on(self) -> None:
        with self._lock:
            held, self._held = self._held or [], None
            kept = self._poll.event
            # Do not pass the answer on if the stream has sent the same event. If its payload is lost
            # (hub-behaviour.md#event-payloads), they cannot be compared, and count as the same.
            if kept is not None and not any(kept.lost or kept.payload == event.payload for event in held):
                self._report(self._event, kept, True)
            for event in held:
                self._report(self._event, event, False)


class _Probed(InFlight):
    """A request whose connection ends when its peer is gone."""

    def opened(self, connection: socket.socket) -> None:
        """Let the operating system probe the connection."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES.items():
            # Not every system has all of them.
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        super().opened(connection)
