# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints of a hub, of both generations (hub-contract section 2)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import programs
from ansible_collections.scramjet.sth.tests.fake_hub.calls import (
    HANG,
    JSON_TYPES,
    NOT_FOUND,
    STREAM_TYPES,
    Answer,
    Call,
    DiedError,
)
from ansible_collections.scramjet.sth.tests.fake_hub.routes_topics import TopicRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.rules import accepts, not_json, pause
from ansible_collections.scramjet.sth.tests.fake_hub.state import STREAMS, Instance, Sequence, State
from ansible_collections.scramjet.sth.tests.fake_hub.uploads import DeadlyError, RefusedError, unpack


class Routes:
    """Answers calls on a state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.n = state.is_1x
        self._topic_routes = TopicRoutes(state)

    def answer(self, call: Call) -> Answer:
        """Answer one call; waits happen in here, without the lock."""
        path = re.sub(r"^/api/v1(?=/|$)", "", call.path.split("?")[0], flags=re.IGNORECASE)
        if path == call.path.split("?")[0] or "//" in path:
            return NOT_FOUND
        parts = [part for part in path.split("/") if part]
        with self.state.lock:
            self.state.advance()
        if not parts:
            return NOT_FOUND
        if call.method == "GET" and not accepts(call, parts):
            if parts[0] == "instance" and len(parts) > 2:
                # The router below an instance answers every error so.
                return Answer(500, "Internal Server Error", text=f"{'415' if self.n else '400'}: Invalid content-type")
            return Answer(415 if self.n else 400, "Invalid content-type")
        handler = getattr(self, f"_{parts[0].replace('-', '_')}", None)
        return NOT_FOUND if handler is None else handler(call, parts[1:])

    # -- the hub --------------------------------------------------------------------------------------------------

    def _version(self, call: Call, rest: list[str]) -> Answer:
        if self.n:
            about = {"service": "@scramjet/host", "apiVersion": "v1", "version": "1.0.1", "build": "source"}
            return Answer(json=about)
        return Answer(json={"version": "0.18.7"})

    def _load_check(self, call: Call, rest: list[str]) -> Answer:
        return Answer(json={"avgLoad": 0.1, "currentLoad": 1.5, "memFree": 1.0e9, "memUsed": 5.0e8, "fsSize": []})

    def _status(self, call: Call, rest: list[str]) -> Answer:
        return Answer(json={"cpm": {}}) if self.n else NOT_FOUND

    def _config(self, call: Call, rest: list[str]) -> Answer:
        config = {
            "host": {"hostname": "127.0.0.1", "id": "hub"},
            "runtimeAdapter": "process",
            "timings": {"instanceLifetimeExtensionDelay": str(int(self.state.timings.extension * 1000))},
            "platform": {"apiKey": "canary-platform", "apiVersion": "v1"},
            "runnerEnvs": {"TOKEN": "canary-env"},
        }
        return Answer(json=config) if self.n else NOT_FOUND

    def _entities(self, call: Call, rest: list[str]) -> Answer:
        if not self.n:
            return NOT_FOUND
        with self.state.lock:
            sequences = [self._sequence_json(item) for item in self.state.sequences.values()]
            instances = [self._instance_json(item) for item in self.state.listed()]
        return Answer(json={"sequences": sequences, "instances": instances})

    # -- sequences ------------------------------------------------------------------------------------------------

    def _sequences(self, call: Call, rest: list[str]) -> Answer:
        with self.state.lock:
            return Answer(json=[self._sequence_json(item) for item in self.state.sequences.values()])

    def _sequence(self, call: Call, rest: list[str]) -> Answer:
        if not rest:
            return self._upload(call) if call.method == "POST" else NOT_FOUND
        sequence = self.state.sequences.get(rest[0])
        if len(rest) == 2 and rest[1] == "start" and call.method == "POST":
            return self._start(call, rest[0], sequence)
        if len(rest) == 2 and rest[1] == "instances" and call.method == "GET":
            if sequence is None:
                missing = {"error": f"Sequence {rest[0]} not found"}
                return Answer(404, "Not Found", missing) if self.n else Answer(500, "Failed to serialize data")
            return Answer(json=self._instances_of(sequence))
        if len(rest) > 1:
            return NOT_FOUND
        if call.method == "DELETE":
            return self._delete(call, rest[0], sequence)
        if call.method == "PUT":
            return self._put(call, rest[0], sequence) if self.n else NOT_FOUND
        if sequence is None:
            return Answer(404, "Not Found", {"error": f"Sequence {rest[0]} not found"} if self.n else {})
        return Answer(json=self._sequence_json(sequence))

    def _upload(self, call: Call) -> Answer:
        if call.content_type not in (None, *STREAM_TYPES):
            return Answer(415 if self.n else 400, "Invalid content-type")
        try:
            config, files = unpack(call.body)
        except RefusedError as refused:
            return Answer(422, "Unprocessable Entity", self._plain({"error": refused.error}))
        except DeadlyError:
            raise DiedError from None
        with self.state.lock:
            new = str(uuid.uuid4())
            self.state.sequences[new] = Sequence(new, config, files)
        return Answer(json={"id": new})

    def _put(self, call: Call, wanted: str, sequence: Sequence | None) -> Answer:
        if call.content_type not in (None, *STREAM_TYPES):
            return Answer(415, "Invalid content-type")
        with self.state.lock:
            if sequence is None:
                return Answer(404, "Not Found", {"error": f"Sequence with id: {wanted} not found"})
            if self._instances_of(sequence):
                return Answer(409, "Conflict", {"error": "Can't update sequence with instances"})
            try:
                config, files = unpack(call.body)
            except RefusedError as refused:
                return Answer(422, "Unprocessable Entity", {"error": refused.error})
            except DeadlyError:
                raise DiedError from None
            # What only the old package had stays (trap 6).
            sequence.files.update(files)
            sequence.config = config
        return Answer(json={"id": wanted})

    def _delete(self, call: Call, wanted: str, sequence: Sequence | None) -> Answer:
        refused = not_json(call, self.n)
        if refused is not None:
            return refused
        if sequence is None:
            missing = {"error": f"The sequence {wanted} does not exist."} if self.n else {"opStatus": "Not Found"}
            return Answer(404, "Not Found", missing)
        force = bool(call.headers.get("x-seq-kill-inst")) and self.n
        with self.state.lock:
            of_it = [item for item in self.state.listed() if item.sequence is sequence and not item.zombie]
            # 1.x asks whether every one is in use, so that an old ended one lets it delete under a running one (trap 9).
            in_use = bool(of_it) and all(item.counts_as_use for item in of_it)
            if in_use and not force:
                message = "Can't remove- Sequence in use" if self.n else "Can't remove sequence in use."
                return Answer(
                    409, "Conflict", {"error": message} if self.n else {"opStatus": "Conflict", "error": message}
                )
            if in_use:
                for item in of_it:
                    item.finish("completed", 137, "Instance killed")
        if in_use:
            pause(self.state, self.state.timings.force)
        with self.state.lock:
            self.state.sequences.pop(wanted, None)
        return Answer(json=self._with_status({"id": wanted}))

    def _start(self, call: Call, wanted: str, sequence: Sequence | None) -> Answer:
        refused = not_json(call, self.n)
        if refused is not None:
            return refused
        with self.state.lock:
            if self.state.overloaded > 0:
                self.state.overloaded -= 1
                reason = "Insufficient Space on Resource"
                return Answer(419, reason, {"error": reason} if self.n else {"opStatus": reason})
        if sequence is None:
            return Answer(404, "Not Found", {"error": "Not Found"} if self.n else {"opStatus": "Not Found"})
        try:
            body = call.json()
        except ValueError:
            return Answer(400, "Could not parse content")
        body = body if isinstance(body, dict) else {}
        if self.n and len(call.body) > 128 * 1024:
            return Answer(400, "Bad Request", {"error": "spawn E2BIG"})
        chosen = body.get("instanceId") if self.n else None
        if chosen is not None and (not isinstance(chosen, str) or len(chosen) != 36):
            return Answer(500, "Internal Server Error")
        if chosen in self.state.instances:
            return Answer(409, "Conflict", {"error": "Instance with a given ID already exists"})
        if sequence.main is None or len(sequence.config["engines"]) > 1:
            return self._start_broken(sequence, body)
        with self.state.lock:
            instance = self.state.start(sequence, body)
        pause(self.state, self.state.timings.handshake)
        if self.n:
            return Answer(json={"message": f"Sequence {instance.id} starting", "id": instance.id})
        return Answer(json=self._with_status({"id": instance.id}))

    def _start_broken(self, sequence: Sequence, body: dict[str, Any]) -> Answer:
        if self.n:
            problem = "Incorrect config passed to SequenceConfig,'engines' field can't contain more than one element"
            if sequence.main is None:
                main = sequence.config["entrypointPath"]
                problem = f"Sequence entrypoint path {main} is invalid. Check `main` field in Sequence package.json"
            return Answer(400, "Bad Request", {"error": problem})
        # Trap 11: no answer ever, and an entry that nobody can get rid of.
        with self.state.lock:
            zombie = Instance(self.state, sequence, body, str(uuid.uuid4()))
            zombie.zombie = True
            self.state.instances[zombie.id] = zombie
        return HANG

    # -- instances ------------------------------------------------------------------------------------------------

    def _instances(self, call: Call, rest: list[str]) -> Answer:
        with self.state.lock:
            if self.n:
                return Answer(json=[self._instance_json(item) for item in self.state.listed()])
            return Answer(json=[{"id": item.id, "sequence": item.sequence.id} for item in self.state.listed()])

    def _instance(self, call: Call, rest: list[str]) -> Answer:
        if not rest:
            return NOT_FOUND
        instance = self.state.instances.get(rest[0])
        if instance is None or not instance.listed:
            # No Content-Type, though it is JSON.
            missing = json.dumps({"error": f"Instance {rest[0]} not found"}, separators=(",", ":")) if self.n else None
            return Answer(404, "Not Found", text=missing)
        if instance.zombie:
            return HANG
        route = rest[1] if len(rest) > 1 else ""
        if call.method == "GET":
            return self._read_instance(call, instance, route, rest[2:])
        return self._command(call, instance, route)

    def _read_instance(self, call: Call, instance: Instance, route: str, rest: list[str]) -> Answer:
        if route == "":
            with self.state.lock:
                return Answer(json=self._instance_json(instance))
        if route == "health":
            # A cache that nobody refreshes after the death (trap 23).
            return Answer(json={"healthy": True, "processId": 4711})
        if route in ("event", "once") and rest:
            return self._event(call, instance, rest[0], wait_for_next=route == "once")
        if route in STREAMS:
            return Answer(stream=lambda: self._stream(instance, route))
        return NOT_FOUND

    def _event(self, call: Call, instance: Instance, name: str, wait_for_next: bool) -> Answer:
        seen = instance.event_counts.get(name, 0)
        while True:
            with self.state.lock:
                self.state.advance()
                count = instance.event_counts.get(name, 0)
                payload = instance.events.get(name)
            # 1.x takes a falsy last message for none (trap 21); a dead instance is waited for for ever (trap 20).
            known = count > 0 and (payload or not self.n)
            if count > seen or (known and not wait_for_next):
                return self._event_answer(name, payload)
            if call.gone():
                return HANG
            pause(self.state)

    def _event_answer(self, name: str, payload: Any) -> Answer:
        if not self.n:
            return Answer(json={"eventName": name, "message": payload})
        if payload is None:
            return Answer(204, "No Content")
        if isinstance(payload, (bool, int, float)) or payload in ({}, ""):
            return Answer(json=None)
        if isinstance(payload, dict) and "opStatus" in payload:
            return Answer(int(payload["opStatus"]), "", payload)
        return Answer(json=payload)

    def _stream(self, instance: Instance, name: str) -> Iterator[bytes | None]:
        """Yield what is said until the stream ends; None is a pause, in which the client may have gone."""
        while True:
            with self.state.lock:
                self.state.advance()
                said = bytes(instance.streams[name][: 64 * 1024])
                del instance.streams[name][: len(said)]
                ended = instance.stream_ended[name]
            if said:
                yield said
            elif ended:
                return
            else:
                yield None

    def _command(self, call: Call, instance: Instance, route: str) -> Answer:
        if call.method != "POST":
            return NOT_FOUND
        if route in ("input", "stdin"):
            return self._feed(call, instance, route)
        if route not in ("_stop", "_kill", "_event", "_monitoring_rate"):
            return NOT_FOUND
        if call.content_type not in JSON_TYPES:
            text = "400: Could not parse content" if self.n else "400: Invalid content-type"
            return Answer(500, "Internal Server Error", text=text)
        try:
            body = call.json()
        except ValueError:
            return Answer(500, "Internal Server Error", text="400: Could not parse content")
        if route == "_stop":
            return self._stop(instance, body)
        if route == "_kill":
            return self._kill(instance, body, bool(call.body))
        if route == "_event":
            return self._send_event(instance, body)
        return Answer(202, "Accepted", {"accepted": True})

    def _stop(self, instance: Instance, body: Any) -> Answer:
        if not self.n:
            return self._stop_018(instance, body)
        asked = body if isinstance(body, dict) else {}
        timeout = asked.get("timeout", 7000)
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
            return Answer(400, "Bad Request", {"error": "Invalid timeout format"})
        with self.state.lock:
            # Also for one that has ended, and then for good (trap 17).
            instance.status = "stopping"
        pause(self.state, max(0.0, timeout / 1000))
        with self.state.lock:
            answer = Answer(202, "Accepted", self._instance_json(instance))
            self.state.at(self.state.timings.notice, lambda: instance.finish("completed", 138, "Instance stopped"))
        return answer

    def _stop_018(self, instance: Instance, body: Any) -> Answer:
        if not isinstance(body, list):
            text = "Spread syntax requires ...iterable[Symbol.iterator] to be a function"
            if body is None:
                text = "message is not iterable (cannot read property undefined)"
            return Answer(500, "Internal Server Error", text=text)
        if len(body) < 2:
            # It answers an error and stops all the same (trap 16).
            with self.state.lock:
                instance.finish("", 0, "")
            return Answer(500, "Internal Server Error", text="Cannot read properties of undefined (reading 'timeout')")
        pause(self.state, max(0.0, float(body[1].get("timeout", 0)) / 1000))
        with self.state.lock:
            self.state.at(self.state.timings.notice, lambda: instance.finish("", 0, ""))
        return Answer(json={"opStatus": "OK"})

    def _kill(self, instance: Instance, body: Any, given: bool) -> Answer:
        if not self.n:
            with self.state.lock:
                self.state.at(self.state.timings.notice, lambda: instance.finish("", 0, ""))
            return Answer(202, "Accepted", {"opStatus": "Accepted"})
        if body is None and given:
            text = "Cannot read properties of null (reading 'removeImmediately')"
            return Answer(500, "Internal Server Error", text=text)
        if isinstance(body, dict) and not isinstance(body.get("removeImmediately", False), bool):
            return Answer(400, "Bad Request", {"error": "Invalid removeImmediately format"})
        with self.state.lock:
            # Only in exactly this status (trap 18).
            if instance.status != "running":
                return Answer(400, "Bad Request", {"error": "Instance not running"})
            instance.status = "killing"
            answer = Answer(202, "Accepted", self._instance_json(instance))
            self.state.at(self.state.timings.notice, lambda: instance.finish("completed", 137, "Instance killed"))
        return answer

    def _send_event(self, instance: Instance, body: Any) -> Answer:
        try:
            name, message = body[1]["eventName"], body[1].get("message")
        except (TypeError, KeyError, IndexError):
            return Answer(
                500, "Internal Server Error", text="Cannot read properties of undefined (reading 'eventName')"
            )
        if not self.n and not (isinstance(name, str) and isinstance(message, str)):
            return Answer(500, "Internal Server Error", text="Bad message of type 5001")
        if not isinstance(name, str):
            return Answer(400, "Bad Request", {"error": "Invalid eventName format"})
        with self.state.lock:
            if instance.process_alive:
                programs.received(instance, name, message)
        return Answer(json={"accepted": "OK"}) if self.n else Answer(202, "Accepted", {"accepted": True})

    def _feed(self, call: Call, instance: Instance, route: str) -> Answer:
        if route == "input" and call.content_type is None:
            if self.n:
                return Answer(406, "Not Acceptable", {"error": "Content-Type must be defined"})
            return Answer(500, "Internal Server Error", text="Content-Type must be defined")
        if route == "stdin" and call.content_type not in (None, *STREAM_TYPES):
            return Answer(500, "Internal Server Error", text="415: Invalid content-type")
        ends = call.headers.get("x-end-stream", "true") != "false"
        with self.state.lock:
            if instance.input_ended:
                return HANG
            instance.input_ended = ends
            programs.fed(instance, call.body, ends)
        return Answer(200 if ends else 202, "OK" if ends else "Accepted")

    def _topics(self, call: Call, rest: list[str]) -> Answer:
        return self._topic_routes.records(call, rest)

    def _topic(self, call: Call, rest: list[str]) -> Answer:
        return self._topic_routes.data(call, rest)

    # -- shapes ---------------------------------------------------------------------------------------------------

    def _sequence_json(self, sequence: Sequence) -> dict[str, Any]:
        config = {**sequence.config, "id": sequence.id, "sequenceDir": f"/sequences/{sequence.id}"}
        if self.n:
            config["language"] = "py" if "python3" in config["engines"] else "js"
            # Bytes read on the connection, not the package's size (trap 34).
            config["packageSize"] = 1483
        else:
            for key in ("description", "author", "keywords", "args", "repository"):
                config.pop(key, None)
        shown: dict[str, Any] = {"id": sequence.id, "config": config}
        if self.n:
            shown["location"] = "hub-lab"
        return {**shown, "instances": self._instances_of(sequence)}

    def _instances_of(self, sequence: Sequence) -> list[str]:
        return [item.id for item in self.state.listed() if item.sequence is sequence and not item.zombie]

    def _instance_json(self, instance: Instance) -> dict[str, Any]:
        if not self.n:
            shown = {
                "started": instance.started,
                "created": instance.created,
                "id": instance.id,
                "sequence": instance.sequence.id,
                "appConfig": instance.app_config,
                "sequenceArgs": instance.args,
            }
            return {key: value for key, value in shown.items() if value is not None}
        sequence = self._sequence_json(instance.sequence)
        sequence.pop("instances")
        shown = {
            "id": instance.id,
            "appConfig": instance.app_config,
            "args": instance.args,
            "provides": instance.body.get("outputTopic"),
            "requires": instance.body.get("inputTopic") or "",
            "sequence": sequence,
            "created": instance.created,
            "started": instance.started,
            "ended": instance.ended,
            "status": instance.status,
            "terminated": instance.terminated,
        }
        return {key: value for key, value in shown.items() if value is not None}

    def _with_status(self, body: dict[str, Any]) -> dict[str, Any]:
        return body if self.n else {"opStatus": "OK", **body}

    def _plain(self, body: dict[str, Any]) -> dict[str, Any]:
        return body
