# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts one instance exactly once, and waits until it is ready (architecture.md#instances)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    LostAnswerError,
    SthError,
    WrittenError,
    checking_effect,
    given,
    unseen,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.sequence_client import DiedAtStartError
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import end_instance, wait_removed
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import Ending, Readiness
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error, wait_ready
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.start_topics import likely_topic
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses


class UnseenStartError(WrittenError):
    """An instance was started, and the hub could not be read afterwards, so it is not known whether the instance became ready."""


@dataclass(frozen=True)
class Start:
    """A program and the id of the sequence that it runs from."""

    program: Program
    sequence_id: str
    # Ids that were listed before, so that a new instance can be recognised after a lost answer.
    known: frozenset[str] = frozenset()


def start_ready(
    hub: HubClient,
    start: Start,
    readiness: Readiness,
    ending: Ending,
    written: Callable[[], None] = lambda: None,
) -> InstanceRecord:
    """Start an instance and wait until it is ready. Up to ``start_attempts`` times, end a failed instance and start again.

    ``written`` is called when no further start can follow, and only waiting is left.
    """
    # Only the number of attempts is limited, because ending a program that does not answer can take longer than wait_timeout.
    for attempt, _pause in enumerate(pauses(Deadline(math.inf), hub.timings.starts), start=1):
        free_id(hub, start.program, ending)
        try:
            instance_id = start_once(hub, start, readiness.overload_timeout)
        except DiedAtStartError as error:
            if attempt >= readiness.start_attempts:
                raise _dead_at_once(hub, start, error) from None
            continue
        if attempt == readiness.start_attempts:
            written()
        try:
            record = wait_ready(hub, instance_id, start.program.label, readiness)
            _require_mark(hub, start.program, record, ending)
            return record
        except SthError as error:
            if attempt >= readiness.start_attempts or error.code not in ("START_FAILED", "ENDED_EARLY", "TIMEOUT"):
                raise _unseen(hub, start, instance_id, error) from None
            end_instance(hub, instance_id, ending, answers=error.code != "TIMEOUT")
    raise AssertionError("A loop without a time limit has ended: please report this bug of scramjet.sth.")


def _require_mark(hub: HubClient, program: Program, record: InstanceRecord, ending: Ending) -> None:
    """If the hub does not report the mark of a new instance, end it, because no task would find it, and raise ``UNSUPPORTED_BY_HUB``.

    Source: hub-behaviour.md#instances-without-their-configuration.
    """
    if program.mark is None or record.mark == program.mark or record.silent:
        return
    end_instance(hub, record.id, ending)
    raise SthError(
        "UNSUPPORTED_BY_HUB",
        f"{hub.api_url} does not report the app_config of instance {program.label} ({record.id}), so no later task could find "
        f"it, and the task has ended it again: this build of hub {hub.version().version} cannot be used, so install another build.",
        instance=record.id,
    )


def free_id(hub: HubClient, program: Program, ending: Ending) -> None:
    """Wait until the hub no longer lists an ended instance with the id of ``program``. Until then, the hub refuses to use the id."""
    if program.mark is None and program.id is not None:
        wait_removed(hub, [program.id], ending.removal_timeout)


def start_once(hub: HubClient, start: Start, overload_timeout: float) -> str:
    """Start one process and return its id. A start is repeated only if the hub certainly started nothing.

    After a 419, it is repeated for ``overload_timeout`` seconds with growing, jittered pauses. After a lost answer, the
    instance is searched by its mark. Raises `LostAnswerError` if it is not found and the hub may still be starting it, and
    `WrittenError` if the hub cannot be read.
    """
    program = start.program
    repeated = False
    overloaded: SthError | None = None
    unanswered: SthError | None = None
    for _pause in pauses(Deadline(overload_timeout), hub.timings.starts):
        try:
            started = hub.sequence(start.sequence_id).start(
                program.start_app_config(), program.args, program.start_body_options()
            )
            return started.id
        except LostAnswerError as lost:
            cause = _likely_cause(lost, hub, program)
            with checking_effect(lost, hub.api_url, f"The start of instance {program.label}", "it runs", cause):
                found = _find_started(hub, start)
            if found is not None:
                return found
            # A 0.18 hub that does not answer has created a zombie (hub-behaviour.md#start-never-answered), and another
            # start would create another one.
            if repeated or lost.code == "TIMEOUT":
                advice = f". {cause}" if cause else ": look in the hub's log for the cause."
                message = f"{lost.message} No instance {program.label} appeared{advice}"
                raise SthError.of(lost, "START_FAILED", message) from None
            repeated, unanswered = True, lost
        except SthError as error:
            if error.code != "INSUFFICIENT_RESOURCES":
                raise
            overloaded = error
    if overloaded is None:
        # overload_timeout was over before the start could be repeated.
        raise given(unanswered)
    raise SthError.of(
        overloaded,
        message=f"{overloaded.message} The start was repeated for overload_timeout ({overload_timeout:g} s).",
    )


def _likely_cause(error: SthError, hub: HubClient, program: Program) -> str:
    """Return the likely cause if the hub may have ended at a start; "" otherwise."""
    # A gateway that answers 502 may say so because the hub has ended.
    may_have_ended = error.code == "UNREACHABLE" and error.details.get("http_status") in (None, 502)
    return likely_topic(hub, program) if may_have_ended else ""


def _is_like(record: InstanceRecord, start: Start) -> bool:
    """Whether a new instance without a name seems to be the one that was started: only its package and app_config can show it."""
    return record.sequence_id == start.sequence_id and record.app_config == start.program.start_app_config()


def _dead_at_once(hub: HubClient, start: Start, error: SthError) -> SthError:
    """Return the same failure as for a program that died later, as far as the hub has a record of it."""
    for record in hub.instances():
        if record.id not in start.known and record.mark == start.program.mark and not record.live:
            return ended_error(hub, record, start.program.label, "before its start was answered")
    return SthError.of(
        error,
        message=f"Instance {start.program.label} died before its start was answered, and the hub has no record of it: "
        f"{error.message}",
    )


def _unseen(hub: HubClient, start: Start, instance_id: str, error: SthError) -> SthError:
    """Return a failure after the start as one about the started instance, unless the instance itself failed."""
    if "instance" in error.details:
        return error
    started = f"Instance {start.program.label} ({instance_id}) was started on {hub.api_url}"
    failure = unseen(error, started, "it became ready", _likely_cause(error, hub, start.program))
    return UnseenStartError.of(failure, instance=instance_id)


def _find_started(hub: HubClient, start: Start) -> str | None:
    program = start.program
    for _pause in pauses(Deadline(hub.timings.lost_start_shows), hub.timings.lost_looks):
        if program.mark is None and program.id is not None:
            if hub.instance(program.id).info() is not None:
                return program.id
            continue
        for record in hub.instances():
            mark = record.mark
            if record.id not in start.known and mark == program.mark and (mark or _is_like(record, start)):
                return record.id
    return None
