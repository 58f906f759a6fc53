# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listens for an event of one instance, for hours if necessary. Everything that waits for an event uses `Listener`.

A hub answers a request for an event when the event comes, and never if the instance dies
(hub-behaviour.md#waiting-for-an-event-of-a-dead-instance). A request is always open, because on 0.18 an event just before the end
is lost with the record of the instance. Requests overlap, so they all return the same event, and the first answer counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import count
from types import TracebackType
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag


class Listener:
    """Listens for an event while its context is open; for none if ``name`` is None.

    When the context is entered, the hub has been asked. ``which``: the next event, or the last one if there was one already.
    ``woken`` is set when an answer arrives, and may be shared with others that wake the same wait.
    """

    def __init__(
        self,
        hub: HubClient,
        instance_id: str,
        name: str | None,
        which: Literal["next", "last"] = "last",
        woken: Flag | None = None,
    ) -> None:
        self._hub = hub
        self._instance_id = instance_id
        self._timings = hub.timings
        self._name = name
        self._which = which
        self._woken = woken or Flag()
        self._polls: list[Poll] = []
        self._renewal = self._timings.renewals.first
        self._due = Deadline(math.inf)

    def __enter__(self) -> Listener:
        self._ask()
        for poll in self._polls:
            poll.request.sent.wait(self._timings.subscribing)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        give_up(self._polls)

    @property
    def due(self) -> float:
        """Seconds until `heard` has to be called again, so that it can open another request."""
        return self._due.remaining

    def heard(self) -> Event | None:
        """Return the event if it has arrived; raise for a failure of the hub."""
        event = self._answered()
        if event is None and self._due.passed:
            self._renew()
        return event

    def wait(self, patience: float) -> Event | None:
        """Return the event as soon as it arrives; None after ``patience`` seconds, or if no open request can be answered any more.

        Raises for a failure of the hub.
        """
        bound = Deadline(patience)
        while True:
            self._woken.clear()
            event = self.heard()
            if event is not None or bound.passed or not any(poll.pending for poll in self._polls):
                return event
            self._woken.wait(min(bound.remaining, self.due))

    def last_words(self) -> Event | None:
        """Return the event of an instance that has ended: an answer may be on its way, and a 1.x hub still has the last event."""
        if self._which == "last":
            self._ask()
        return self.wait(self._timings.kept_answers)

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
        # Each request is replaced long before its own time limit.
        silence = 2 * self._timings.renewals.longest + self._timings.spare
        poll = Poll(self._hub, self._instance_id, self._which, self._name, silence, self._woken)
        poll.start()
        self._polls.append(poll)
        self._due = Deadline(self._renewal)
        self._renewal = min(2 * self._renewal, self._timings.renewals.longest)


class Poll(Attended):
    """One open request. It sets ``woken`` when its answer arrives.

    If a gateway ends the request, it is sent again, because that says nothing about the instance. The waiting thread also reads the
    instance, and so notices if the hub cannot be reached.
    """

    def __init__(
        self,
        hub: HubClient,
        instance_id: str,
        which: Literal["next", "last"],
        awaited: str,
        silence: float,
        woken: Flag,
    ) -> None:
        super().__init__(f"await {awaited}")
        self.request = InFlight()
        self.event: Event | None = None
        self._awaited = awaited
        self._hub = hub
        self._client = hub.instance(instance_id)
        self._which = which
        self._silence = silence
        self._woken = woken
        self._given_up = Flag()

    @property
    def pending(self) -> bool:
        """Whether it may still be answered."""
        return self.event is None and self.error is None and self.is_alive()

    def at_end(self) -> None:
        """Wake the waiting threads."""
        # Set ``sent`` even if the request could not be sent, because another thread may wait for it.
        self.request.sent.set()
        self._woken.set()

    def work(self) -> None:
        """Wait for the answer."""
        for attempt in count(1):
            try:
                self.event = self._client.await_event(self._which, self._awaited, self._silence, self.request)
            except GatewayError as error:
                if not self._given_up.wait(self._hub.transport.pause_after(error, attempt)):
                    continue
            return

    def give_up(self) -> None:
        """End the request, even if the hub does not answer."""
        self._given_up.set()
        self.request.abort()


def give_up(polls: Iterable[Poll]) -> None:
    """End requests, even if the hub does not answer, and wait for their threads."""
    polls = tuple(polls)
    for poll in polls:
        poll.give_up()
    for poll in polls:
        poll.join(1.0)
