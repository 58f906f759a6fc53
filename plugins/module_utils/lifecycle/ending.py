# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends instances, and waits until each has ended (architecture.md#instances; hub-behaviour.md#what-a-client-does-about-it)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    ErrorCode,
    LostAnswerError,
    SthError,
    WrittenError,
    still_there,
    unknown_effect,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import came_back, read_surely
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import Ending
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses, poll
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Workers


class NotEndedError(WrittenError):
    """A program keeps running after a stop by this or an earlier run, and the hub accepts no further order for it (1.x)."""


def end_instance(hub: HubClient, instance_id: str, ending: Ending, *, answers: bool = True) -> InstanceRecord | None:
    """Stop an instance, or kill it if it does not end. Return its last record when it has ended (None: no longer listed).

    ``answers``: False if the program did not become ready, so it may not react to orders. Hubs from 1.0 on cannot kill such
    a program after a stop (hub-behaviour.md#programs-that-do-not-answer). So there it is killed without a stop.

    Raises ``TIMEOUT`` if the hub never reports the end. This is a `NotEndedError` if the program keeps running. Otherwise it
    happens after a restart of a 1.x hub (hub-behaviour.md#records-that-never-go), or after a failed start on a 0.18 hub
    (hub-behaviour.md#start-never-answered). Every failure after the first order is a `WrittenError`.
    """
    record = read_surely(hub, instance_id)
    if record is None or not record.live:
        return record
    orders, timings = _Orders(hub, record), hub.timings
    asks = answers or not hub.dialect.stop_is_final
    if record.engine == PYTHON and hub.dialect.stop_is_final:
        # A Python program that asks for more time gets no further orders. Without asking, its stop handler gets all the time
        # that it needs anyway (hub-behaviour.md#keepalive-has-an-end).
        ending = replace(ending, can_keepalive=False)
    extra = timings.keepalive_cap if ending.can_keepalive else timings.end_grace
    interrupted = _stop_was_interrupted(hub, record)
    stops = interrupted or (ending.stop_timeout > 0 and asks and record.status == "running")
    if record.status == "stopping" and (interrupted or (ending.stop_timeout > 0 and not hub.dialect.stop_is_final)):
        # Another task may have stopped it just now, so give it its time.
        last, ended = orders.end_within(ending.stop_timeout + extra)
        if ended:
            return last
    if stops:
        last, ended = orders.end_within(orders.stop(ending) + extra)
        if ended:
            return last
        record = last or record
    killed = False
    # When to send another kill; None for never.
    again: Deadline | None = None
    # If the hub refuses to kill after a stop, only wait.
    is_final = hub.dialect.stop_is_final and record.status == "stopping"
    # Older hubs kill a program that has not answered a stop (hub-behaviour.md#programs-that-do-not-answer).
    killable = ("running",) if hub.dialect.stop_is_final else ("running", "stopping")
    grace = timings.stop_grace if is_final else timings.kill_grace
    for _dummy in pauses(Deadline(grace), timings.looks):
        last = orders.look()
        if not _alive(last):
            return _killed_as_ordered(last, killed)
        if not killed and last and last.status in killable:
            # Python programs on 0.18 keep running after a stop (hub-behaviour.md#python-programs). From 1.0 on, a kill is refused in
            # any status except "running" (hub-behaviour.md#kill-only-while-running), because the hub is then killing the
            # program itself.
            killed = orders.kill()
            again = Deadline(timings.kill_again) if hub.dialect.second_kill_is_forced or orders.is_lost else None
        elif again is not None and again.passed:
            orders.kill()
            again = Deadline(timings.kill_again) if orders.is_lost else None
    raise orders.not_ended(last, killed, grace)


