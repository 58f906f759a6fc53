# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for an event of one instance, or its failure event, its end or a time limit, whichever comes first.

The hub does not answer such a request until the event comes, and never if the instance dies
(hub-behaviour.md#waiting-for-an-event-of-a-dead-instance). One request stays open for the whole wait, so that no event is missed
between two requests. Another thread reads the instance in the meantime.
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


@dataclass(frozen=True)
class Expectation:
    """The event to wait for. ``timeout`` in seconds; 0 with ``last`` returns only an event that the hub has kept."""

    event: str
    which: Literal["next", "last"] = "next"
    failure_event: str | None = None
    timeout: float = 30.0


class EventWait:
    """The wait for an event of one instance. It begins when the context is entered."""

    def __init__(self, hub: HubClient, record: InstanceRecord, label: str, expectation: Expectation) -> None:
        self._hub = hub
        self._record = record
        self._label = label
        self._wanted = expectation
        self._woken = threading.Event()
        client, timings = hub.instance(record.id), hub.timings
        # This class limits the wait. The request must only not end earlier.
        silence = expectation.timeout + timings.spare
        names = [expectation.event, *([expectation.failure_event] if expectation.failure_event else [])]
        self._polls = [Poll(client, expectation.which, name, silence, self._woken) for name in names]
        self._watch = _Watch(client, self._woken, timings.look_every)

    def __enter__(self) -> EventWait:
        for poll in self._polls:
            poll.start()
        for poll in self._polls:
            poll.request.sent.wait(self._hub.timings.subscribing)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.stop()
        give_up(self._polls)

    def result(self) -> Event | None:
        """Return the event; None if the hub has kept none and the timeout is 0.

        Raises ``FAILURE_EVENT``, ``ENDED_EARLY`` or ``TIMEOUT``.
        """
        only_kept, timings = self._wanted.timeout == 0, self._hub.timings
        deadline = Deadline(timings.kept_answers if only_kept else self._wanted.timeout)
        self._watch.start()
        while True:
            self._woken.wait(deadline.remaining)
            self._woken.clear()
            ended = self._ended_record()
            if ended is not None:
                self._polls[0].join(timings.last_words)
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
        """Return the event if it has arrived; raise for the failure event, and for a failure of the hub."""
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
    """One open request. It wakes the wait when its answer arrives."""

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
        # Set it even if the request could not be sent, because another thread may wait for it.
        self.request.sent.set()
        self._woken.set()

    def work(self) -> None:
        """Wait."""
        self.event = self._client.await_event(self._which, self.awaited, self._silence, self.request)


def give_up(polls: Iterable[Poll]) -> None:
    """End requests, even if the hub does not answer, and wait for their threads."""
    polls = tuple(polls)
    for poll in polls:
        poll.request.abort()
    for poll in polls:
        poll.join(1.0)


class _Watch(Attended):
    """Reads the instance until it has ended. It is a separate thread, because an answer may take 3 s on 0.18.

    Source: hub-behaviour.md#starting-instance-never-answers.
    """

    def __init__(self, client: InstanceClient, woken: threading.Event, look_every: float) -> None:
        super().__init__("watch the instance")
        self.ended: InstanceRecord | None = None
        self._client = client
        self._woken = woken
        self._look_every = look_every
        self._stopped = threading.Event()

    def run(self) -> None:
        """Read the instance until it has ended."""
        super().run()
        self._woken.set()

    def work(self) -> None:
        """Read the instance until it has ended."""
        while not self._stopped.is_set():
            try:
                record = self._client.info() or forgotten(self._client.id)
            except SthError:
                # If the hub fails, the open request loses its connection and reports the failure.
                pass
            else:
                if not record.live:
                    self.ended = record
                    return
            self._stopped.wait(self._look_every)

    def stop(self) -> None:
        """Stop reading."""
        self._stopped.set()
