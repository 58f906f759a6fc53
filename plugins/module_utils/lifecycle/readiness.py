# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until a started instance is ready, or says why it is not (architecture.md#readiness-and-outcome)."""

from __future__ import annotations

import time
from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    ErrorCode,
    GatewayError,
    SthError,
    given,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.dialect import ANY_END, EXIT_MEANINGS
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import Expectation, wait_for_event
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.listening import Listener
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.logs import LastWords, failure_logs
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import Readiness
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.outages import read_through
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, InstanceRecord, forgotten
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses


def wait_ready(hub: HubClient, instance_id: str, label: str, readiness: Readiness) -> InstanceRecord:
    """Wait until an instance is ready, and return its record.

    Raises ``START_FAILED`` (the program failed), ``ENDED_EARLY`` (it ended otherwise) or ``TIMEOUT``.
    """
    wait = _Wait(hub, instance_id, label, readiness)
    if readiness.wait_for == "none":
        return wait.look()
    if readiness.wait_for == "event":
        return wait.until_event()
    with Listener(hub, instance_id, readiness.failure_event) as failure:
        return wait.until_running(failure) if readiness.wait_for == "running" else wait.until_healthy(failure)


def ended_error(
    hub: HubClient,
    record: InstanceRecord,
    label: str,
    while_doing: str,
    words: LastWords | None = None,
    code: ErrorCode | None = None,
    advice_if_unread: str = "run it with state: completed, and stderr and log in collect",
) -> SthError:
    """Build the failure for an instance that has ended, with its exit code, the meaning of the code, and the ends of its logs.

    ``words``: the ends of the logs, if they were read already. ``code``: the error code, instead of ``START_FAILED`` for a
    program that failed and ``ENDED_EARLY`` for one that ended in another way. ``advice_if_unread``: what to do if the
    hub does not keep the logs.
    """
    words = words or failure_logs(hub, record.id)
    if words is not None and words.finished and record.outcome in ("unknown", None):
        record = replace(record, outcome="completed")
    failed = record.outcome in ("failed", "unknown", None)
    code = code or ("START_FAILED" if failed else "ENDED_EARLY")
    if words is None:
        keeps = f"a {hub.version().version} hub keeps no log and no exit code of an ended instance"
        advice = f"the cause is not known, because {keeps}; {advice_if_unread}"
    else:
        advice = f"it said {words.error!r}; " if words.error else ""
        advice += "see the end of its stderr and log in logs"
    return SthError(
        code,
        f"Instance {label} ({record.id}) on {hub.api_url} {how_it_ended(record)} {while_doing}: {advice}.",
        instance=record.id,
        outcome=record.outcome,
        exit_code=record.exit_code,
        reason=record.reason,
        logs=words.ends if words else None,
    )


def how_it_ended(record: InstanceRecord) -> str:
    """Say how an instance ended, as far as the hub reports it: its exit code and the meaning of the code."""
    facts = [str(record.outcome)]
    if record.exit_code is not None:
        meaning = EXIT_MEANINGS.get(record.exit_code)
        if record.engine == PYTHON and record.exit_code == ANY_END:
            meaning = "every end of a Python program"
        facts.append(f"exit code {record.exit_code}{f': {meaning}' if meaning else ''}")
    if record.reason:
        facts.append(f"the hub says {record.reason!r}")
    return f"ended ({'; '.join(facts)})"