def end_instances(
    hub: HubClient,
    instance_ids: Sequence[str],
    ending: Ending,
    *,
    parallel: int = 4,
    noted: Callable[[str], AbstractContextManager[None]] = lambda instance_id: nullcontext(),
) -> None:
    """End several instances, ``parallel`` at a time, each in its context ``noted``. Raises the first failure at the end."""

    def end(instance_id: str) -> None:
        with noted(instance_id):
            end_instance(hub, instance_id, ending)

    with Workers(max(1, parallel), hub.abandon) as pool:
        pool.map(end, instance_ids)


def wait_removed(hub: HubClient, instance_ids: Iterable[str], timeout: float) -> None:
    """Wait until the hub no longer lists any of them, not even as ended. ``TIMEOUT`` after ``timeout`` seconds."""
    deadline, looks = Deadline(timeout), hub.timings.looks
    for instance_id in instance_ids:
        dummy, gone = poll(hub.instance(instance_id).info, lambda item: item is None, deadline, looks)
        if not gone:
            raise SthError(
                "TIMEOUT",
                f"{hub.api_url} still lists the ended instance {instance_id} after removal_timeout ({timeout:g} s): a "
                "hub lists an ended instance for 195 s by default, and one that outlived a restart of the hub until the next "
                "restart. Raise removal_timeout, or restart the hub, and run the task again.",
                instance=instance_id,
            )


def what_is_left(hub: HubClient, instance_id: str) -> str:
    """Say how a person can end a program that does not answer, or remove its record."""
    which = _process(hub, instance_id)
    return f"end {which} on the hub's machine with kill -9 (if it survived a restart of the hub, restart the hub once more)"


def _process(hub: HubClient, instance_id: str) -> str:
    process = hub.instance(instance_id).process_id()
    return f"process {process}" if process is not None else "its process"


def _killed_as_ordered(record: InstanceRecord | None, killed: bool) -> InstanceRecord | None:
    """Return the record of an ended instance, with "killed" instead of the failure that 1.x reports after a kill by force."""
    if killed and record is not None and record.outcome == "failed":
        return replace(record, outcome="killed")
    return record


def _alive(record: InstanceRecord | None) -> bool:
    return record is not None and record.live


def _stop_was_interrupted(hub: HubClient, record: InstanceRecord) -> bool:
    """Whether the hub may have ended before it had ended this instance. Only another stop ends the instance then.

    Source: hub-behaviour.md#a-restart-interrupts-a-stop.
    """
    return record.status == "stopping" and hub.dialect.stop_is_final and came_back(hub, record)


