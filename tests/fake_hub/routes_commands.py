# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands for instances: stop, kill and event."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import programs
from ansible_collections.scramjet.sth.tests.fake_hub.calls import JSON_TYPES, NOT_FOUND, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.instances import UNDEFINED, Instance
from ansible_collections.scramjet.sth.tests.fake_hub.rules import pause
from ansible_collections.scramjet.sth.tests.fake_hub.shapes import instance_json
from ansible_collections.scramjet.sth.tests.fake_hub.state import State


class CommandRoutes:
    """``_stop``, ``_kill``, ``_event`` and ``_monitoring_rate`` below ``/instance/:id``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has

    def command(self, call: Call, instance: Instance, route: str) -> Answer:
        """Send a command to an instance. Every error is 500 with a text.

        Source: hub-behaviour.md#errors-below-an-instance-are-500.
        """
        if route not in ("_stop", "_kill", "_event", "_monitoring_rate"):
            return NOT_FOUND
        if call.content_type not in JSON_TYPES:
            return _thrown(
                "400: Could not parse content" if self.has("one_parse_error") else "400: Invalid content-type"
            )
        try:
            body = call.json() if call.body else UNDEFINED
        except ValueError:
            return _thrown("400: Could not parse content")
        if route == "_stop":
            return self._stop(instance, body) if self.has("plain_orders") else self._stop_as_list(instance, body)
        if route == "_kill":
            return self._kill(instance, body) if self.has("instance_status") else self._kill_018(instance)
        if route == "_event":
            return self._event(instance, body)
        return self._monitoring_rate(body)

    # -- stop and kill --------------------------------------------------------------------------------------------

    def _stop(self, instance: Instance, body: Any) -> Answer:
        if body is None:
            return _thrown("Cannot read properties of null (reading 'timeout')")
        # The list that a 0.18 hub expects is ignored here (hub-behaviour.md#body-of-a-stop).
        asked = body if isinstance(body, dict) else {}
        timeout = asked.get("timeout", self.state.timings.stop * 1000)
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
            return Answer(400, "Bad Request", {"error": "Invalid timeout format"})
        with self.state.lock:
            # The status of an instance that has ended changes too, for good (hub-behaviour.md#stop-of-an-ended-instance).
            instance.status = "stopping"
            self._tell_to_stop(instance, max(0.0, timeout / 1000), bool(asked.get("canCallKeepalive")))
        pause(self.state, max(0.0, timeout / 1000))
        with self.state.lock:
            return self._accepted(instance)

    def _stop_as_list(self, instance: Instance, body: Any) -> Answer:
        if self.has("instance_status"):
            instance.status = "stopping"
        if body is None or body is UNDEFINED:
            what = "null" if body is None else "undefined"
            return _thrown(f"message is not iterable (cannot read property {what})")
        if not isinstance(body, list):
            return _thrown("Spread syntax requires ...iterable[Symbol.iterator] to be a function")
        if len(body) < 2:
            # The hub answers with an error, but stops the instance (hub-behaviour.md#body-of-a-stop).
            with self.state.lock:
                self._tell_to_stop(instance, 0.0, False)
            return _thrown("Cannot read properties of undefined (reading 'timeout')")
        timeout = max(0.0, float(body[1].get("timeout", 0)) / 1000)
        with self.state.lock:
            self._tell_to_stop(instance, timeout, bool(body[1].get("canCallKeepalive")))
        pause(self.state, timeout)
        if self.has("instance_status"):
            with self.state.lock:
                return self._accepted(instance)
        return Answer(json={"opStatus": "OK"})

    def _tell_to_stop(self, instance: Instance, timeout: float, can_keepalive: bool) -> None:
        """End the instance when the timeout is over, whether it has a handler or not."""
        timings = self.state.timings
        if instance.unreachable:
            return
        if instance.sequence.is_python:
            if self.state.is_1x and can_keepalive and programs.stopping(instance, timeout) == "put off":
                instance.unreachable = True
                return
            if self.has("instance_status"):
                self.state.at(min(timings.notice, timeout / 2), lambda: instance.end(138, "Instance stopped"))
            # Without a handler, 0.18 does not stop it, and later commands do not reach it
            # (hub-behaviour.md#python-programs).
            instance.unreachable = True
            return
        code, reason = 138, "Instance stopped"
        plan = programs.stopping(instance, timeout)
        if plan == "too slow":
            code, reason = 137, "Instance killed"
        if plan == "put off" and can_keepalive:
            timeout = max(timeout, timings.overdue_1x if self.state.is_1x else timings.overdue_018)
        began = self.state.restarts

        def kill() -> None:
            # A hub that has ended in the meantime does not (hub-behaviour.md#a-restart-interrupts-a-stop).
            if self.state.restarts == began:
                self.state.at(timings.notice, lambda: instance.end(code, reason))

        self.state.at(timeout, kill)

    def _kill(self, instance: Instance, body: Any) -> Answer:
        # A 1.x hub kills only in this status (hub-behaviour.md#kill-only-while-running).
        if self.state.is_1x and instance.status != "running":
            return Answer(400, "Bad Request", {"error": "Instance not running"})
        if not self.has("plain_orders"):
            # A body of another shape counts as empty.
            body = body[1] if isinstance(body, list) and len(body) > 1 else {}
        elif body is None:
            return _thrown("Cannot read properties of null (reading 'removeImmediately')")
        at_once = body.get("removeImmediately", False) if isinstance(body, dict) else False
        if self.has("plain_orders") and not isinstance(at_once, bool):
            return Answer(400, "Bad Request", {"error": "Invalid removeImmediately format"})
        with self.state.lock:
            is_second, instance.status = instance.status == "killing", "killing"
            if at_once:
                instance.removed_after = self.state.timings.busy
            answer = self._accepted(instance)
            # A completed program does not react to the first kill (hub-behaviour.md#killing-what-has-completed).
            if is_second or not (instance.has_completed and self.has("second_kill_is_forced")):
                self.state.at(*killing(self.state, instance, is_second))
        return answer

    def _accepted(self, instance: Instance) -> Answer:
        """Return the answer to a stop or kill of hubs that report the status of an instance."""
        word = {} if self.has("error_bodies") else {"opStatus": "Accepted"}
        return Answer(202, "Accepted", {**word, **instance_json(self.state, instance)})

    def _kill_018(self, instance: Instance) -> Answer:
        timings = self.state.timings
        with self.state.lock:
            takes = timings.overdue_018 if instance.unreachable else timings.notice
            self.state.at(takes, lambda: instance.end(137, "Instance killed"))
        return Answer(202, "Accepted", {"opStatus": "Accepted"})

    # -- event and monitoring rate --------------------------------------------------------------------------------

    def _event(self, instance: Instance, body: Any) -> Answer:
        if self.has("any_payload") and not isinstance(body, list):
            what = "undefined" if body is UNDEFINED else "object"
            return _thrown(f"{what} is not iterable (cannot read property Symbol(Symbol.iterator))")
        if body is UNDEFINED:
            return _thrown("Cannot read properties of undefined (reading '1')")
        try:
            name, message = body[1].get("eventName"), body[1].get("message", UNDEFINED)
        except (TypeError, KeyError, IndexError, AttributeError):
            return _thrown("Cannot read properties of undefined (reading 'eventName')")
        carried = isinstance(message, str) or (message is UNDEFINED and self.has("event_without_payload"))
        if not self.has("any_payload") and not (isinstance(name, str) and carried):
            return _thrown("Bad message of type 5001")
        if not isinstance(name, str):
            return Answer(400, "Bad Request", {"error": "Invalid format, eventName missing."})
        with self.state.lock:
            # The hub does not report that the event reaches no program (hub-behaviour.md#health-is-a-cache and
            # hub-behaviour.md#a-stalled-hub-loses-its-instances).
            if instance.process_alive and not instance.unreachable and time.monotonic() >= instance.lost_until:
                programs.received(instance, name, message)
        return (
            Answer(json={"accepted": "OK"}) if self.has("any_payload") else Answer(202, "Accepted", {"accepted": True})
        )

    def _monitoring_rate(self, body: Any) -> Answer:
        if body is UNDEFINED:
            return _thrown("Cannot read properties of undefined (reading '1')")
        if not isinstance(body, list):
            return _thrown("Cannot read properties of undefined (reading 'monitoringRate')")
        if body[1]["monitoringRate"] < 0:
            return _thrown("Bad message of type 4003")
        return Answer(202, "Accepted", {"accepted": True})


def killing(state: State, instance: Instance, is_second: bool = False) -> tuple[float, Callable[[], None]]:
    """Return how many seconds after a kill a hub ends an instance, and how: by force if the program does not answer."""
    if instance.unreachable and not state.has("second_kill_is_forced"):
        return state.timings.overdue_1x, lambda: instance.finish("errored", 213, "Runner failed")
    takes = state.timings.overdue_1x if instance.unreachable and not is_second else state.timings.notice
    return takes, lambda: instance.end(137, "Instance killed")


def _thrown(text: str) -> Answer:
    return Answer(500, "Internal Server Error", text=text)
