# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listens for an event of one instance while the task does something else, for hours if necessary.

A request is always open, because on 0.18 an event just before the end is lost with the record of the instance. Every request
asks for the last event, or the next one if there was none. So all requests return the same event, and the first answer counts.
"""

from __future__ import annotations

import threading
from types import TracebackType

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import Poll, give_up
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline


class Listener:
    """Listens for an event while its context is open; for none if ``name`` is None. ``longest``: seconds of silence allowed."""

    def __init__(self, hub: HubClient, instance_id: str, name: str | None, longest: float) -> None:
        self._client = hub.instance(instance_id)
        self._timings = hub.timings
        self._name = name
        self._longest = longest
        self._woken = threading.Event()
        self._polls: list[Poll] = []
        self._renewal = self._timings.renewals.first
        self._due = Deadline(0)

    def __enter__(self) -> Listener:
        self._ask()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        give_up(self._polls)

    def heard(self, patience: float = 0.0) -> Event | None:
        """Return the event if it has arrived, or arrives within ``patience`` seconds; raise for a failure of the hub."""
        bound = Deadline(patience)
        while True:
            self._woken.clear()
            event = self._answered()
            if event is not None:
                return event
            if self._due.passed:
                self._renew()
            if bound.passed or not any(poll.pending for poll in self._polls):
                return None
            self._woken.wait(bound.remaining)

    def last_words(self) -> Event | None:
        """Return the event of an instance that has ended: its answer may still arrive, and 1.x has kept the event."""
        self._ask()
        return self.heard(self._timings.kept_answers)

    def _answered(self) -> Event | None:
        if any(poll.event is not None for poll in self._polls):
            # The first request gets the complete answer. 1.x removes a key opStatus from the payload when it answers
            # (hub-behaviour.md#event-payloads).
            self._polls[0].join(self._timings.same_moment)
            return next(poll.event for poll in self._polls if poll.event is not None)
        # Only the latest request matters, because a proxy may have ended older ones.
        for poll in self._polls[-1:]:
            if poll.error is not None and poll.error.code not in ("TIMEOUT", "NOT_FOUND"):
                raise poll.error
        return None

    def _renew(self) -> None:
        """Open another request. The latest one stays open until the hub certainly has the new one."""
        kept = [poll for poll in self._polls if poll.pending][-1:]
        given_up = [poll for poll in self._polls if poll not in kept]
        self._polls = kept
        self._ask()
        give_up(given_up)

    def _ask(self) -> None:
        if self._name is None:
            return
        poll = Poll(self._client, "last", self._name, self._longest, self._woken)
        poll.start()
        self._polls.append(poll)
        self._due = Deadline(self._renewal)
        self._renewal = min(2 * self._renewal, self._timings.renewals.longest)
