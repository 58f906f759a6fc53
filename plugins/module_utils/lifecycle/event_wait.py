# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for an event of one instance, or its failure event, its end or a time limit, whichever comes first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import TracebackType
from typing import Callable, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.listening import Listener
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.outages import read_through
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, InstanceRecord, forgotten
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag


@dataclass(frozen=True)
class Expectation:
    """The event to wait for. ``timeout`` in seconds; 0 with ``last`` returns only an event that the hub has kept."""

    event: str
    which: Literal["next", "last"] = "next"
    failure_event: str | None = None
    timeout: float = 30.0


@dataclass(frozen=True)
class Heard:
    """The reason for the end of a wait: one field is set, or none if the time is over."""

    event: Event | None = None
    failure: Event | None = None
    ended: InstanceRecord | None = None


def wait_for_event(
    hub: HubClient, instance_id: str, expected: Expectation, once_asked: Callable[[], None] = lambda: None
) -> Heard:
    """Wait for the event, the failure event, the end of the instance or the time limit, whichever comes first.

    ``once_asked`` is called when the hub has been asked for the event, and before the time begins. Raises the exceptions of
    ``once_asked``, and failures of the hub.
    """
    woken, timings = Flag(), hub.timings
    with (
        Listener(hub, instance_id, expected.event, expected.which, woken) as event,
        Listener(hub, instance_id, expected.failure_event, expected.which, woken) as failure,
    ):
        once_asked()
        deadline = Deadline(expected.timeout or timings.kept_answers)
        with _Watch(hub, instance_id, woken) as watch:
            while True:
                woken.clear()
                ended = watch.ended
                came = event.last_words() if ended else event.heard()
                if came is not None:
                    return Heard(event=came)
                failed = failure.last_words() if ended else failure.heard()
                if failed is not None:
                    return Heard(failure=failed)
                if ended is not None:
                    return Heard(ended=ended)
                if watch.error is not None:
                    raise watch.error
                if deadline.passed:
                    return Heard()
                woken.wait(min(deadline.remaining, event.due, failure.due))


class _Watch(Attended):
    """Reads the instance until it has ended. It is a separate thread, because an answer may take 3 s on 0.18.

    Source: hub-behaviour.md#starting-instance-never-answers.
    """

    def __init__(self, hub: HubClient, instance_id: str, woken: Flag) -> None:
        super().__init__("watch the instance")
        self.ended: InstanceRecord | None = None
        self._hub = hub
        self._id = instance_id
        self._woken = woken
        self._stopped = Flag()

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()

    def at_end(self) -> None:
        """Wake the waiting thread."""
        self._woken.set()

    def work(self) -> None:
        """Read the instance until it has ended."""
        while not self._stopped.is_set():
            try:
                record = read_through(self._hub, self._id, Deadline(math.inf)) or forgotten(self._id)
            except GatewayError:
                # The request for the event does not report this, because it is repeated after each answer of a gateway.
                raise
            except SthError:
                # If the hub fails, the request for the event loses its connection and reports the failure.
                pass
            else:
                if not record.live:
                    self.ended = record
                    return
            self._stopped.wait(self._hub.timings.look_every)
