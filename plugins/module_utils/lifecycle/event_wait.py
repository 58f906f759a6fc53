# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for an event of one instance, raced against its failure event, its end and a bound.

The hub holds such a request until the event comes, and for ever if the instance dies
(hub-behaviour.md#waiting-for-an-event-of-a-dead-instance). One request is held for the whole wait, so that no event
falls between two of them, and the instance is looked at beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error, forgotten
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.attended import Attended
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline

# Seconds between two looks at the instance: its death is seen within one and the answer to it.
LOOK_EVERY = 0.3
# What was emitted just before the end, or long ago by one that has ended, is answered within this.
LAST_WORDS = 0.3
# An event that the hub has kept is answered at once.
KEPT_ANSWERS = 0.5
SUBSCRIBING = 10.0


@dataclass(frozen=True)
class Expectation:
    """What is waited for; ``timeout`` in seconds, 0 with ``last``: only what the hub has kept."""

    event: str
    which: Literal["next", "last"] = "next"
    failure_event: str | None = None
    timeout: float = 30.0


class EventWait:
    """The wait for one instance; subscribed from entering the context on."""

    def __init__(self, hub: HubClient, record: InstanceRecord, label: str, expectation: Expectation) -> None:
        self._hub = hub
        self._record = record
        self._label = label
        self._wanted = expectation
        self._woken = threading.Event()
        client = hub.instance(record.id)
        # The wait is bounded by us; the request only must not end before it.
        silence = expectation.timeout + SUBSCRIBING
        names = [expectation.event, *([expectation.failure_event] if expectation.failure_event else [])]
        self._polls = [Poll(client, expectation.which, name, silence, self._woken) for name in names]
        self._watch = _Watch(client, self._woken)

    def __enter__(self) -> EventWait:
        for poll in self._polls:
            poll.start()
        for poll in self._polls:
            poll.request.sent.wait(SUBSCRIBING)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.stop()
        give_up(self._polls)

    def result(self) -> Event | None:
        """Return the event; None where the hub has kept none and nothing was to be waited for.

        Raises ``FAILURE_EVENT``, ``ENDED_EARLY`` or ``TIMEOUT``.
        """
        only_kept = self._wanted.timeout == 0
        deadline = Deadline(KEPT_ANSWERS if only_kept else self._wanted.timeout)
        self._watch.start()
        while True:
            self._woken.wait(deadline.remaining)
            self._woken.clear()
            ended = self._ended_record()
            if ended is not None:
                self._polls[0].join(LAST_WORDS)
            event = self._arrived()
            if event is not None:
                return event
            if ended is not None:
                doing = f"while the task waited for its event {self._wanted.event!r}"
                raise ended_error(self._hub, ended, self._label, doing, code="ENDED_EARLY")
            if deadline.passed:
                if only_kept:
                    return None
                raise self._too_late()

    def _arrived(self) -> Event | None:
        """Return the event if it has come; raise for the failure event, and for a hub that failed."""
        expected = self._polls[0]
        if expected.event is not None:
            return expected.event
        for failed in self._polls[1:]:
            if failed.event is not None:
                raise SthError(
                    "FAILURE_EVENT",
                    f"Instance {self._label} ({self._record.id}) on {self._hub.api_url} emitted {failed.awaited!r} instead "
                    f"of {expected.awaited!r}: its payload is in event.",
                    instance=self._record.id,
                    event=failed.event.payload,
                )
        for thread in (*self._polls, self._watch):
            if thread.error is not None and thread.error.code != "NOT_FOUND":
                raise thread.error
        return None

    def _ended_record(self) -> InstanceRecord | None:
        """Return the record of an instance that has ended."""
        gone = any(poll.error is not None and poll.error.code == "NOT_FOUND" for poll in self._polls)
        return self._watch.ended or (forgotten(self._record.id) if gone else None)

    def _too_late(self) -> SthError:
        hint = ""
        if self._wanted.which == "last" and self._hub.dialect.forgets_falsy_events:
            hint = " (or only with a payload of 0, false, null or an empty string, which a 1.x hub does not keep)"
        return SthError(
            "TIMEOUT",
            f"Instance {self._label} ({self._record.id}) on {self._hub.api_url} has not emitted {self._wanted.event!r}{hint} "
            f"within wait_timeout ({self._wanted.timeout:g} s); it keeps running.",
            instance=self._record.id,
        )


class Poll(Attended):
    """One held request; wakes the wait when its answer is there."""

    def __init__(
        self,
        client: InstanceClient,
        which: Literal["next", "last"],
        awaited: str,
        silence: float,
        woken: threading.Event,
    ) -> None:
        super().__init__(f"await {awaited}")
        self.awaited = awaited
        self.request = InFlight()
        self.event: Event | None = None
        self._client = client
        self._which = which
        self._silence = silence
        self._woken = woken

    @property
    def pending(self) -> bool:
        """Whether it may still be answered."""
        return self.event is None and self.error is None and self.is_alive()

    def run(self) -> None:
        """Wait."""
        super().run()
        # Also where it could not even be sent, so that nobody waits for that.
        self.request.sent.set()
        self._woken.set()

    def work(self) -> None:
        """Wait."""
        self.event = self._client.await_event(self._which, self.awaited, self._silence, self.request)


def give_up(polls: Iterable[Poll]) -> None:
    """End requests whatever the hub does, and wait for their threads."""
    polls = tuple(polls)
    for poll in polls:
        poll.request.abort()
    for poll in polls:
        poll.join(1.0)


class _Watch(Attended):
    """Looks at the instance until it has ended; in a thread of its own, since 0.18 may take 3 s to answer.

    Source: hub-behaviour.md#starting-instance-never-answers.
    """

    def __init__(self, client: InstanceClient, woken: threading.Event) -> None:
        super().__init__("watch the instance")
        self.ended: InstanceRecord | None = None
        self._client = client
        self._woken = woken
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look."""
        super().run()
        self._woken.set()

    def work(self) -> None:
        """Look."""
        while not self._stopped.is_set():
            try:
                record = self._client.info() or forgotten(self._client.id)
            except SthError:
                # A hub that does not answer is reported by the held request, whose connection it loses.
                pass
            else:
                if not record.live:
                    self.ended = record
                    return
            self._stopped.wait(LOOK_EVERY)

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
