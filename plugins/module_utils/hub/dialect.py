# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between the hub generations: request bodies, the shapes of answers, capabilities.

Source: hub-behaviour.md#transport to hub-behaviour.md#events. ``Dialect`` is the 1.x contract, ``Dialect018`` what 0.18
does otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    Generation,
    HubVersion,
    InstanceRecord,
    Outcome,
    SequenceRecord,
    Status,
)

Capability = Literal["overwrite", "instance_id", "instance_status", "topics", "start_topics", "limits", "any_payload"]

# Message codes that 0.18 wants in front of a body (hub-behaviour.md#endpoints).
STOP_CODE = 4001
EVENT_CODE = 5001

# 1.x hands the body to the runner in an environment variable (hub-behaviour.md#start-body-too-large).
_REASONS: dict[str, Outcome] = {
    "Instance completed": "completed",
    "Instance stopped": "stopped",
    "Instance killed": "killed",
}
_STATUSES: dict[str, Status] = {
    "initializing": "starting",
    "starting": "starting",
    "running": "running",
    "stopping": "stopping",
    "killing": "stopping",
}
# What an exit code of a 1.x hub means (hub-behaviour.md#start-and-life-cycle). 213 covers every way in which the
# process went away by itself, process.exit(0) included, and every end of a Python program.
EXIT_MEANINGS = {
    -1: "the program completed",
    22: "the program failed while it was loaded",
    23: "the program threw an error while it ran",
    101: "an uncaught exception ended the process",
    137: "it was killed",
    138: "it was stopped",
    213: "the process ended by itself, whatever its exit code was",
}


class Dialect:
    """The contract of generation 1.x; stateless. What differs is asked for by its name, never by the generation."""

    generation: Generation = "1.x"
    # Bytes of a start's body, app_config and args included, that reach the program
    # (hub-behaviour.md#start-body-too-large); None where there is no such limit.
    start_body_limit: int | None = 128 * 1024
    # One request lists sequences and instances together, the latter with all that is known of them.
    lists_all_at_once = True
    # Instances that run are missing from the list for some seconds after a restart
    # (hub-behaviour.md#empty-list-after-a-restart).
    hides_running_after_restart = True
    # What has ended stays listed for a while, with its outcome and the ends of its streams.
    keeps_ended = True
    # An instance that starts is not answered for (hub-behaviour.md#starting-instance-never-answers).
    is_silent_about_starting = False
    # Errors of a kind of their own: 500 for a sequence that does not exist (hub-behaviour.md#errors-without-a-body).
    answers_500_for_not_found = False
    # The log goes on after its instance has ended (hub-behaviour.md#events).
    log_never_ends = True
    # Bytes that are no UTF-8 reach a program through its input as they are.
    carries_binary_input = True
    # Once it has been told to stop, nothing but the removal of its package ends a program that does not answer
    # (hub-behaviour.md#programs-that-do-not-answer).
    stop_is_final = True
    # A payload of 0, false, null or "" is taken for no event by "last".
    forgets_falsy_events = True
    # An event has a payload, always.
    needs_payload = False
    # Topics are kept and listed by the hub, and do not end.
    keeps_topics = True
    capabilities: frozenset[Capability] = frozenset(
        {"overwrite", "instance_id", "instance_status", "topics", "start_topics", "limits", "any_payload"}
    )

    def stop_body(self, timeout: float, can_keepalive: bool) -> Any:
        """Body of ``POST /instance/:id/_stop``; ``timeout`` in seconds."""
        return {"timeout": int(timeout * 1000), "canCallKeepalive": can_keepalive}

    def kill_body(self, remove_immediately: bool) -> Any:
        """Body of ``POST /instance/:id/_kill``."""
        return {"removeImmediately": True} if remove_immediately else {}

    def event_body(self, name: str, payload: Any) -> Any:
        """Body of ``POST /instance/:id/_event``."""
        return [EVENT_CODE, {"eventName": name, "message": payload}]

    def event(self, status: int, reason: str, body: bytes) -> Event | None:
        """Read the answer of ``GET /instance/:id/event/:name`` or ``once``, which is the bare payload.

        None where it tells of no event. Whatever the program emits is mistaken for something else somewhere
        (hub-behaviour.md#event-payloads).
        """
        payload = _decoded(body)
        if 200 <= status < 300:
            # A number, a boolean, "" and {} come as an empty 200: the event is known, its payload is not.
            return None if body and payload is None else Event(payload, lost=status == 200 and not body)
        if body == b"500: Failed to serialize data":
            return Event(None)  # undefined
        if isinstance(payload, Mapping) and payload.get("error") == reason:
            # Its key opStatus has become the status of the answer.
            return Event({**{key: value for key, value in payload.items() if key != "error"}, "opStatus": reason})
        return None

    def sequence(self, raw: Mapping[str, Any]) -> SequenceRecord:
        """Read one element of ``GET /sequences``."""
        config = raw.get("config") or {}
        engines = config.get("engines") or {}
        return SequenceRecord(
            id=str(raw["id"]),
            name=str(config.get("name") or ""),
            hub_version=str(config.get("version") or ""),
            engine=next(iter(engines), ""),
            instances=tuple(str(item) for item in raw.get("instances") or ()),
        )

    def instance(self, raw: Mapping[str, Any]) -> InstanceRecord:
        """Read ``GET /instance/:id`` or one element of ``GET /instances``."""
        terminated = raw.get("terminated") or {}
        sequence = raw.get("sequence") or {}
        status = str(raw.get("status") or "running")
        # `terminated` decides: _stop on an ended instance sets its status back to "stopping" for good
        # (hub-behaviour.md#stop-of-an-ended-instance).
        ended = bool(terminated) or status not in _STATUSES
        reason = terminated.get("reason")
        engines = (sequence.get("config") or {}).get("engines") or {}
        return InstanceRecord(
            id=str(raw["id"]),
            sequence_id=str(sequence.get("id") or ""),
            status="ended" if ended else _STATUSES[status],
            app_config=_mapping(raw.get("appConfig")),
            args=_sequence(raw.get("args")),
            input_topic=raw.get("requires") or None,
            output_topic=raw.get("provides") or None,
            created=raw.get("created"),
            started=raw.get("started"),
            ended=raw.get("ended"),
            outcome=self._outcome(reason, status, PYTHON in engines) if ended else None,
            exit_code=terminated.get("exitcode"),
            reason=reason,
            engine=next(iter(engines), ""),
        )

    @staticmethod
    def _outcome(reason: str | None, status: str, is_python: bool) -> Outcome:
        if reason in _REASONS:
            return _REASONS[reason]
        # Every end of a Python program is "errored 213" here (hub-behaviour.md#python-programs), and zombies report no
        # reason (hub-behaviour.md#records-that-never-go).
        return "unknown" if reason is None or is_python or status not in ("errored",) else "failed"


