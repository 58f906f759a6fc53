# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The differences between hubs: request bodies, shapes of answers, capabilities.

They follow from the version by one table (versions.py), and from the shape of an answer (reading.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Callable, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.reading import (
    UnreadableError,
    bare_event,
    followed_event,
    instance_record,
    sequence_record,
    wrapped_event,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.versions import (
    CAPABILITIES,
    Capability,
    doubt,
    has,
    release_of,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    Generation,
    HubVersion,
    InstanceRecord,
    SequenceRecord,
)

T = TypeVar("T")
# Message codes that some hubs expect before a body (hub-behaviour.md#endpoints).
KILL_CODE = 4000
STOP_CODE = 4001
EVENT_CODE = 5001
# The most bytes that fit into an environment variable (hub-behaviour.md#start-body-too-large).
ENVIRONMENT = 128 * 1024
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z", re.IGNORECASE)
# On 1.x, it means that the process ended by itself in any way, even by process.exit(0). It is also the code of every end of a Python
# program (hub-behaviour.md#start-and-life-cycle).
ANY_END = 213
# The meanings of exit codes.
EXIT_MEANINGS = {
    -1: "the program completed",
    0: "the program completed",
    22: "the program failed while it was loaded",
    23: "the program threw an error while it ran",
    # hub-behaviour.md#an-uncaught-exception-leaves-the-process
    101: "nobody caught an exception; the process may still run on the hub's machine, where you can end it",
    137: "it was killed",
    138: "it was stopped",
    ANY_END: "the process ended by itself, with any exit code",
}


class Dialect:
    """What hubs of one version do. Other code asks for a difference by its name here, never by the version."""

    def __init__(self, version: HubVersion) -> None:
        release = release_of(version.version)
        self.version = version.version
        self.generation: Generation = version.generation
        # Why the hub is treated as another version than it reports, or None.
        self.note = doubt(version.version)
        self.capabilities: frozenset[Capability] = frozenset(name for name in CAPABILITIES if has(release, name))
        self.reports_status = has(release, "instance_status")
        # The most bytes that the body of a start, with app_config and args, may have; None if there is no limit.
        self.start_body_limit = ENVIRONMENT if has(release, "start_in_environment") else None
        # One request lists sequences and instances together.
        self.lists_all_at_once = has(release, "one_list")
        # For some seconds after a restart, running instances are missing from the list
        # (hub-behaviour.md#empty-list-after-a-restart).
        self.hides_running_after_restart = has(release, "reconnect")
        self.keeps_ended = has(release, "keeps_ended")
        # GET of a starting instance gets no answer (hub-behaviour.md#starting-instance-never-answers).
        self.is_silent_about_starting = not has(release, "answers_for_starting")
        self.log_never_ends = has(release, "log_never_ends")
        # Data is lost between two readers of a stream (hub-behaviour.md#streams-that-are-cut).
        self.drops_unread = has(release, "drops_unread")
        # Input that is not UTF-8 reaches a program unchanged.
        self.carries_binary_input = has(release, "binary_input")
        # Output that is not UTF-8 arrives unchanged.
        self.carries_binary_output = has(release, "binary_output")
        # After a stop, the hub refuses to kill a program that does not answer, so it must be killed without a stop before
        # (hub-behaviour.md#programs-that-do-not-answer).
        self.stop_is_final = has(release, "stop_is_final")
        self.second_kill_is_forced = has(release, "second_kill_is_forced")
        # After an event with the payload 0, false, null or "", asking for the last event waits for another one.
        self.forgets_falsy_events = has(release, "bare_event_payload")
        # An event needs a payload, and the payload must be a text.
        self.needs_payload = not has(release, "any_payload")
        # Topics can be created and removed, have a content type, and are listed.
        self.keeps_topics = has(release, "topics")
        self.ends_topics = not has(release, "topics_never_end")
        # The answer to a write with an empty body (which may end an input) never ends.
        self.leaves_empty_write_unanswered = has(release, "empty_write_never_answered")
        self._plain_orders = has(release, "plain_orders")
        self._bare_event = has(release, "bare_event_payload")
        self._ids_are_uuids = has(release, "ids_are_uuids")

    def stop_body(self, timeout: float, can_keepalive: bool) -> Any:
        """Body of ``POST /instance/:id/_stop``; ``timeout`` in seconds.

        A body in the wrong form is an error on some hubs, and a stop with 7 s on others (hub-behaviour.md#body-of-a-stop).
        """
        order = {"timeout": int(timeout * 1000), "canCallKeepalive": can_keepalive}
        return order if self._plain_orders else [STOP_CODE, order]

    def kill_body(self, remove_immediately: bool) -> Any:
        """Body of ``POST /instance/:id/_kill``. ``remove_immediately`` has no effect on hubs that do not keep ended instances."""
        if not remove_immediately or not self.keeps_ended:
            return {}
        order = {"removeImmediately": True}
        return order if self._plain_orders else [KILL_CODE, order]

    def event_body(self, name: str, payload: Any) -> Any:
        """Body of ``POST /instance/:id/_event``. Raises ``UNSUPPORTED_BY_HUB`` for a payload that the hub does not accept."""
        if self.needs_payload and not isinstance(payload, str):
            raise SthError(
                "UNSUPPORTED_BY_HUB",
                f"A {self.version} hub takes only text as the payload of an event: send it as JSON text.",
            )
        return [EVENT_CODE, {"eventName": name, "message": payload}]

    def refuse_id(self, instance_id: str) -> None:
        """Raise ``UNSUPPORTED_BY_HUB`` for an instance id that the hub does not accept."""
        if self._ids_are_uuids and not _UUID.match(instance_id):
            raise SthError(
                "UNSUPPORTED_BY_HUB",
                f"A {self.version} hub takes only a UUID as the id of an instance, not {instance_id!r}: give one, or use name.",
            )

    def event(self, status: int, reason: str, body: bytes) -> Event | None:
        """Read the answer of ``GET /instance/:id/event/:name`` or ``once``; None if it contains no event."""
        return bare_event(status, reason, body) if self._bare_event else wrapped_event(status, body)

    def event_line(self, line: bytes) -> Event:
        """Read one line of ``GET /instance/:id/events/:name``. Raises ``HUB_ERROR``."""
        return self._readable(lambda: followed_event(line, self._bare_event))

    def sequence(self, raw: Any) -> SequenceRecord:
        """Read one element of ``GET /sequences``. Raises ``HUB_ERROR``."""
        return self._readable(lambda: sequence_record(raw))

    def instance(self, raw: Any) -> InstanceRecord:
        """Read ``GET /instance/:id`` or one element of ``GET /instances``. Raises ``HUB_ERROR``."""
        return self._readable(lambda: instance_record(raw, self.reports_status))

    def instances(self, raw: Iterable[Any]) -> list[InstanceRecord]:
        """Read all elements of ``GET /instances``. Raises ``HUB_ERROR``."""
        return self._readable(lambda: [instance_record(item, self.reports_status) for item in raw])

    def unreadable(self, what: str) -> SthError:
        """Build the failure for an answer whose shape no hub of this version has."""
        return SthError(
            "HUB_ERROR",
            f"The hub says that it is of version {self.version} and answers with {what}, which no such hub does: check that "
            "api_url is the address of one hub, and look for a newer version of this collection.",
        )

    def _readable(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except UnreadableError as error:
            raise self.unreadable(str(error)) from None


# Needed for every instance that is read. A dialect has no state, so it can be shared.
@lru_cache
def dialect_for(version: HubVersion) -> Dialect:
    """Return the dialect of a hub."""
    return Dialect(version)