class _Wait:
    """One instance while its readiness is awaited."""

    def __init__(self, hub: HubClient, instance_id: str, label: str, readiness: Readiness) -> None:
        self.hub = hub
        self.timings = hub.timings
        self.client = hub.instance(instance_id)
        self.label = label
        self.readiness = readiness
        self.deadline = Deadline(readiness.wait_timeout)

    def look(self) -> InstanceRecord:
        """Return the record; raise if the instance has ended."""
        record = self._record()
        if not record.live:
            raise self._ended(record)
        return record

    def until_running(self, failure: Listener) -> InstanceRecord:
        """Wait until the handshake is done, and the instance is still alive after ``stable_for``."""
        for _turn in pauses(self.deadline, self.timings.close_looks):
            record = self._look_for_failure(failure)
            if record.status == "running":
                break
        else:
            raise self._too_late(f"is still {record.status}")
        # ``stable_for`` begins only now, so that a slow handshake does not shorten it.
        stable = Deadline(self.readiness.stable_for)
        for _turn in pauses(stable, self.timings.close_looks) if self.readiness.stable_for else ():
            record = self._look_for_failure(failure)
        return record

    def until_healthy(self, failure: Listener) -> InstanceRecord:
        """Wait until the program is healthy, and stays so until the hub has certainly asked the program itself."""
        stays = max(self.readiness.stable_for, self.timings.health_is_asked)
        since: float | None = None
        # The time for staying healthy is added, so that becoming healthy late does not shorten it.
        for _turn in pauses(Deadline(self.readiness.wait_timeout + stays), self.timings.close_looks):
            record = self._look_for_failure(failure)
            if not (record.status == "running" and self._is_healthy()):
                since = None
                if self.deadline.passed:
                    break
                continue
            now = time.monotonic()
            since = now if since is None else since
            if now - since >= stays:
                return record
        raise self._too_late("has not been healthy for long enough" if since else "has not reported that it is healthy")

    def until_event(self) -> InstanceRecord:
        """Wait for the ready event, the failure event or the end of the instance, whichever comes first."""
        name = given(self.readiness.ready_event)
        expected = Expectation(name, "last", self.readiness.failure_event, self.readiness.wait_timeout)
        heard = wait_for_event(self.hub, self.client.id, expected)
        if heard.event is not None:
            return self.look()
        if heard.failure is not None:
            raise self._failed(heard.failure)
        raise self._ended(heard.ended) if heard.ended else self._too_late(f"has not emitted {name!r}")

    def _is_healthy(self) -> bool:
        try:
            return bool(self.client.health(timeout=self.timings.health_turn))
        except GatewayError:
            # The next look shows whether the hub can be reached.
            return False
        except SthError as error:
            # The hub answers only after the first report of the runner.
            if error.code == "TIMEOUT":
                return False
            raise

    def _look_for_failure(self, failure: Listener) -> InstanceRecord:
        """Return the record; raise for the failure event, or if the instance has ended."""
        event = failure.wait(self.timings.failure_turn)
        if event is not None:
            raise self._failed(event)
        record = self._record()
        if record.live:
            return record
        # The failure event says more than the end of the program.
        event = failure.last_words()
        raise self._failed(event) if event else self._ended(record)

    def _record(self) -> InstanceRecord:
        return read_through(self.hub, self.client.id, self.deadline) or forgotten(self.client.id)

    def _failed(self, event: Event) -> SthError:
        shown = self.readiness.masker.failure(event.payload, self.hub.secrets)
        return SthError(
            "START_FAILED",
            f"Instance {self.label} ({self.client.id}) on {self.hub.api_url} emitted {self.readiness.failure_event!r} with {shown!r} "
            "instead of becoming ready: correct the cause, which this payload or the log of the program may name, and run the task again.",
            instance=self.client.id,
            event=shown,
        )

    def _ended(self, record: InstanceRecord) -> SthError:
        return ended_error(self.hub, record, self.label, "before it was ready")

    def _too_late(self, what: str) -> SthError:
        words = failure_logs(self.hub, self.client.id)
        where = "see the end of its stderr and log in logs" if words else "see what the program does"
        return SthError(
            "TIMEOUT",
            f"Instance {self.label} ({self.client.id}) on {self.hub.api_url} {what} after wait_timeout "
            f"({self.readiness.wait_timeout:g} s): {where}, or raise wait_timeout.",
            instance=self.client.id,
            logs=words.ends if words else None,
        )
