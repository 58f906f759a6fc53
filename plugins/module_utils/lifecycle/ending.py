# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends instances and sees every one ended (architecture.md#instances; hub-behaviour.md#what-a-client-does-about-it)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    ErrorCode,
    LostAnswerError,
    SthError,
    WrittenError,
    unknown_effect,
)
from ansible_collections.scramjet.sth.plugins.module_utils.http.workers import workers
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses, poll

# A process is gone 0.3 s (0.18) to 1.5 s (1.x) after the stop's time is over (hub-behaviour.md#start-and-life-cycle).
END_GRACE = 3.0
# Whatever keepAlive asks for, the hub ends the program after 11 s (0.18) or 15 s (1.x)
# (hub-behaviour.md#keepalive-has-an-end).
KEEPALIVE_CAP = 16.0
# A program that does not answer is ended 11 s (0.18) or 16 s (1.x) after it was killed; later nothing more comes
# (hub-behaviour.md#programs-that-do-not-answer and hub-behaviour.md#records-that-never-go).
KILL_GRACE = 20.0


@dataclass(frozen=True)
class Ending:
    """How an instance is ended; seconds. ``stop_timeout`` 0: killed without asking."""

    stop_timeout: float = 7.0
    can_keepalive: bool = False
    removal_timeout: float = 240.0

    def __post_init__(self) -> None:
        """Raise ``INVALID_OPTION`` for a time that cannot be meant."""
        for name in ("stop_timeout", "removal_timeout"):
            if getattr(self, name) < 0:
                raise SthError("INVALID_OPTION", f"{name} must not be negative.")


class NotEndedError(WrittenError):
    """A program was told to stop, by this run or an earlier one, and goes on; the hub takes no further order for it (1.x)."""


def ending_from_options(options: Mapping[str, Any]) -> Ending:
    """Read and check the options. Raises ``INVALID_OPTION``."""
    return Ending(options["stop_timeout"], options["can_keepalive"], options["removal_timeout"])


def end_instance(hub: HubClient, instance_id: str, ending: Ending, *, answers: bool = True) -> InstanceRecord | None:
    """Stop, else kill, and return its last record once it has ended (None: no longer listed).

    ``answers``: False where the program has shown that it does not do what it is waited for. On a hub where a stop takes
    the last chance to end one that does not answer (hub-behaviour.md#programs-that-do-not-answer), it is killed then.

    Raises ``TIMEOUT`` where the hub never reports the end: `NotEndedError` where the program goes on, else after a restart
    of a 1.x hub (hub-behaviour.md#records-that-never-go), or a start that failed on a 0.18 hub
    (hub-behaviour.md#start-never-answered). Whatever fails once it was told to end is a `WrittenError`.
    """
    record = hub.instance(instance_id).info()
    if record is None or not record.live:
        return record
    orders = _Orders(hub, record)
    asks = answers or not hub.dialect.stop_is_final
    if ending.stop_timeout > 0 and asks and record.status == "running":
        if record.engine == PYTHON and hub.dialect.stop_is_final:
            # Its handler gets all the time that it takes anyway, and one that asks for more hears nothing from then on.
            ending = replace(ending, can_keepalive=False)
        orders.stop(ending)
        grace = KEEPALIVE_CAP if ending.can_keepalive else END_GRACE
        last, ended = poll(orders.look, lambda item: not _alive(item), Deadline(grace))
        if ended:
            return last
    killed = False
    for _dummy in pauses(Deadline(KILL_GRACE)):
        last = orders.look()
        if not _alive(last):
            return _as_told(last, killed)
        if not killed and last and last.status == "running":
            # Python programs on 0.18 run on after a stop (hub-behaviour.md#python-programs). Elsewhere than in
            # "running" a kill is refused (hub-behaviour.md#kill-only-while-running): the hub's own kill is under way
            # then.
            killed = orders.kill()
    raise orders.not_ended(last, killed)


