# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hub's API, one method per endpoint, with typed results. Usable on its own from Python.

Source: hub-behaviour.md#endpoints. Nothing here waits for a state, decides or repeats a write; errors are `SthError`.

    hub = HubClient("http://127.0.0.1:8000")
    instance = hub.sequence(sequence_id).start(app_config={"workers": 2}, args=["eu"])
    instance.last_event("ready", timeout=5)
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import IO, Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection, normalise_api_url
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import (
    ByteStream,
    Response,
    Transport,
    failed_answer,
)
from ansible_collections.scramjet.sth.plugins.module_utils.http.workers import workers
from ansible_collections.scramjet.sth.plugins.module_utils.hub.dialect import (
    Capability,
    Dialect,
    dialect_for,
    read_version,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.overlay import Overlay
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    HubVersion,
    InstanceRecord,
    Inventory,
    SequenceRecord,
)

# A 0.18 hub never answers a GET of an instance that is still connecting or has failed to
# (hub-behaviour.md#start-never-answered and hub-behaviour.md#starting-instance-never-answers).
SINGLE_GET_TIMEOUT = 3.0
# An ordinary start answers within a second, 50 at once within 15 s (hub-behaviour.md#start-and-life-cycle).
START_HOLD = 30.0
# A forced delete takes 15.5 s (hub-behaviour.md#forced-delete).
FORCE_HOLD = 20.0
PARALLEL_GETS = 8
# What no log says: its load check takes the first disk of a list that is empty.
_BLIND = (
    "Look at the hub's log for why. If there is nothing in it, the hub may find no disk: a 0.18 hub refuses every start so "
    "where `df` does not list `/`, as in a chroot or some containers. Make `/` a mount there (for a chroot, before it is "
    "entered, `mount --bind DIR DIR`), and start the hub again."
)
# Seconds after which the version is asked for again: no hub is replaced by another version and ready any sooner.
VERSION_LASTS = 3.0
STREAMS = ("output", "stdout", "stderr", "log")


