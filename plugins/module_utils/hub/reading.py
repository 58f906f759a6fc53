# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads answers of hubs by their shape: texts or objects, long or short names.

Every function raises `UnreadableError` for a shape that no hub sends. No function here knows a version.
Source: hub-behaviour.md#endpoints, hub-behaviour.md#events and hub-behaviour.md#versions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    InstanceRecord,
    Outcome,
    SequenceRecord,
    Status,
)

_REASONS: dict[str, Outcome] = {
    "Instance completed": "completed",
    "Instance stopped": "stopped",
    "Instance killed": "killed",
    "stopped": "stopped",
    "killed": "killed",
}
_CODES: dict[int, Outcome] = {137: "killed", 138: "stopped"}
# Exit codes of a success; -1 on 1.x (hub-behaviour.md#exit-codes-of-1x).
_SUCCESS = (-1, 0)
_LIVE: dict[str, Status] = {
    "initializing": "starting",
    "starting": "starting",
    "running": "running",
    "stopping": "stopping",
    "killing": "stopping",
}
# The status of a process that ended without an error. Hubs up to 0.24.1 use the last two.
_ENDED_WELL = ("completed", "finishing", "ended")


class UnreadableError(Exception):
    """An answer with a shape that no known hub sends."""


def read_id(raw: Any, what: str = "something") -> str:
    """Read the ``id`` of ``what``."""
    value = raw.get("id") if isinstance(raw, (dict, Mapping)) else None
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{what} without an id")
    return value


def sequence_record(raw: Any) -> SequenceRecord:
    """Read one element of ``GET /sequences``."""
    config = _object(_object(raw, "a sequence").get("config"), "the configuration of a sequence")
    engines = config.get("engines") or {}
    instances = raw.get("instances") or ()
    if not isinstance(instances, (list, tuple)):
        raise UnreadableError("the instances of a sequence")
    return SequenceRecord(
        id=read_id(raw, "a sequence"),
        name=str(config.get("name") or ""),
        hub_version=str(config.get("version") or ""),
        engine=next(iter(_object(engines, "the engines of a sequence")), ""),
        instances=tuple(str(item) for item in instances),
    )


def instance_record(raw: Any, reports_status: bool) -> InstanceRecord:
    """Read ``GET /instance/:id`` or one element of ``GET /instances``.

    ``reports_status``: whether the hub reports a status. If it does not, an instance that is listed and answers is running.
    """
    shown = _object(raw, "an instance")
    said = shown.get("status")
    if said is None and reports_status:
        raise UnreadableError("an instance without a status")
    status = str(said or "running")
    terminated = _object(shown.get("terminated"), "the end of an instance")
    # `terminated` decides, or `ended` if it is missing, and not the status, because a _stop or _kill of an ended instance
    # sets its status back for good (hub-behaviour.md#stop-of-an-ended-instance).
    ended = bool(terminated) or bool(shown.get("ended")) or status not in _LIVE
    code, reason = terminated.get("exitcode"), terminated.get("reason")
    code = code if isinstance(code, int) and not isinstance(code, bool) else None
    reason = str(reason) if reason else None
    sequence, engines = _of_sequence(shown.get("sequence"))
    args = shown.get("args") if "args" in shown else shown.get("sequenceArgs")
    return InstanceRecord(
        id=read_id(shown, "an instance"),
        sequence_id=sequence,
        status="ended" if ended else _LIVE[status],
        app_config=_as_mapping(shown.get("appConfig")),
        args=tuple(args) if isinstance(args, list) else (),
        input_topic=shown.get("requires") or None,
        output_topic=shown.get("provides") or None,
        created=shown.get("created"),
        started=shown.get("started"),
        ended=shown.get("ended"),
        outcome=_outcome(status, code, reason, PYTHON in engines) if ended else None,
        exit_code=code,
        reason=reason,
        engine=next(iter(engines), ""),
    )


def bare_event(status: int, reason: str, body: bytes) -> Event | None:
    """Read an answer that is only the payload of an event; None if it contains no event.

    Several payloads change the status or the body of the answer (hub-behaviour.md#event-payloads).
    """
    payload = _json_or_none(body)
    if 200 <= status < 300:
        # For a number, a boolean, "" and {}, the answer is an empty 200: there was an event, but its payload is lost.
        return None if body and payload is None else Event(payload, lost=status == 200 and not body)
    if body == b"500: Failed to serialize data":
        return Event(None)  # undefined
    if isinstance(payload, Mapping) and payload.get("error") == reason:
        # The hub has used the key opStatus of the payload as the status of the answer.
        return Event({**{key: value for key, value in payload.items() if key != "error"}, "opStatus": reason})
    return None


def wrapped_event(status: int, body: bytes) -> Event | None:
    """Read an answer ``{"eventName", "message"}``; None if it contains no event."""
    answer = _json_or_none(body)
    return Event(answer.get("message")) if status == 200 and isinstance(answer, Mapping) else None


def followed_event(line: bytes, bare: bool) -> Event:
    """Read one line of a stream of events. ``bare``: the line is the payload, and not ``{"eventName", "message"}``.

    A hub that sends bare payloads writes ``{}`` for each that is false in JavaScript (hub-behaviour.md#followed-events).
    """
    try:
        value = json.loads(line)
    except ValueError:
        raise UnreadableError("an event that is not JSON") from None
    if bare:
        return Event(value, lost=value == {})
    return Event(_object(value, "an event").get("message"))


def _outcome(status: str, code: int | None, reason: str | None, is_python: bool) -> Outcome:
    """Return how an instance ended; "unknown" if the hub reports the same for different ends."""
    if reason in _REASONS:
        return _REASONS[reason]
    if status in _ENDED_WELL:
        # Some hubs report a crash as completed. Only the exit code shows that it is one (hub-behaviour.md#versions).
        return "completed" if code is None or code in _SUCCESS else _CODES.get(code, "failed")
    # Every end of a Python program is "errored 213" on 1.x (hub-behaviour.md#python-programs), zombies report no code
    # (hub-behaviour.md#records-that-never-go), and up to 0.26 neither crash nor stop nor kill does.
    if status != "errored" or code is None or is_python:
        return "unknown"
    return _CODES.get(code, "failed")


def _of_sequence(value: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the id and the engines of the sequence of an instance. Hubs report the sequence as an id or as an object."""
    if value is None or isinstance(value, str):
        return value or "", {}
    sequence = _object(value, "the sequence of an instance")
    config = _object(sequence.get("config"), "the configuration of a sequence")
    return str(sequence.get("id") or ""), _object(config.get("engines"), "the engines of a sequence")


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    # A dict is a Mapping, but checking for dict first is faster, and there may be thousands of instances.
    if not isinstance(value, (dict, Mapping)):
        raise UnreadableError(what)
    return value


def _as_mapping(value: Any) -> dict[str, Any]:
    """Return ``value`` if it is a mapping, else an empty one. Hubs accept any app_config (hub-behaviour.md#start-and-life-cycle)."""
    return dict(value) if isinstance(value, (dict, Mapping)) else {}


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
