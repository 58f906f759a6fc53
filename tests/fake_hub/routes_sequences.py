# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints that list, store, replace and delete sequences."""

from __future__ import annotations

import uuid

from ansible_collections.scramjet.sth.tests.fake_hub.calls import HANG, NOT_FOUND, STREAM_TYPES, Answer, Call, DiedError
from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance, Sequence
from ansible_collections.scramjet.sth.tests.fake_hub.routes_commands import killing
from ansible_collections.scramjet.sth.tests.fake_hub.routes_start import StartRoutes
from ansible_collections.scramjet.sth.tests.fake_hub.rules import not_json, pause, wait
from ansible_collections.scramjet.sth.tests.fake_hub.shapes import instances_of, sequences_json
from ansible_collections.scramjet.sth.tests.fake_hub.state import State
from ansible_collections.scramjet.sth.tests.fake_hub.uploads import DeadlyError, RefusedError, unpack

# How many seconds the removal of a directory takes.
REMOVAL = 0.01


class SequenceRoutes:
    """``/sequences`` and ``/sequence``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.has = state.has
        self._starts = StartRoutes(state)
        # Sequences whose directories are being removed.
        self._removing: set[str] = set()

    def listing(self, call: Call, rest: list[str]) -> Answer:
        """Every sequence."""
        if call.method != "GET":
            return NOT_FOUND
        with self.state.lock:
            return Answer(json=sequences_json(self.state, self.state.sequences.values()))

    def one(self, call: Call, rest: list[str]) -> Answer:
        """One sequence, by its id. Names do not work."""
        if not rest:
            return self._upload(call) if call.method == "POST" else NOT_FOUND
        name, route = rest[0], rest[1:]
        with self.state.lock:
            sequence = self.state.sequences.get(name)
        if route == ["start"] and call.method == "POST":
            return self._starts.start(call, name, sequence)
        if route == ["instances"] and call.method == "GET":
            return self._instances(name, sequence)
        if route or call.method not in ("GET", "PUT", "DELETE"):
            return NOT_FOUND
        if call.method == "DELETE":
            return self._delete(call, name, sequence)
        if call.method == "PUT":
            return self._put(call, name, sequence) if self.has("overwrite") else NOT_FOUND
        if sequence is None:
            if self.has("error_bodies"):
                return Answer(404, "Not Found", {"error": f"Sequence {name} not found"})
            return NOT_FOUND if self.has("missing_is_empty") else Answer(404, "Not Found", {})
        with self.state.lock:
            return Answer(json=sequences_json(self.state, [sequence])[0])

    def _instances(self, name: str, sequence: Sequence | None) -> Answer:
        if sequence is None:
            missing = {"error": f"Sequence {name} not found"}
            if self.has("error_bodies"):
                return Answer(404, "Not Found", missing)
            return Answer(500, "Failed to serialize data")
        with self.state.lock:
            return Answer(json=instances_of(self.state, name))

    # -- store and replace ----------------------------------------------------------------------------------------

    def _upload(self, call: Call) -> Answer:
        if call.content_type not in (None, *STREAM_TYPES):
            return Answer(415 if self.has("refuses_types_with_415") else 400, "Invalid content-type")
        new = str(uuid.uuid4())
        with self.state.lock:
            files = self.state.directories.setdefault(new, {})
            try:
                config = unpack(call.body, files, self.has("strict_manifests"))
            except RefusedError as refused:
                return Answer(422, "Unprocessable Entity", {"error": refused.error})
            except DeadlyError:
                raise DiedError from None
            self.state.sequences[new] = Sequence(new, config, files, call.received)
        return Answer(json={"id": new})

    def _put(self, call: Call, name: str, sequence: Sequence | None) -> Answer:
        if call.content_type not in (None, *STREAM_TYPES):
            return Answer(415 if self.has("refuses_types_with_415") else 400, "Invalid content-type")
        with self.state.lock:
            if sequence is None:
                named = "with name" if self.has("sequences_by_name") else "with id:"
                return Answer(404, "Not Found", {"error": f"Sequence {named} {name} not found"})
            if instances_of(self.state, name):
                words = "Can't update sequence with instances"
                if not self.has("put_in_use_in_words"):
                    words = f"Sequence with name {name} already exists"
                return Answer(409, "Conflict", {"error": words})
            try:
                # Unpack over the old files. Old files stay (hub-behaviour.md#put-keeps-old-files), and a refused package has
                # overwritten files (hub-behaviour.md#refused-put-has-written).
                sequence.files = self.state.directories.setdefault(name, {})
                sequence.config = unpack(call.body, sequence.files, self.has("strict_manifests"))
            except RefusedError as refused:
                return Answer(422, "Unprocessable Entity", {"error": refused.error})
            except DeadlyError:
                raise DiedError from None
            sequence.package_size = call.received
            sequence.name = name if self.has("sequences_by_name") else None
        return Answer(json={"id": name})

    # -- delete ---------------------------------------------------------------------------------------------------

    def _delete(self, call: Call, name: str, sequence: Sequence | None) -> Answer:
        refused = not_json(call, self.state)
        if refused is not None:
            return refused
        if sequence is None:
            words = f"The sequence {name} does not exist."
            missing = {"error": words if self.has("missing_sequence_in_words") else f"Sequence {name} not found"}
            return Answer(404, "Not Found", missing if self.has("error_bodies") else {"opStatus": "Not Found"})
        # Any value counts, "false" too (hub-behaviour.md#forced-delete).
        force = bool(call.headers.get("x-seq-kill-inst")) and self.has("forced_delete")
        with self.state.lock:
            restarts = self.state.restarts
            in_use = self._in_use(name)
            if in_use and not force:
                if self.has("error_bodies"):
                    return Answer(409, "Conflict", {"error": "Can't remove- Sequence in use"})
                what = "Sequence" if self.has("instance_status") else "sequence"
                body = {"opStatus": "Conflict", "error": f"Can't remove {what} in use."}
                return Answer(409, "Conflict", body)
            for item in self._of(name) if in_use else ():
                if item.process_alive:
                    item.status = "killing"
                    self.state.at(*killing(self.state, item))
        if in_use and not wait(self.state, call, lambda: not self._in_use(name)):
            self._go_on(name, restarts)
            return HANG
        return self._remove(name)

    def _of(self, name: str) -> list[Instance]:
        return [item for item in self.state.listed() if item.sequence.id == name and item.connected]

    def _in_use(self, name: str) -> bool:
        # 1.x refuses only if all instances are in use. So if one ended some time ago, it deletes the package of a running one
        # (hub-behaviour.md#delete-orphans-a-running-instance).
        of_it = self._of(name)
        if self.has("delete_inverted"):
            # The delete is refused if nothing runs, and then the ended instances are forgotten (hub-behaviour.md#inverted-delete).
            over = [item for item in of_it if not item.counts_as_use]
            for item in over:
                self.state.forget(item)
            return bool(over) and len(over) == len(of_it)
        return bool(of_it) and all(item.counts_as_use for item in of_it)

    def _go_on(self, name: str, restarts: int) -> None:
        """Continue after the client has gone (hub-behaviour.md#forced-delete), unless the hub waits for an instance that never
        ends (hub-behaviour.md#records-that-never-go).
        """

        def remove() -> None:
            if self.state.restarts == restarts:
                self.state.sequences.pop(name, None)
                self.state.directories.pop(name, None)

        with self.state.lock:
            if not any(item.reconnected for item in self._of(name)):
                self.state.at(self.state.timings.notice + self.state.timings.busy, remove)

    def _remove(self, name: str) -> Answer:
        with self.state.lock:
            gone = name not in self.state.sequences
            lost = not gone and self.state.directories.pop(name, None) is None
            if not lost:
                self._removing.add(name)
        if self.state.is_1x and not gone:
            pause(self.state, REMOVAL)
        if lost:
            # Without its directory, the sequence cannot be deleted (hub-behaviour.md#vanished-package), unless another client is deleting
            # it at the same time (hub-behaviour.md#concurrent-deletes).
            where = "Sequence" if self.state.is_1x else "sequence"
            text = f"Error removing {where}: ENOENT: no such file or directory, lstat '/sequences/{name}'"
            body = {"error": text} if self.has("error_bodies") else {"opStatus": "Internal Server Error", "error": text}
            with self.state.lock:
                if name in self._removing:
                    self.state.sequences.pop(name, None)
            return Answer(500, "Internal Server Error", body)
        with self.state.lock:
            self.state.sequences.pop(name, None)
            self._removing.discard(name)
        return Answer(json={"id": name} if self.has("error_bodies") else {"opStatus": "OK", "id": name})