class HubClient:
    """One hub. ``hub`` is its address or a whole `Connection`."""

    def __init__(self, hub: str | Connection) -> None:
        connection = hub if isinstance(hub, Connection) else Connection(api_url=normalise_api_url(hub))
        self.transport = Transport(connection)
        self._version: HubVersion | None = None
        self._version_read = 0.0
        # What is added to all that the hub lists, and left out of it.
        self.overlay = Overlay()

    # -- the hub itself -------------------------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return self.transport.connection.api_url

    @property
    def secrets(self) -> set[str]:
        """Values that no error, and nothing that is kept of an instance's streams, may show."""
        return self.transport.secrets

    def hide(self, secrets: set[str]) -> None:
        """Let ``secrets`` be shown nowhere; what is added to them later counts too."""
        self.transport.secrets = secrets

    def version(self) -> HubVersion:
        """``GET /version``, asked once. Raises ``HUB_ERROR`` where this is no hub."""
        if self._version is None:
            answer = self.transport.get("version")
            if 300 <= answer.status < 400:
                raise failed_answer(answer, "ask the hub for its version")
            version = read_version(answer.json()) if answer.status == 200 else None
            if version is None:
                raise SthError(
                    "HUB_ERROR",
                    f"{answer.url} answered {answer.status} {answer.reason}, which is no Scramjet Transform Hub: "
                    "check the host, port and path of api_url.".replace("  ", " "),
                    http_status=answer.status,
                    method=answer.method,
                    url=answer.url,
                )
            self._version = version
            self._version_read = time.monotonic()
        return self._version

    @property
    def known_version(self) -> HubVersion | None:
        """Return the version if the hub has been asked for it."""
        return self._version

    @property
    def dialect(self) -> Dialect:
        """What this hub's generation wants."""
        return dialect_for(self.version())

    def require(self, capability: Capability, what: str, instead: str) -> None:
        """Raise ``UNSUPPORTED_BY_HUB`` where the hub's generation lacks ``capability``."""
        if capability not in self.dialect.capabilities:
            raise SthError(
                "UNSUPPORTED_BY_HUB", f"{what} is not possible on a {self.version().version} hub: {instead}."
            )

    def abandon(self) -> None:
        """Let every request on its way fail, and every further one: the task has been interrupted."""
        self.transport.abandon()

    def answer_time(self) -> float:
        """Seconds that ``GET /version`` takes now."""
        begun = time.monotonic()
        self.transport.get("version")
        return time.monotonic() - begun

    def load(self) -> dict[str, Any]:
        """``GET /load-check``: load averages, memory and file systems in bytes."""
        return dict(self._json(self.transport.get("load-check"), "read the hub's load") or {})

    def config(self) -> dict[str, Any] | None:
        """``GET /config`` of a 1.x hub, secrets included; None where the hub has no such endpoint.

        Source: hub-behaviour.md#secrets-on-the-hub.
        """
        answer = self.transport.get("config")
        return None if answer.status == 404 else dict(self._json(answer, "read the hub's configuration"))

    def status(self) -> dict[str, Any] | None:
        """``GET /status`` of a 1.x hub; None where the hub has no such endpoint."""
        answer = self.transport.get("status")
        return None if answer.status == 404 else dict(self._json(answer, "read the hub's status"))

    # -- everything it lists --------------------------------------------------------------------------------------

    def sequences(self) -> list[SequenceRecord]:
        """``GET /sequences``."""
        # First, so that what is no hub is told as such.
        self.version()
        raw = self._list(self.transport.get("sequences"), "list the sequences")
        return self.overlay.with_sequences(self.dialect.sequence(item) for item in raw)

    def instances(self) -> list[InstanceRecord]:
        """``GET /instances``; 0.18 lists only ids there, so that each takes a bounded GET of its own."""
        self.version()
        listed = self._instances(self.transport.get("instances"))
        return self.overlay.with_instances(listed, self.dialect.keeps_ended)

    def inventory(self) -> Inventory:
        """Read sequences and instances: one request on 1.x (``GET /entities``), the two lists on 0.18."""
        if self.dialect.lists_all_at_once:
            answer = self.transport.get("entities")
            raw = self._json(answer, "list sequences and instances")
            both = [raw.get("sequences"), raw.get("instances")] if isinstance(raw, Mapping) else [None, None]
            sequences = self.overlay.with_sequences(self.dialect.sequence(item) for item in _objects(both[0], answer))
            instances = self.overlay.with_instances(
                (self.dialect.instance(item) for item in _objects(both[1], answer)), self.dialect.keeps_ended
            )
        else:
            sequences, instances = self.sequences(), self.instances()
        return Inventory(tuple(sequences), tuple(instances), self.transport.was_refused)

    def _instances(self, answer: Response) -> list[InstanceRecord]:
        raw = self._list(answer, "list the instances")
        if self.dialect.lists_all_at_once:
            return [self.dialect.instance(item) for item in raw]
        with workers(self.transport, PARALLEL_GETS) as pool:
            found = list(pool.map(lambda item: self.instance(str(item["id"])).info(), raw))
        return [
            # A starting instance's own record has no sequence.
            record if record.sequence_id else _unanswered(record.id, str(item.get("sequence") or ""))
            for item, record in zip(raw, found)
            if record is not None
        ]

    # -- its parts ------------------------------------------------------------------------------------------------

    def sequence(self, sequence_id: str) -> SequenceClient:
        """Address a sequence by its id, without asking whether it exists."""
        return SequenceClient(self, sequence_id)

    def instance(self, instance_id: str) -> InstanceClient:
        """Address an instance by its id, without asking whether it exists."""
        return InstanceClient(self, instance_id)

    def topic(self, name: str) -> TopicClient:
        """Address a topic by its name."""
        return TopicClient(self, name)

    def send_sequence(self, package: bytes | IO[bytes]) -> SequenceClient:
        """``POST /sequence``: upload a validated ``.tar.gz``; a file is streamed. Every upload makes a new sequence.

        Raises ``INVALID_PACKAGE`` where the hub refuses it. Never send what has not been validated: a large unsound
        body kills the hub (hub-behaviour.md#unsound-body-kills-the-hub).
        """
        answer = self.transport.write("POST", "sequence", content=package)
        return self.sequence(_uploaded_id(answer, "upload the package"))

    def delete_sequence(self, sequence_id: str, force: bool = False) -> None:
        """``DELETE /sequence/:id``. See `SequenceClient.delete`."""
        self.sequence(sequence_id).delete(force)

    def topics(self) -> list[dict[str, Any]]:
        """``GET /topics``: ``{topic, contentType, …}``; always empty on 0.18."""
        return self.overlay.with_topics(self._list(self.transport.get("topics"), "list the topics"))

    def renew(self) -> None:
        """Begin a task of its own on the same connections: nothing that could have changed meanwhile is remembered."""
        if time.monotonic() - self._version_read > VERSION_LASTS:
            self._version = None
        self.transport.renew()

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def _list(self, answer: Response, purpose: str) -> list[dict[str, Any]]:
        return _objects(self._json(answer, purpose), answer)

    @staticmethod
    def _json(answer: Response, purpose: str) -> Any:
        if not answer.ok:
            raise failed_answer(answer, purpose)
        return answer.json()


