# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listens for an event of one instance beside something else, for hours if need be.

A request for it is held all the time: on 0.18 what was emitted just before the end goes with the record, so that it could
not be asked for afterwards. Every request asks for the latest event or else the next, so that none tells anything new of an
event that another has told of; the first answer counts.
"""

from __future__ import annotations

import threading
from types import TracebackType

from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import KEPT_ANSWERS, Poll, give_up
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline

# A held request may be one that is never answered: 0.18 forgets those that come while an instance connects
# (hub-behaviour.md#starting-instance-never-answers), and what stands between forgets idle connections. So another joins
# it after pauses that grow from the first to the second.
FIRST_RENEWAL = 0.5
LONGEST_RENEWAL = 10.0
# Those that are held are answered within this.
SAME_MOMENT = 0.1


class Listener:
    """Hears of an event from entering the context on; of none where it has no ``name``. ``longest``: seconds of silence."""

    def __init__(self, client: InstanceClient, name: str | None, longest: float) -> None:
        self._client = client
        self._name = name
        self._longest = longest
        self._woken = threading.Event()
        self._polls: list[Poll] = []
        self._renewal = FIRST_RENEWAL
        self._due = Deadline(0)

    def __enter__(self) -> Listener:
        self._ask()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        give_up(self._polls)

    def heard(self, patience: float = 0.0) -> Event | None:
        """Return the event if it has come, or comes within ``patience`` seconds; raise for a hub that failed."""
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
        """Return what an instance that has ended has emitted: the answer may be on its way, and 1.x still knows it."""
        self._ask()
        return self.heard(KEPT_ANSWERS)

    def _answered(self) -> Event | None:
        if any(poll.event is not None for poll in self._polls):
            # Who asked first is told the most: 1.x takes a key opStatus out of the payload as it does so
            # (hub-behaviour.md#event-payloads).
            self._polls[0].join(SAME_MOMENT)
            return next(poll.event for poll in self._polls if poll.event is not None)
        # An older one may have been held for too long for what stands between.
        for poll in self._polls[-1:]:
            if poll.error is not None and poll.error.code not in ("TIMEOUT", "NOT_FOUND"):
                raise poll.error
        return None

    def _renew(self) -> None:
        """Ask anew beside the latest request, which is held until the hub certainly knows of the new one."""
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
        self._renewal = min(2 * self._renewal, LONGEST_RENEWAL)
