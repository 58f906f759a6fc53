# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_event``: sends an event, waits for one, or both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from time import monotonic
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import LostAnswerError, SthError, given, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.event.missing import missing_event
from ansible_collections.scramjet.sth.plugins.module_utils.event.names import require_awaitable
from ansible_collections.scramjet.sth.plugins.module_utils.event.options import EventOptions
from ansible_collections.scramjet.sth.plugins.module_utils.instance.lookup import sort_key
from ansible_collections.scramjet.sth.plugins.module_utils.instance.targets import find_targets
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import (
    Expectation,
    Heard,
    wait_for_event,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, forgotten
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import parse_reference, resolve_sequence
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Workers


@dataclass(frozen=True)
class Target:
    """An instance to talk to. ``record`` is None in check mode if an earlier task would start it."""

    name: str
    record: InstanceRecord | None


@dataclass(frozen=True)
class Talk:
    """What to send to every target, and what to wait for."""

    send: str | None
    message: Any
    expectation: Expectation | None


def reconcile(run: Run, options: EventOptions) -> Result:
    """Return ``event`` and ``events``."""
    _check(options)
    message, has_message = _message(options)
    run.secrets.update(run.masker.secrets(message))
    if options.send is not None:
        message = _carried(run, options.send, message, has_message)
    expectation = None
    if options.expect is not None:
        expectation = Expectation(options.expect, options.expect_which, options.failure_event, options.wait_timeout)
    targets = _targets(run, options)
    talk = Talk(options.send, message, expectation)
    actions = tuple(
        Action("send", f"event {talk.send} to instance {target.name}", "the task asks for it", target)
        for target in targets
        if talk.send is not None
    )
    run.journal.plan(actions)
    if run.check_mode:
        return {"event": None, "events": [_nothing_received(target) for target in targets]}
    return _talk_to_all(run, options, talk, targets, actions)


def _check(options: EventOptions) -> None:
    refuse_empty(
        "give a name",
        instance=options.instance,
        sequence=options.sequence,
        send=options.send,
        expect=options.expect,
        failure_event=options.failure_event,
    )
    if options.send is None and (options.payload is not None or options.payload_json is not None):
        raise SthError(
            "INVALID_OPTION", "payload and payload_json need send: set the name of the event that carries them."
        )
    if options.expect is None and options.failure_event is not None:
        raise SthError("INVALID_OPTION", "failure_event needs expect: set the event to wait for.")
    if options.expect_which == "last" and options.send is not None:
        raise SthError(
            "INVALID_OPTION",
            "expect_which: last cannot be used with send, because the reply comes after the event: leave out expect_which.",
        )
    for name, event in (("expect", options.expect), ("failure_event", options.failure_event)):
        if event is not None:
            require_awaitable(name, event)
    if options.wait_timeout < 0 or (options.wait_timeout == 0 and options.expect_which == "next"):
        raise SthError("INVALID_OPTION", "wait_timeout must be more than 0; only expect_which: last takes 0.")
    if options.max_parallel < 1:
        raise SthError("INVALID_OPTION", "max_parallel must be 1 or more.")


def _message(options: EventOptions) -> tuple[Any, bool]:
    """Return the payload and whether there is one."""
    if options.payload_json is None:
        return options.payload, options.payload is not None
    try:
        return json.loads(options.payload_json), True
    except ValueError as error:
        raise SthError("INVALID_OPTION", f"payload_json is not JSON ({error}): correct it, or use payload.") from None


def _carried(run: Run, name: str, message: Any, has_message: bool) -> Any:
    """Return the message in the form for this hub. Raises ``UNSUPPORTED_BY_HUB`` if the hub cannot carry it; nothing is sent then."""
    if not has_message and run.hub.dialect.needs_payload:
        # The hub needs a text. The empty text is closest to no payload.
        message = ""
    run.hub.dialect.event_body(name, message)
    return message


def _targets(run: Run, options: EventOptions) -> list[Target]:
    """Find the live instances to talk to; raise if there are none."""
    if options.sequence is not None:
        return _targets_of_sequence(run, options.sequence)
    reference = given(options.instance)
    kept = options.expect_which == "last" and options.send is None
    found = find_targets(run, reference, ended_too=kept)
    return [Target(item.label, item) for item in found] or [Target(reference, None)]


def _targets_of_sequence(run: Run, text: str) -> list[Target]:
    hub = run.hub
    inventory = observe(hub, lambda found: bool(found.instances))
    reference = parse_reference(text)
    chosen = resolve_sequence(reference, inventory, hub=hub.api_url, assume=run.check_mode)
    # Copies with the same content count as one.
    ids = {
        item.id for item in inventory.sequences if item.id == chosen.id or item.digest and item.digest == chosen.digest
    }
    live = [item for item in inventory.instances if item.live and item.sequence_id in ids]
    run.hide(live)
    if live:
        return [Target(item.label, item) for item in sorted(live, key=sort_key)]
    if run.check_mode:
        run.notes.append(f"Check mode assumes that an earlier task starts instances of {text}.")
        return [Target(f"of {text}", None)]
    raise SthError("NOT_FOUND", f"No instance of sequence {text!r} runs on {hub.api_url}: start one with sth_instance.")


def _talk_to_all(
    run: Run, options: EventOptions, talk: Talk, targets: Sequence[Target], actions: Sequence[Action]
) -> Result:
    """Talk to every target, several at a time, even if one fails. Raises the first failure at the end."""
    failures: list[SthError] = []

    def one(target: Target) -> dict[str, Any]:
        action = next((item for item in actions if item.target is target), None)
        try:
            return _talk_to(run, options, talk, target, action)
        except SthError as error:
            if "event" in error.details:
                error.details["event"] = run.masker.failure(error.details["event"], run.secrets)
            failures.append(error)
            return {**_nothing_received(target), "error_code": error.code, "msg": scrub(error.message, run.secrets)}

    with Workers(options.max_parallel, run.hub.abandon) as pool:
        events = pool.map(one, targets)
    if failures:
        failures[0].said["events"] = events
        raise failures[0]
    first = events[0]
    keys = ("name", "payload", "masked", "payload_lost", "received", "elapsed")
    return {"event": {key: first[key] for key in keys} if first["name"] is not None else None, "events": events}


def _talk_to(run: Run, options: EventOptions, talk: Talk, target: Target, action: Action | None) -> dict[str, Any]:
    record = given(target.record)
    if talk.expectation is None:
        _send_event(run, talk, record, action)
        return _nothing_received(target)
    began = monotonic()

    def send() -> None:
        if action is not None:
            # The hub answers this request after it has received the earlier one for the event, so it now listens for the event. The
            # answer also shows whether the instance has ended: a 1.x hub answers 200 to an event for an ended instance
            # (hub-behaviour.md#health-is-a-cache).
            now = run.hub.instance(record.id).info() or forgotten(record.id)
            if not now.live:
                raise ended_error(run.hub, now, target.name, "before the event was sent", code="ENDED_EARLY")
            _send_event(run, talk, record, action)

    heard = wait_for_event(run.hub, record.id, talk.expectation, send)
    if heard == Heard() and talk.expectation.timeout == 0:
        return _nothing_received(target)
    if heard.event is None:
        raise missing_event(run.hub, record.id, target.name, talk.expectation, heard)
    payload, masked = run.shown_payload(heard.event.payload, options.mask_output)
    return {
        **_nothing_received(target),
        "name": talk.expectation.event,
        "payload": payload,
        "masked": masked,
        "payload_lost": heard.event.lost,
        "received": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "elapsed": round(monotonic() - began, 3),
    }


def _send_event(run: Run, talk: Talk, record: InstanceRecord, action: Action | None) -> None:
    if action is None or talk.send is None:
        return
    run.journal.begin(action)
    try:
        run.hub.instance(record.id).send_event(talk.send, talk.message)
    except LostAnswerError as lost:
        # The event may have been delivered, and there is no way to check. So it is never sent twice.
        run.journal.done(action)
        message = (
            f"{lost.message} It is not known whether the event was delivered, and the task does not send it twice: look at what the "
            "program has done, and run the task again if it has not got the event."
        )
        raise LostAnswerError.of(lost, message=message) from None
    run.journal.done(action)


def _nothing_received(target: Target) -> dict[str, Any]:
    return {
        "instance": target.record.known_id if target.record else None,
        "instance_name": target.name,
        "name": None,
        "payload": None,
        "masked": False,
        "payload_lost": False,
        "received": None,
        "elapsed": None,
    }