def end_instances(
    hub: HubClient,
    instance_ids: Sequence[str],
    ending: Ending,
    *,
    parallel: int = 4,
    noted: Callable[[str], AbstractContextManager[None]] = lambda instance_id: nullcontext(),
) -> None:
    """End several, ``parallel`` at a time, each within its ``noted``. Raises the first failure when all are through."""

    def end(instance_id: str) -> None:
        with noted(instance_id):
            end_instance(hub, instance_id, ending)

    with workers(hub, max(1, parallel)) as pool:
        for outcome in [pool.submit(end, instance_id) for instance_id in instance_ids]:
            outcome.result()


def wait_removed(hub: HubClient, instance_ids: Iterable[str], timeout: float) -> None:
    """Wait until the hub lists none of them any more, ended ones included. ``TIMEOUT`` after ``timeout`` seconds."""
    deadline = Deadline(timeout)
    for instance_id in instance_ids:
        dummy, gone = poll(hub.instance(instance_id).info, lambda item: item is None, deadline)
        if not gone:
            raise SthError(
                "TIMEOUT",
                f"{hub.api_url} still lists the ended instance {instance_id} after removal_timeout ({timeout:g} s): a "
                "1.x hub keeps ended records for 195 s by default.",
                instance=instance_id,
            )


def what_is_left(hub: HubClient, instance_id: str) -> str:
    """Say what ends a program that does not answer, or clears its record, by hand."""
    process = hub.instance(instance_id).process_id()
    which = f"process {process}" if process is not None else "its process"
    return f"end {which} on the hub's machine with kill -9 (if it survived a restart of the hub, restart the hub once more)"


def _as_told(record: InstanceRecord | None, killed: bool) -> InstanceRecord | None:
    """Return the record of what has ended; a 1.x hub calls it failed where its process had to be ended by force."""
    if killed and record is not None and record.outcome == "failed":
        return replace(record, outcome="killed")
    return record


def _alive(record: InstanceRecord | None) -> bool:
    return record is not None and record.live


class _Orders:
    """Tells one instance to end. Once it has been told, every failure is a `WrittenError`."""

    def __init__(self, hub: HubClient, record: InstanceRecord) -> None:
        self._hub = hub
        self._client = hub.instance(record.id)
        mark = record.mark
        self._called = f"{mark.name} ({record.id})" if mark else record.id
        self._told = False
        # What was sent last, while its answer is lost and nobody has looked since.
        self._lost: tuple[str, LostAnswerError] | None = None

    def stop(self, ending: Ending) -> None:
        self._send("stop", lambda: self._client.stop(ending.stop_timeout, ending.can_keepalive), ("NOT_FOUND",))

    def kill(self) -> bool:
        """Return whether there is nothing left to tell it."""
        return self._send("kill", self._client.kill, ("CONFLICT", "NOT_FOUND")) != "CONFLICT"

    def look(self) -> InstanceRecord | None:
        try:
            record = self._client.info()
        except SthError as error:
            if self._lost is not None:
                what, lost = self._lost
                raise unknown_effect(
                    lost, self._hub.api_url, f"The {what} of instance {self._called}", "it has ended"
                ) from None
            told = (
                f"Instance {self._called} was asked to end, and it is not known whether it has: " if self._told else ""
            )
            raise self._kind.of(error, message=f"{told}{error.message}") from None
        self._lost = None
        return record

    def not_ended(self, last: InstanceRecord | None, killed: bool) -> SthError:
        """Build the failure for what is still listed as live."""
        status = last.status if last else "live"
        listed = f"Instance {self._called} was asked to end, and {self._hub.api_url} still lists it as {status}"
        if killed or status != "stopping" or not self._hub.dialect.stop_is_final:
            return self._kind(
                "TIMEOUT",
                f"{listed} after {KILL_GRACE:.0f} s: only a restart of the hub removes it.",
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
        """What a failure is: once the program was told to end, that counts as written."""
        return WrittenError if self._told else SthError

    def _send(self, what: str, send: Callable[[], None], ignored: tuple[ErrorCode, ...]) -> ErrorCode | None:
        """Return how it was refused, of the ways that are no failure."""
        try:
            send()
        except LostAnswerError as lost:
            self._lost = (what, lost)
        except SthError as error:
            if error.code not in ignored:
                raise self._kind.of(error) from None
            return error.code
        self._told = True
        return None
