# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows one hub: whether it can be reached, the life cycle of the chosen instances, and their events.

A `Watch` reads the hub every ``interval`` seconds. It sends only GET requests.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.following.arguments import Arguments, NamedHub
from ansible_collections.scramjet.sth.plugins.module_utils.following.outbox import Outbox
from ansible_collections.scramjet.sth.plugins.module_utils.following.rulebook_events import RulebookEvents
from ansible_collections.scramjet.sth.plugins.module_utils.following.stream import EventStream
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.lookup import is_named_by, sort_key
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import came_back, hides_for
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import find_sequences
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL, Timings
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended, local_error
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag


@dataclass
class Followed:
    """An instance that is followed. ``is_new``: it was started while its hub was followed."""

    record: InstanceRecord
    sequence: SequenceRecord | None
    is_new: bool
    # On the monotonic clock; None until the instance runs.
    running_since: float | None = None
    is_ready: bool = False
    # Whether the hub did not list the instance last time, perhaps only because the hub had just been started.
    is_hidden: bool = False
    streams: dict[str, EventStream] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Watch(Attended):
    """A thread that follows one hub until `end`."""

    def __init__(self, hub: NamedHub, arguments: Arguments, outbox: Outbox, timings: Timings = REAL) -> None:
        super().__init__(f"follow {hub.name}")
        self._arguments = arguments
        self._outbox = outbox
        self._hub = HubClient(hub.connection, timings)
        self._rulebook_events = RulebookEvents(hub.name, self._hub, arguments.mask_output)
        self._ended = Flag()
        self._followed: dict[str, Followed] = {}
        # Ids of listed instances that are not followed: not chosen, or ended.
        self._others: set[str] = set()
        # When the hub was read last, on the monotonic clock; None before the first time.
        self._looked_at: float | None = None
        # Since when the hub cannot be reached, on the monotonic clock, and the error code of the event about it.
        self._silent_since: float | None = None
        self._reported_code = ""

    def at_end(self) -> None:
        """Report the end of this thread, unless it was asked to end."""
        if not self._ended.is_set():
            self._outbox.fail(self.error or local_error(self.name, RuntimeError("its thread has ended")))

    def work(self) -> None:
        """Read the hub again and again until `end`."""
        pauses = self._hub.timings.reconnects
        pause = pauses.first
        while not self._ended.is_set():
            failure = self._failure_of_look()
            if failure is None:
                pause = pauses.first
                self._ended.wait(self._arguments.interval)
            elif not self._ended.is_set():
                self._cannot_reach(failure)
                self._ended.wait(pause)
                pause = min(2 * pause, pauses.longest)

    def end(self) -> None:
        """Let this thread and all that it has started end."""
        self._ended.set()
        for followed in tuple(self._followed.values()):
            for stream in tuple(followed.streams.values()):
                stream.end()
        self._hub.abandon()

    def wait(self, seconds: float) -> None:
        """Wait until all threads have ended, at most ``seconds``, and close the connections."""
        bound = Deadline(seconds)
        self.join(bound.remaining)
        # First wait for this thread, because it starts the others.
        for followed in tuple(self._followed.values()):
            for stream in tuple(followed.streams.values()):
                stream.join(bound.remaining)
        self._hub.close()

    # -- the hub ------------------------------------------------------------------------------------------------

    def _failure_of_look(self) -> SthError | None:
        """Read the hub once. Return the failure, also for an unexpected exception; None if there was none."""
        try:
            self._look()
        except SthError as error:
            return error
        except Exception as error:
            return local_error(self.name, error)
        return None

    def _cannot_reach(self, failure: SthError) -> None:
        if self._silent_since is None:
            self._silent_since = time.monotonic()
            # When the hub answers again, it may have another version.
            self._hub.forget_version()
        if failure.code != self._reported_code:
            self._reported_code = failure.code
            self._outbox.put(self._rulebook_events.unreachable(failure))

    def _reached(self) -> None:
        silent, self._silent_since, self._reported_code = self._silent_since, None, ""
        if silent is not None or self._looked_at is None:
            seconds = 0.0 if silent is None else time.monotonic() - silent
            self._outbox.put(self._rulebook_events.reachable(self._hub.version(), seconds))

    def _look(self) -> None:
        """Read the hub once, and report what has changed."""
        inventory = self._hub.inventory()
        was_silent = self._silent_since is not None
        self._reached()
        listed = {item.id: item for item in inventory.instances}
        self._others &= listed.keys()
        for item in sorted(self._chosen(inventory), key=sort_key):
            if item.id not in self._followed and not item.silent:
                self._begin(item, inventory)
        self._others |= {item.id for item in inventory.instances if not item.silent} - self._followed.keys()
        self._looked_at = time.monotonic()
        ended = []
        hidden = self._hides_running(listed)
        for followed in self._followed.values():
            record = listed.get(followed.record.id)
            came_to_light = followed.is_hidden and record is not None
            followed.is_hidden = record is None and hidden
            if record is None:
                if not hidden:
                    # The hub has no record that says how it ended: 0.18 forgets an instance at once
                    # (hub-behaviour.md#no-outcome-on-018).
                    ended.append((followed, replace(followed.record, status="ended", outcome="unknown")))
            elif not record.live:
                ended.append((followed, record))
            else:
                self._goes_on(followed, record, was_silent or came_to_light)
        self._end_all(ended)

    def _chosen(self, inventory: Inventory) -> list[InstanceRecord]:
        chosen = list(inventory.instances)
        if self._arguments.instances:
            chosen = [item for item in chosen if is_named_by(item, self._arguments.instances)]
        if self._arguments.sequence is not None:
            ids = {item.id for item in find_sequences(self._arguments.sequence, inventory)}
            chosen = [item for item in chosen if item.sequence_id in ids]
        return chosen

    def _hides_running(self, listed: dict[str, InstanceRecord]) -> bool:
        """Whether a followed instance may be missing from the list only because the hub has just been started."""
        return any(name not in listed for name in self._followed) and hides_for(self._hub) > 0

    # -- its instances ------------------------------------------------------------------------------------------

    def _begin(self, record: InstanceRecord, inventory: Inventory) -> None:
        """Begin to follow an instance that is new in the list, or that was not chosen before."""
        is_new = self._looked_at is not None and record.id not in self._others and not came_back(self._hub, record)
        followed = Followed(record, inventory.sequence(record.sequence_id), is_new)
        if is_new:
            self._outbox.put(self._rulebook_events.instance("instance_started", record, followed.sequence))
        if record.live:
            self._followed[record.id] = followed
        elif is_new:
            unseen = time.monotonic() - (self._looked_at or 0.0)
            for name in self._arguments.events:
                why = "The instance began and ended between two looks at the hub."
                self._outbox.put(self._rulebook_events.gap(record, followed.sequence, name, unseen, why))
            self._outbox.put(self._rulebook_events.instance("instance_ended", record, followed.sequence))

    def _goes_on(self, followed: Followed, record: InstanceRecord, is_back: bool) -> None:
        """Report what has changed about a live instance, and follow its events."""
        if not record.silent:
            followed.record = record
        if followed.running_since is None and followed.record.status == "running":
            followed.running_since = time.monotonic()
        # A hub before 1.0 forgets requests about an instance that is still starting
        # (hub-behaviour.md#starting-instance-never-answers).
        if followed.running_since is not None or not self._hub.dialect.is_silent_about_starting:
            self._follow_events(followed)
        for stream in followed.streams.values():
            if is_back or stream.is_stuck:
                stream.retry()
        since = followed.running_since
        is_stable = since is not None and time.monotonic() - since >= self._arguments.stable_for
        if is_stable and followed.is_new and self._arguments.ready_event is None:
            self._report_ready(followed)

    def _follow_events(self, followed: Followed) -> None:
        ready = self._arguments.ready_event

        def report(name: str, event: Event, kept: bool) -> None:
            if name in self._arguments.events:
                self._outbox.put(self._rulebook_events.event(followed.record, followed.sequence, name, event, kept))
            if name == ready:
                self._report_ready(followed)

        def lost(name: str, seconds: float, reason: str) -> None:
            self._outbox.put(self._rulebook_events.gap(followed.record, followed.sequence, name, seconds, reason))

        for name in (*self._arguments.events, *([ready] if ready else [])):
            if name not in followed.streams:
                stream = EventStream(
                    self._hub, followed.record.id, name, kept=followed.is_new, report=report, lost=lost
                )
                stream.start()
                followed.streams[name] = stream

    def _report_ready(self, followed: Followed) -> None:
        with followed.lock:
            was, followed.is_ready = followed.is_ready, True
        if not was:
            self._outbox.put(self._rulebook_events.instance("instance_ready", followed.record, followed.sequence))

    def _end_all(self, ended: list[tuple[Followed, InstanceRecord]]) -> None:
        """Report which instances have ended, after their last events."""
        if any(followed.streams for followed, _record in ended):
            # An event from before the end arrives within this time.
            self._ended.wait(self._hub.timings.kept_answers)
        for followed, record in ended:
            for stream in followed.streams.values():
                stream.end()
            for stream in followed.streams.values():
                stream.join(1.0)
            del self._followed[record.id]
            self._others.add(record.id)
            self._outbox.put(self._rulebook_events.instance("instance_ended", record, followed.sequence))