class Dialect018(Dialect):
    """The contract of generation 0.18 where it differs."""

    generation: Generation = "0.18"
    start_body_limit = None
    lists_all_at_once = False
    hides_running_after_restart = False
    keeps_ended = False
    is_silent_about_starting = True
    answers_500_for_not_found = True
    log_never_ends = False
    carries_binary_input = False
    stop_is_final = False
    forgets_falsy_events = False
    needs_payload = True
    keeps_topics = False
    capabilities: frozenset[Capability] = frozenset()

    def stop_body(self, timeout: float, can_keepalive: bool) -> Any:
        """Body of ``_stop``: without its second element this hub answers 500 and stops all the same.

        Source: hub-behaviour.md#body-of-a-stop.
        """
        return [STOP_CODE, super().stop_body(timeout, can_keepalive)]

    def kill_body(self, remove_immediately: bool) -> Any:
        """Body of ``_kill``: there is nothing to choose, an ended instance leaves the list at once."""
        return {}

    def event_body(self, name: str, payload: Any) -> Any:
        """Body of ``_event``: the payload is mandatory and a text here."""
        if not isinstance(payload, str):
            raise SthError(
                "UNSUPPORTED_BY_HUB", "A 0.18 hub takes only text as the payload of an event: send it as JSON text."
            )
        return super().event_body(name, payload)

    def event(self, status: int, reason: str, body: bytes) -> Event | None:
        """Read ``{"eventName", "message"}``."""
        answer = _decoded(body)
        return Event(answer.get("message")) if status == 200 and isinstance(answer, Mapping) else None

    def instance(self, raw: Mapping[str, Any]) -> InstanceRecord:
        """Read ``GET /instance/:id``. There is no status: who is listed and answers, runs."""
        return InstanceRecord(
            id=str(raw["id"]),
            sequence_id=str(raw.get("sequence") or ""),
            status="running",
            app_config=_mapping(raw.get("appConfig")),
            args=_sequence(raw.get("sequenceArgs")),
            created=raw.get("created"),
            started=raw.get("started"),
        )


def dialect_for(version: HubVersion) -> Dialect:
    """Return the dialect of a hub."""
    return Dialect018() if version.generation == "0.18" else Dialect()


def read_version(raw: Any) -> HubVersion | None:
    """Read ``GET /version``; None if this is no hub's answer (hub-behaviour.md#what-a-client-does-about-it)."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("version"), str):
        return None
    text = str(raw["version"])
    return HubVersion(text, "0.18" if text.startswith("0.") and "apiVersion" not in raw else "1.x")


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


# A hub echoes whatever it was started with, also what is no mapping and no list
# (hub-behaviour.md#start-and-life-cycle).
def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else ()