class SequenceClient:
    """One sequence of a hub, the surface of the hub's own SequenceClient."""

    def __init__(self, hub: HubClient, sequence_id: str) -> None:
        self._hub = hub
        self.id = sequence_id

    def info(self) -> SequenceRecord | None:
        """``GET /sequence/:id``; None where there is no such sequence."""
        answer = self._hub.transport.get("sequence", self.id)
        if answer.status == 404:
            return None
        if not answer.ok:
            raise failed_answer(answer, f"read sequence {self.id}")
        return self._hub.dialect.sequence(answer.json())

    def start(
        self,
        app_config: Mapping[str, Any] | None = None,
        args: Sequence[Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> InstanceClient:
        """``POST /sequence/:id/start``; ``options`` are further keys of its body. Success says nothing of the program.

        Raises ``INSUFFICIENT_RESOURCES`` (419: nothing was started, repeat later), ``START_FAILED``,
        ``CONFLICT`` (the chosen instanceId is in use) or `LostAnswerError`.
        """
        # A Python program on 0.18 dies unless both are present (hub-behaviour.md#python-programs).
        body = {**(options or {}), "appConfig": dict(app_config or {}), "args": list(args or [])}
        answer = self._hub.transport.write("POST", "sequence", self.id, "start", body=body, hold=START_HOLD)
        if answer.status == 400:
            error = failed_answer(answer, f"start sequence {self.id}")
            code: Any = "INVALID_CONFIG" if "E2BIG" in error.message else "START_FAILED"
            raise SthError(code, error.message, **error.details)
        if not answer.ok:
            raise failed_answer(answer, f"start sequence {self.id}", _BLIND if answer.status == 500 else "")
        return self._hub.instance(str(answer.json()["id"]))

    def list_instances(self) -> list[str]:
        """``GET /sequence/:id/instances``: ids; empty where there is no such sequence (0.18 answers 500,
        hub-behaviour.md#errors-without-a-body).
        """
        answer = self._hub.transport.get("sequence", self.id, "instances")
        if answer.status == 404 or (answer.status == 500 and self._hub.dialect.answers_500_for_not_found):
            return []
        if not answer.ok:
            raise failed_answer(answer, f"list the instances of sequence {self.id}")
        return [str(item) for item in answer.json() or ()]

    def get_instance(self, instance_id: str) -> InstanceClient:
        """Address one of its instances."""
        return self._hub.instance(instance_id)

    def overwrite(self, package: bytes | IO[bytes]) -> None:
        """``PUT /sequence/:id`` (1.x): replace the package under its id. Not atomic, see
        hub-behaviour.md#put-keeps-old-files and hub-behaviour.md#refused-put-has-written.
        """
        self._hub.require(
            "overwrite", "Overwriting a sequence", "upload the new package beside it (on_change: replace)"
        )
        _uploaded_id(self._hub.transport.write("PUT", "sequence", self.id, content=package), "overwrite the sequence")

    def delete(self, force: bool = False) -> None:
        """``DELETE /sequence/:id``; no such sequence is success.

        Do not rely on its checks: it can delete the package under a running instance, and ``force`` does not kill
        reliably (hub-behaviour.md#delete-orphans-a-running-instance and hub-behaviour.md#forced-delete). Raises
        ``CONFLICT`` while the hub counts an instance.
        """
        headers = {"x-seq-kill-inst": "true"} if force else {}
        hold = FORCE_HOLD if force else 0.0
        answer = self._hub.transport.write("DELETE", "sequence", self.id, headers=headers, hold=hold)
        # A concurrent delete can answer 500 although the sequence is gone (hub-behaviour.md#concurrent-deletes).
        if not answer.ok and answer.status != 404 and not (answer.status == 500 and self.info() is None):
            raise failed_answer(answer, f"delete sequence {self.id}")


class InstanceClient:
    """One instance of a hub."""

    def __init__(self, hub: HubClient, instance_id: str) -> None:
        self._hub = hub
        self.id = instance_id

    def info(self) -> InstanceRecord | None:
        """``GET /instance/:id``; None where the hub does not list it (any more)."""
        silent = self._hub.dialect.is_silent_about_starting
        try:
            answer = self._hub.transport.get(
                "instance", self.id, timeout=SINGLE_GET_TIMEOUT if silent else None, repeat=not silent
            )
        except SthError as error:
            if silent and error.code == "TIMEOUT":
                return _unanswered(self.id, "")
            raise
        if answer.status == 404:
            return None
        if not answer.ok:
            raise failed_answer(answer, f"read instance {self.id}")
        return self._hub.dialect.instance(answer.json())

    def health(self, timeout: float | None = None) -> bool | None:
        """``GET …/health``: what the program last reported, never refreshed after its death; None if nothing.

        Source: hub-behaviour.md#health-is-a-cache.
        """
        answer = self._hub.transport.get("instance", self.id, "health", timeout=timeout, repeat=False)
        if not answer.ok:
            return None
        value = answer.json()
        return bool(value["healthy"]) if isinstance(value, Mapping) and "healthy" in value else None

    def stop(self, timeout: float = 7.0, can_keepalive: bool = False) -> None:
        """``POST …/_stop``: ask the program to end within ``timeout`` seconds. The hub answers only after that time.

        Never for an ended instance: its status would go back to "stopping" for good
        (hub-behaviour.md#stop-of-an-ended-instance).
        """
        body = self._hub.dialect.stop_body(timeout, can_keepalive)
        self._command("_stop", body, "stop", hold=timeout)

    def kill(self, remove_immediately: bool = False) -> None:
        """``POST …/_kill``. A 1.x hub takes it only for a running instance: ``CONFLICT`` otherwise.

        Source: hub-behaviour.md#kill-only-while-running.
        """
        body = self._hub.dialect.kill_body(remove_immediately)
        answer = self._hub.transport.write("POST", "instance", self.id, "_kill", body=body)
        if answer.status == 400:
            error = failed_answer(answer, f"kill instance {self.id}")
            raise SthError("CONFLICT", error.message, **error.details)
        self._accepted(answer, "kill")

    def send_event(self, name: str, payload: Any) -> None:
        """``POST …/_event``."""
        self._command("_event", self._hub.dialect.event_body(name, payload), f"send event {name} to")

    def next_event(self, name: str, timeout: float) -> Any:
        """Payload of the next event of this name. See `await_event`."""
        return self.await_event("next", name, timeout).payload

    def last_event(self, name: str, timeout: float) -> Any:
        """Payload of the latest event of this name, else of the next. See `await_event`."""
        return self.await_event("last", name, timeout).payload

    def await_event(
        self, which: Literal["next", "last"], name: str, timeout: float, request: InFlight | None = None
    ) -> Event:
        """``GET …/once/:name`` (next) or ``…/event/:name`` (last). ``TIMEOUT`` after ``timeout`` seconds of waiting.

        The hub never ends this wait when the instance dies (hub-behaviour.md#waiting-for-an-event-of-a-dead-instance):
        wait in short turns, or watch it by ``request``.
        """
        route = "once" if which == "next" else "event"
        answer = self._hub.transport.get(
            "instance", self.id, route, name, timeout=timeout, repeat=False, request=request
        )
        event = self._hub.dialect.event(answer.status, answer.reason, answer.body)
        if event is None:
            raise failed_answer(answer, f"wait for event {name} of instance {self.id}")
        return event

    def send_input(
        self,
        data: bytes | IO[bytes],
        content_type: str,
        end: bool = True,
        timeout: float | None = None,
        request: InFlight | None = None,
    ) -> None:
        """``POST …/input``: feed the program's input; a file is streamed. ``end`` ends the input for good
        (hub-behaviour.md#ended-input).

        ``timeout``: seconds without anything being taken, instead of ``request_timeout``; ``request`` watches it.
        """
        self._feed("input", data, content_type, end, timeout, request)

    def send_stdin(
        self, data: bytes | IO[bytes], end: bool = True, timeout: float | None = None, request: InFlight | None = None
    ) -> None:
        """``POST …/stdin``. See `send_input`."""
        self._feed("stdin", data, "application/octet-stream", end, timeout, request)

    def read(
        self, stream: str, timeout: float | None = None, request: InFlight | None = None
    ) -> AbstractContextManager[ByteStream]:
        """``GET …/output``, ``stdout``, ``stderr`` or ``log``: chunks as they come. Consumes them.

        ``TIMEOUT`` is raised by the iterator after ``timeout`` seconds without data. ``request`` watches it.
        """
        return self._hub.transport.stream("instance", self.id, stream, timeout=timeout, request=request)

    def _feed(
        self,
        stream: str,
        data: bytes | IO[bytes],
        content_type: str,
        end: bool,
        timeout: float | None,
        request: InFlight | None,
    ) -> None:
        answer = self._hub.transport.write(
            "POST", "instance", self.id, stream, content=data, headers=_feed_headers(content_type, end),
            timeout=timeout, request=request,
        )  # fmt: skip
        self._accepted(answer, f"write to the {stream} of")

    def _command(self, command: str, body: Any, verb: str, hold: float = 0.0) -> None:
        self._accepted(self._hub.transport.write("POST", "instance", self.id, command, body=body, hold=hold), verb)

    def _accepted(self, answer: Response, verb: str) -> None:
        if not answer.ok:
            raise failed_answer(answer, f"{verb} instance {self.id}")


class TopicClient:
    """One topic. Only a 1.x hub lists, creates and deletes them; on 0.18 a name is a topic while it is used."""

    def __init__(self, hub: HubClient, name: str) -> None:
        self._hub = hub
        self.name = name

    def create(self, content_type: str) -> None:
        """``POST /topics``. Raises ``CONFLICT`` where it exists."""
        self._require()
        answer = self._hub.transport.write("POST", "topics", body={"id": self.name, "content-type": content_type})
        if answer.status == 400 and "exist" in answer.error_text():
            raise SthError("CONFLICT", f"Topic {self.name} exists already.", http_status=400)
        if not answer.ok:
            raise failed_answer(answer, f"create topic {self.name}")

    def delete(self) -> None:
        """``DELETE /topics/:id``; no such topic is success."""
        self._require()
        answer = self._hub.transport.write("DELETE", "topics", self.name)
        if not answer.ok and answer.status != 404:
            raise failed_answer(answer, f"delete topic {self.name}")

    def write(
        self,
        data: bytes | IO[bytes],
        content_type: str,
        end: bool = False,
        timeout: float | None = None,
        request: InFlight | None = None,
    ) -> None:
        """``POST /topic/:name``: write to it; a 1.x hub creates it with ``content_type`` where it does not exist."""
        answer = self._hub.transport.write(
            "POST", "topic", self.name, content=data, headers=_feed_headers(content_type, end),
            timeout=timeout, request=request,
        )  # fmt: skip
        if not answer.ok:
            raise failed_answer(answer, f"write to topic {self.name}")

    def read(self, content_type: str, timeout: float | None = None) -> AbstractContextManager[ByteStream]:
        """``GET /topic/:name``: chunks as they come, consumed. Creates the topic where it does not exist (1.x)."""
        # A 1.x hub compares it with the topic's own, on GET too.
        headers = {"Content-Type": content_type}
        return self._hub.transport.stream("topic", self.name, timeout=timeout, headers=headers)

    def _require(self) -> None:
        self._hub.require("topics", "Managing topics", "topics exist there only while data is written to them")


def _objects(value: Any, answer: Response) -> list[dict[str, Any]]:
    """Return a list of objects; raise ``HUB_ERROR`` for what no hub answers."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise answer.no_hubs("something else than a list of objects")
    return value


def _feed_headers(content_type: str, end: bool) -> dict[str, str]:
    """Without the header the hub ends an instance's stream for good (hub-behaviour.md#ended-input)."""
    return {"Content-Type": content_type, "x-end-stream": "true" if end else "false"}


def _uploaded_id(answer: Response, purpose: str) -> str:
    if answer.status == 422:
        error = failed_answer(answer, purpose)
        raise SthError("INVALID_PACKAGE", error.message, **error.details)
    if not answer.ok:
        raise failed_answer(answer, purpose)
    return str(answer.json()["id"])


def _unanswered(instance_id: str, sequence_id: str) -> InstanceRecord:
    """Describe an instance that a 0.18 hub lists but does not answer for."""
    return InstanceRecord(id=instance_id, sequence_id=sequence_id, status="starting")