class _Orders:
    """Sends one instance the orders to end. After the first order, every failure is a `WrittenError`."""

    def __init__(self, hub: HubClient, record: InstanceRecord) -> None:
        self._hub = hub
        self._client = hub.instance(record.id)
        mark = record.mark
        self._called = f"{mark.name} ({record.id})" if mark else record.id
        self._has_ordered = False
        # The last order, if its answer was lost.
        self._lost: tuple[str, LostAnswerError] | None = None
        # Whether the instance was not read since then.
        self._unread = False

    def stop(self, ending: Ending) -> float:
        """Stop the instance. Return how many seconds of the stop are left: 0.0, except after a lost answer."""
        for _attempt in range(2):
            begun, bound = time.monotonic(), Deadline(ending.stop_timeout)
            self._send(
                "stop",
                lambda: self._client.stop(ending.stop_timeout, ending.can_keepalive),
                ("NOT_FOUND",),
                ending.stop_timeout,
            )
            if not self.is_lost:
                return 0.0
            # A hub that reports a status shows at once that it stops an instance. If this one still reports "running", the stop has
            # not reached it.
            record = self.look() if self._hub.dialect.reports_status else None
            if record is None or (record.status != "running" and not self._was_restarted_since(begun, record)):
                break
        return bound.remaining

    def _was_restarted_since(self, begun: float, record: InstanceRecord) -> bool:
        """Whether the hub was restarted after ``begun`` (monotonic clock), and with it lost a stop (see `_stop_was_interrupted`)."""
        if record.status != "stopping" or not self._hub.dialect.stop_is_final:
            return False
        clock = self._hub.clock()
        return clock is not None and clock.up < time.monotonic() - begun

    @property
    def is_lost(self) -> bool:
        """Whether the answer to the last order was lost, and the instance was not read since."""
        return self._lost is not None and self._unread

    def kill(self) -> bool:
        """Kill the instance. Return False if the hub refused to (``CONFLICT``), so that another kill may be needed."""
        return self._send("kill", self._client.kill, ("CONFLICT", "NOT_FOUND")) != "CONFLICT"

    def end_within(self, seconds: float) -> tuple[InstanceRecord | None, bool]:
        """Wait for the end of the instance. Return its last record, and whether it has ended."""
        return poll(self.look, lambda item: not _alive(item), Deadline(seconds), self._hub.timings.looks)

    def look(self) -> InstanceRecord | None:
        try:
            record = read_surely(self._hub, self._client.id)
        except SthError as error:
            if self._lost is not None and self.is_lost:
                what, lost = self._lost
                raise unknown_effect(
                    lost, self._hub.api_url, f"The {what} of instance {self._called}", "it has ended"
                ) from None
            context = (
                f"Instance {self._called} was asked to end, and it is not known whether it has: "
                if self._has_ordered
                else ""
            )
            raise self._kind.of(error, message=f"{context}{error.message}") from None
        self._unread = False
        return record

    def not_ended(self, last: InstanceRecord | None, killed: bool, grace: float) -> SthError:
        """Build the failure for an instance that is still listed as live after ``grace`` seconds."""
        status = last.status if last else "live"
        if self._lost is not None and status == "running":
            what, lost = self._lost
            return still_there(
                lost, self._hub.api_url, f"The {what} of instance {self._called}", "the instance still runs"
            )
        listed = f"Instance {self._called} was asked to end, and {self._hub.api_url} still lists it as {status}"
        if killed or status != "stopping" or not self._hub.dialect.stop_is_final:
            return self._kind(
                "TIMEOUT",
                f"{listed} after {grace:.0f} s: run the task again, and if that does not help, end "
                f"{_process(self._hub, self._client.id)} on the hub's machine with kill -9. If the process is gone, restart the hub, because "
                "nothing else removes the record.",
                instance=self._client.id,
            )
        return NotEndedError(
            "TIMEOUT",
            f"{listed}: the program does not answer, and the hub cannot kill it any more; remove its package with "
            f"sth_sequence (state: absent, in_use: stop), which ends it by force, or {what_is_left(self._hub, self._client.id)}; "
            "next time use stop_timeout: 0, which kills it without a stop.",
            instance=self._client.id,
        )

    @property
    def _kind(self) -> type[SthError]:
        """The class of a failure: after the first order, it is a `WrittenError`."""
        return WrittenError if self._has_ordered else SthError

    def _ends_all_the_same(self, seconds: float) -> bool:
        """Whether the instance ends within ``seconds`` and a grace although the hub has answered the order with an error.

        Hubs may do that (hub-behaviour.md#body-of-a-stop). Only hubs without a status are asked, because they list such an instance
        like any other, so the next run would rely on it.
        """
        if self._hub.dialect.reports_status:
            return False
        timings = self._hub.timings
        try:
            return poll(self.look, lambda item: not _alive(item), Deadline(seconds + timings.end_grace), timings.looks)[
                1
            ]
        except SthError:
            return False

    def _send(
        self, what: str, send: Callable[[], None], ignored: tuple[ErrorCode, ...], takes: float = 0.0
    ) -> ErrorCode | None:
        """Send an order, which ``takes`` so many seconds.

        Return the error code if it is one of ``ignored``, which are not failures here; else None.
        """
        self._lost = None
        try:
            send()
        except LostAnswerError as lost:
            self._lost, self._unread = (what, lost), True
        except SthError as error:
            if error.code in ignored:
                return error.code
            if error.code != "HUB_ERROR" or not self._ends_all_the_same(takes):
                raise self._kind.of(error) from None
        self._has_ordered = True
        return None
