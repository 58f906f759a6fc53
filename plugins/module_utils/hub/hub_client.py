# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hub's API, one method per endpoint, with typed results. Usable on its own from Python.

Source: hub-behaviour.md#endpoints. No method waits for a state, makes decisions or repeats a write. Errors are `SthError`.

    hub = HubClient("http://127.0.0.1:8000")
    instance = hub.sequence(sequence_id).start(app_config={"workers": 2}, args=["eu"])
    instance.last_event("ready", timeout=5)
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import IO, Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import Response, failed_answer
from ansible_collections.scramjet.sth.plugins.module_utils.hub.api import HubApi
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient, unanswered
from ansible_collections.scramjet.sth.plugins.module_utils.hub.prediction import Prediction
from ansible_collections.scramjet.sth.plugins.module_utils.hub.sequence_client import SequenceClient, uploaded_id
from ansible_collections.scramjet.sth.plugins.module_utils.hub.topic_client import TopicClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    HubClock,
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL, Timings
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Workers

# In parallel, because each request waits for its whole timeout if the hub does not answer
# (hub-behaviour.md#start-never-answered).
PARALLEL_GETS = 8
# The most bytes of the first line of a hub's log.
LONGEST_FIRST_LINE = 64 * 1024


class HubClient(HubApi):
    """One hub and all that it lists. ``hub`` is its address or a whole `Connection`."""

    def __init__(self, hub: str | Connection, timings: Timings = REAL) -> None:
        super().__init__(hub, timings)
        # Adds predicted objects to the lists of the hub, or removes objects from them.
        self.prediction = Prediction()

    def answer_time(self) -> float:
        """Measure how many seconds ``GET /version`` takes now."""
        begun = time.monotonic()
        self.transport.get("version")
        return time.monotonic() - begun

    def load(self) -> dict[str, Any]:
        """``GET /load-check``: load averages, memory and file systems in bytes."""
        return self._object(self.transport.get("load-check"), "read the hub's load")

    def config(self) -> dict[str, Any] | None:
        """``GET /config``, with its secrets; None if the hub has no such endpoint.

        Source: hub-behaviour.md#secrets-on-the-hub.
        """
        answer = self.transport.get("config")
        return None if answer.status == 404 else self._object(answer, "read the hub's configuration")

    def status(self) -> dict[str, Any] | None:
        """``GET /status``; None if the hub has no such endpoint."""
        answer = self.transport.get("status")
        return None if answer.status == 404 else self._object(answer, "read the hub's status")

    def hubs(self) -> list[dict[str, Any]]:
        """``GET /list`` of a manager: its hubs, each with an ``id``. A hub has no such endpoint: ``NOT_FOUND``."""
        answer = self.transport.get("list")
        if not answer.ok:
            raise failed_answer(
                answer,
                "list the hubs of a manager",
                "Set api_url to the address of a manager." if answer.status == 404 else "",
            )
        found: list[dict[str, Any]] = answer.json()
        # Not `_objects`: a manager has no version of a hub.
        if not _is_list_of_objects(found) or not all(isinstance(item.get("id"), str) for item in found):
            raise answer.not_from_a_hub("something other than a list of hubs")
        return found

    def clock(self) -> HubClock | None:
        """When the hub was started, and the time now, both by its own clock; None if the hub does not report them.

        Source: the first line of ``GET /log``, which dates from the start of the hub (hub-behaviour.md#since-when-a-hub-is-up).
        Reading it consumes nothing.
        """
        line = b""
        try:
            with self.transport.stream("log", timeout=self.timings.first_line) as log:
                for piece in log:
                    line += piece
                    if b"\n" in line or len(line) > LONGEST_FIRST_LINE:
                        break
            said = json.loads(line.split(b"\n")[0])
            return HubClock(said["ts"] / 1000, max(said["ts"] / 1000, given(log.answered_at)))
        except (SthError, ValueError, TypeError, KeyError, AssertionError):
            # The log of this hub has another form, or is not available.
            return None

    # -- everything it lists --------------------------------------------------------------------------------------

    def sequences(self) -> list[SequenceRecord]:
        """``GET /sequences``."""
        # First, so that a server that is not a hub is reported as such.
        self.version()
        raw = self._list("sequences")
        return self.prediction.with_sequences(map(self.dialect.sequence, raw))

    def instances(self) -> list[InstanceRecord]:
        """``GET /instances``. Hubs before 0.24 list only ids, so each instance needs its own GET, with a time limit."""
        self.version()
        listed = self._instances(self._list("instances"))
        return self.prediction.with_instances(listed, self.dialect.keeps_ended)

    def inventory(self) -> Inventory:
        """Read sequences and instances: with one request if the hub has ``GET /entities``, otherwise both lists."""
        answer = self.transport.get("entities") if self.dialect.lists_all_at_once else None
        if answer is None or answer.status == 404:
            if answer is not None:
                self.forget_version()
            sequences, instances = self.sequences(), self.instances()
        else:
            raw = self._json(answer, "list sequences and instances")
            both = [raw.get("sequences"), raw.get("instances")] if isinstance(raw, Mapping) else [None, None]
            listed = self._instances(self._objects(both[1], "instances"))
            sequences = self.prediction.with_sequences(map(self.dialect.sequence, self._objects(both[0], "sequences")))
            instances = self.prediction.with_instances(listed, self.dialect.keeps_ended)
        return Inventory(tuple(sequences), tuple(instances))

    def _instances(self, raw: list[dict[str, Any]]) -> list[InstanceRecord]:
        has_status = self.dialect.reports_status
        if any(("status" in item) != has_status for item in raw):
            # The hub was replaced by one of another version since the version was read.
            self.forget_version()
        dialect = self.dialect
        if dialect.reports_status:
            return dialect.instances(raw)
        with Workers(PARALLEL_GETS, self.abandon) as pool:
            found = pool.map(lambda item: self.instance(self.id_of(item)).info(), raw)
        return [
            # The record of a starting instance has no sequence, but the list shows it.
            record if record.sequence_id else unanswered(record.id, str(item.get("sequence") or ""))
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

        Raises ``INVALID_PACKAGE`` if the hub refuses it. Validate every package before you send it: a large body that is not
        valid kills the hub (hub-behaviour.md#unsound-body-kills-the-hub).
        """
        answer = self.transport.write("POST", "sequence", content=package)
        return self.sequence(uploaded_id(self, answer, "upload the package"))

    def delete_sequence(self, sequence_id: str, force: bool = False) -> None:
        """``DELETE /sequence/:id``. See `SequenceClient.delete`."""
        self.sequence(sequence_id).delete(force)

    def topics(self) -> list[dict[str, Any]]:
        """``GET /topics``: ``{topic, contentType, …}``. Useless before 0.35: the list is empty or has no names, or never arrives."""
        return self.prediction.with_topics(self._list("topics"))

    def _list(self, what: Literal["sequences", "instances", "topics"]) -> list[dict[str, Any]]:
        return self._objects(self._json(self.transport.get(what), f"list the {what}"), what)

    def _objects(self, value: Any, what: str) -> list[dict[str, Any]]:
        """Return a list of objects; raise ``HUB_ERROR`` for anything else."""
        if not _is_list_of_objects(value):
            raise self.dialect.unreadable(f"something other than a list of {what}")
        objects: list[dict[str, Any]] = value
        return objects

    def _object(self, answer: Response, purpose: str) -> dict[str, Any]:
        value = self._json(answer, purpose)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.dialect.unreadable(f"something other than an object when asked to {purpose}")
        return value

    @staticmethod
    def _json(answer: Response, purpose: str) -> Any:
        if not answer.ok:
            raise failed_answer(answer, purpose)
        return answer.json()


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
