# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoint that starts instances."""

from __future__ import annotations

import json
import uuid
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub.calls import HANG, Answer, Call, DiedError
from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance, Sequence
from ansible_collections.scramjet.sth.tests.fake_hub.rules import not_json, pause
from ansible_collections.scramjet.sth.tests.fake_hub.state import State

# In bytes. The runner gets the body of a start in an environment variable (hub-behaviour.md#start-body-too-large).
LONGEST_START = 128 * 1024
TWO_ENGINES = "Incorrect config passed to SequenceConfig,'engines' field can't contain more than one element"


class StartRoutes:
    """``/sequence/:id/start``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has

    def start(self, call: Call, name: str, sequence: Sequence | None) -> Answer:
        """Start an instance of ``sequence``. ``name``: the id in the path of the request."""
        refused = not_json(call, self.state)
        if refused is not None:
            return refused
        with self.state.lock:
            if self.state.overloaded > 0:
                # This is checked before anything else, also for unknown ids (hub-behaviour.md#overload-is-419).
                self.state.overloaded -= 1
                reason = "Insufficient Space on Resource"
                return Answer(419, reason, {"error": reason} if self.has("error_bodies") else {"opStatus": reason})
        if sequence is None:
            words = "Not Found" if self.has("missing_sequence_in_words") else f"Sequence {name} not found"
            return Answer(404, "Not Found", {"error": words} if self.has("error_bodies") else {"opStatus": "Not Found"})
        try:
            body = call.json()
        except ValueError:
            return Answer(400, "Could not parse content")
        if body is None and self.has("needs_start_body") and (call.body or call.headers.get("content-length") == "0"):
            return Answer(500, "Internal Server Error")
        body = body if isinstance(body, dict) else {}
        with self.state.lock:
            refused = self._not_startable(body, len(call.body))
            if refused is not None:
                return refused
            if sequence.main is None or len(sequence.config["engines"]) > 1:
                return self._start_broken(sequence, body)
            instance, restarts = self.state.launch(sequence, body), self.state.restarts
            described = {"appConfig": instance.app_config, "args": instance.args}
            self.state.log += json.dumps({"msg": "Start sequence", "data": [described]}).encode() + b"\n"
        pause(self.state, self.state.timings.handshake)
        with self.state.lock:
            if self.state.restarts != restarts:
                # The hub was restarted in the meantime, so nobody answers this request.
                instance.process_alive = False
                return HANG
        return self._started(instance)

    def _not_startable(self, body: dict[str, Any], size: int) -> Answer | None:
        """Refuse a start with a bad id or size. Nothing else is checked."""
        chosen = body.get("instanceId") if self.has("ids_in_conflict") else None
        if chosen not in (None, ""):
            if self.has("ids_are_uuids") and not _is_uuid(chosen):
                return Answer(422, "Unprocessable Entity", {"error": "Invalid Instance id"})
            problem = _bad_id(chosen)
            if problem:
                return self._refused_options(problem)
            if chosen in [item.id for item in self.state.listed()]:
                return Answer(409, "Conflict", {"error": "Instance with a given ID already exists"})
            if self.has("start_error_as_text") and isinstance(body.get("appConfig"), str):
                return self._refused_options("DTO appConfig is string, not an object")
        if size > LONGEST_START and self.has("start_in_environment"):
            return Answer(400, "Bad Request", {"error": "spawn E2BIG"})
        return None

    def _refused_options(self, problem: str) -> Answer:
        """Answer a start with options of wrong types; 1.x does not say which."""
        if self.state.is_1x:
            return Answer(500, "Internal Server Error")
        return Answer(400, "Bad Request", {"error": problem})

    def _start_broken(self, sequence: Sequence, body: dict[str, Any]) -> Answer:
        if self.has("instance_status"):
            problem, code = _no_main(sequence), 21
            if sequence.main is not None:
                problem, code = (TWO_ENGINES, 21) if self.state.is_1x else ("Runner failed", 213)
            if not self.state.is_1x:
                # The instance stays listed, and a GET of it is never answered.
                failed = self.state.launch(sequence, body)
                failed.zombie, failed.process_alive, failed.status = True, False, "errored"
                if self.has("failed_start_with_code"):
                    failed.terminated = {"exitcode": code, "reason": problem}
            return self._refused(problem, code)
        # There is never an answer, and the record cannot be removed (hub-behaviour.md#start-never-answered).
        instance = self.state.launch(sequence, body)
        instance.zombie, instance.process_alive = True, False
        return HANG

    def _started(self, instance: Instance) -> Answer:
        """Answer when the process has connected, even if its sequence was removed in the meantime."""
        sequence = instance.sequence
        with self.state.lock:
            if sequence.id not in self.state.sequences:
                instance.zombie, instance.process_alive = True, False
                return self._refused(_no_main(sequence), 21) if self.has("instance_status") else HANG
            if self.state.is_1x and sequence.is_python and self.state.python != "runs":
                instance.process_alive = False
                reason = "Instance killed" if self.state.python == "too new" else "Runner failed"
                return Answer(400, "Bad Request", {"error": reason})
            self.state.connect(instance)
            if self.state.is_1x and self._names_other_topic(instance):
                raise DiedError
            failed_to_load = not instance.process_alive and instance.status == "starting"
            if failed_to_load and self.has("instance_status") and not self.state.is_1x:
                # A 1.x hub may answer the start before or after the failure (hub-behaviour.md#started-is-not-running). Here, before.
                return self._refused("Sequence failed on start", 22)
        if self.has("error_bodies"):
            return Answer(json={"message": f"Sequence {instance.id} starting", "id": instance.id})
        result = {"result": "success"} if self.has("start_result") else {}
        return Answer(json={**result, "opStatus": "OK", "id": instance.id})

    def _names_other_topic(self, instance: Instance) -> bool:
        """Whether its code names a topic of another type (hub-behaviour.md#a-topic-of-another-type-ends-the-hub)."""
        if instance.topic is None or instance.body.get("outputTopic"):
            return False
        name, kind = instance.topic
        return name in self.state.topics and self.state.topics[name].content_type != kind

    def _refused(self, problem: str, code: int) -> Answer:
        """Answer a start that has failed, in the shape of the version."""
        if self.has("start_error_as_text"):
            return Answer(400, "Bad Request", {"error": problem})
        status = {"status": "errored"} if self.has("start_error_with_status") else {}
        told = {"error": {"message": problem, "exitcode": code, **status}}
        more = {} if self.has("error_bodies") else {"result": "error", "opStatus": "Bad Request"}
        return Answer(400, "Bad Request", {**more, **told})


def _no_main(sequence: Sequence) -> str:
    main = sequence.config["entrypointPath"]
    return f"Sequence entrypoint path {main} is invalid. Check `main` field in Sequence package.json"


def _bad_id(chosen: Any) -> str | None:
    if not isinstance(chosen, str):
        return "DTO instanceId is not valid string"
    return "DTO instanceId is not 36 long" if len(chosen) != 36 else None


def _is_uuid(value: Any) -> bool:
    try:
        return str(uuid.UUID(value)) == str(value).lower()
    except (AttributeError, TypeError, ValueError):
        return False
