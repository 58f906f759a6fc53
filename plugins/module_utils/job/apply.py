# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run until its end: writes the input, listens for events and collects the streams."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import ErrorCode, SthError, given, naming
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import STREAMS
from ansible_collections.scramjet.sth.plugins.module_utils.job.completion import Completion
from ansible_collections.scramjet.sth.plugins.module_utils.job.options import JobOptions
from ansible_collections.scramjet.sth.plugins.module_utils.job.plan import CompletedPlan
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import end_instance
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.heartbeats import still_answers
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.listening import Listener
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.log_lines import LogFilter
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.logs import failure_logs
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import Ending, ending_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.outages import read_through
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.starting import Start, free_id, start_once
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON, ended_record, from_the_log
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, InstanceRecord, Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses
from ansible_collections.scramjet.sth.plugins.module_utils.streams.collecting import (
    Collecting,
    collecting,
    damaged_text,
)
from ansible_collections.scramjet.sth.plugins.module_utils.streams.feeding import Feed, Feeder, feeding

# Ends a program that has completed at once, because it has nothing left to do (hub-behaviour.md#completion-is-known-early).
AT_ONCE = Ending(stop_timeout=0)


@dataclass(frozen=True)
class End:
    """The end of the wait for a run, with the last record of the instance, which may be live."""

    record: InstanceRecord
    event: Event | None = None
    # True if an event or the output completed the run; False if the program completed or ended by itself.
    is_met: bool = False


class Apply:
    """One run until its end. If it is in progress already, the task joins it, and sees it only from then on."""

    def __init__(
        self,
        run: Run,
        options: JobOptions,
        plan: CompletedPlan,
        feed: Feed | None,
        completion: Completion,
        inventory: Inventory,
    ) -> None:
        """``inventory``: what the hub listed before."""
        self.run = run
        self.options = options
        self.hub = run.hub
        self.plan = plan
        # A run that is joined has got its input, or a part of it, already. So do not write the input again.
        self.feed = None if plan.attach else feed
        self.feeder: Feeder | None = None
        self.feed_stream = options.input.stream if options.input else "input"
        self.known = frozenset(item.id for item in inventory.instances)
        self.label = plan.program.label
        self.completion = completion
        self._begin = time.monotonic()
        # How long the run took until it completed or failed, without what was ended before its start or is ended after it.
        self.seconds: float | None = None
        # Whether the failure only means that the joined run was over before the task joined it.
        self.was_over = False

    def everything(self) -> tuple[InstanceRecord, dict[str, Any], Any]:
        """Return the ended record, what was collected, and the completion event's payload.

        Raises ``ENDED_EARLY``, ``TIMEOUT``, or the failure of a stream. The failure contains what was collected until then.
        """
        options = self.options
        instance_id = self.plan.attach.id if self.plan.attach else self._start()
        streams = list(STREAMS) if options.collect is None else options.collect
        bound = Deadline(options.run_timeout)
        longest = options.run_timeout + self.hub.timings.spare
        is_python = self.plan.sequence is not None and self.plan.sequence.engine == PYTHON
        # Only the log says early that a program has completed.
        needs_log = is_python or not options.wait_for_exit
        # A program may end as soon as it has its input. A 0.18 hub then forgets its streams, so have them opened before.
        keeps_ended = self.hub.dialect.keeps_ended
        with (
            naming(instance_id),
            Listener(self.hub, instance_id, options.completion_event) as completion_event,
            Listener(self.hub, instance_id, options.failure_event) as failure_event,
            collecting(
                self.hub, instance_id, streams, needs_log=needs_log,
                log=LogFilter(options.log_level, options.log_source), bounds=self.completion.bounds(),
                limit=options.collect_max_bytes, output_dest=options.output_dest, longest=longest,
                mask=options.mask_output,
            ) as group,
            feeding(
                self.hub, instance_id, self.feed_stream, self.feed, longest, None if keeps_ended else group.wait_until_open
            ) as self.feeder,
        ):  # fmt: skip
            last = self._last_known(instance_id)
            try:
                end = self._until_the_end(last, bound, group, completion_event, failure_event)
                failed = None if end.is_met else failure_event.last_words()
                self._set_seconds()
                record = self._ended(end.record, group)
                needs_end_of_log = is_python and not end.is_met and record.outcome != "completed"
                collected = group.finish(needs_log=needs_end_of_log)
                self._require_read(group, instance_id)
            except SthError as error:
                raise self._cut_short(error, instance_id, group.finish(is_whole=False)) from None
            self._note_cuts(group)
            if group.has_replaced_text:
                self.run.warnings += damaged_text(self.hub, f"output of instance {self.label}")
            if is_python and not end.is_met:
                record = from_the_log(record, group.said()["log"])
            # Raise inside the context, so that the file of a failed run does not get its final name.
            incomplete = self.completion.is_required or record.outcome != "completed"
            if not end.is_met and (incomplete or failed is not None):
                raise self._failed(record, group.finish(is_whole=False), group, failed)
        return record, collected, end.event.payload if end.event else None

    def _start(self) -> str:
        for action in self.plan.stops:
            with self.run.journal.doing(action), naming(action.target.id):
                end_instance(self.hub, action.target.id, ending_from_options(self.options))
        with self.run.journal.doing(given(self.plan.start)):
            free_id(self.hub, self.plan.program, ending_from_options(self.options))
            self._begin = time.monotonic()
            start = Start(self.plan.program, given(self.plan.sequence).id, self.known)
            return start_once(self.hub, start, self.options.overload_timeout)

    def _last_known(self, instance_id: str) -> InstanceRecord:
        """Return the record of the run without asking the hub, because a 0.18 hub may have forgotten it already."""
        if self.plan.attach is not None:
            return self.plan.attach
        return replace(self.plan.predicted, id=instance_id)

    def _until_the_end(
        self,
        last: InstanceRecord,
        bound: Deadline,
        group: Collecting,
        completion_event: Listener,
        failure_event: Listener,
    ) -> End:
        """Wait until the instance ends, an event or the output completes the run, or the log says that the program has completed."""
        timings = self.hub.timings
        options = self.options
        for _turn in pauses(bound, timings.close_looks):
            now = read_through(self.hub, last.id, bound)
            ended = None
            if now is None or not now.live:
                ended = ended_record(last, now, group.ended_at("output"), timings.lingers_at_least)
            else:
                # If writing the input or reading a stream has failed, do not wait: the program may wait for that for ever.
                self._require_fed(last.id, group)
                self._require_read(group, last.id)
            event = completion_event.last_words() if ended is not None else completion_event.wait(timings.look_every)
            if event is not None or self.completion.is_reached(group.stopped_by, group.silence):
                self._set_seconds()
                return End(self._finished(now or last), event, is_met=True)
            if ended is not None:
                return End(ended)
            if not options.wait_for_exit and not self.completion.is_required and group.has_completed:
                return End(now or last)
            last = now if now is not None and now.app_config is not None else last
            failed = failure_event.heard()
            if failed is not None:
                shown = self._shown(failed)
                self._set_seconds()
                raise SthError(
                    "FAILURE_EVENT",
                    f"Instance {self.label} ({last.id}) on {self.hub.api_url} emitted {options.failure_event!r} with "
                    f"{shown!r}; it {self._left(last.id)}. Correct the cause, which this payload or the log of the program may name, and "
                    "run the task again.",
                    instance=last.id,
                    event=shown,
                )
        self._set_seconds()
        ways = self.completion.ways
        missing = f", and {ways} did not come" if ways else ""
        raise SthError(
            "TIMEOUT",
            f"Instance {self.label} ({last.id}) on {self.hub.api_url} has not ended after run_timeout "
            f"({options.run_timeout:g} s){missing}; it {self._left(last.id, in_doubt=True)}. {self._advice(group)}",
            instance=last.id,
        )

    def _advice(self, group: Collecting) -> str:
        """Say what to do about a program that has neither ended nor done what completes its run."""
        if self.completion.event is None and not group.has_output:
            return (
                "Raise run_timeout, or if the program never ends by itself, set completion_event: it has written nothing to its output, "
                "so nothing there can complete the run."
            )
        if self.completion.ways is None:
            return "Raise run_timeout, or if the program never ends by itself, set what completes the run, such as completion_silence."
        if group.has_open_line:
            return (
                "The last line of its output has no line end, so it does not count: let the program write one, or set "
                "completion_silence."
            )
        return "Raise run_timeout, or correct what completes the run; collected holds what the program has written."

    def _require_fed(self, instance_id: str, group: Collecting) -> None:
        """Raise the failure if the program cannot get all of its input. A program that has ended its output needs no more input."""
        needs = self.feeder if group.ended_at("output") is None else None
        failure = needs.failure(self.hub.timings.dropped_with_end) if needs else None
        if failure is not None:
            self._set_seconds()
            message = (
                f"Instance {self.label} ({instance_id}) did not get all of its input, and {self._left(instance_id, in_doubt=True)}: "
                f"{failure.message}"
            )
            raise SthError.of(failure, message=message, instance=instance_id)

    def _require_read(self, group: Collecting, instance_id: str) -> None:
        """Raise the failure if a stream cannot be read further."""
        broken = group.broken()
        if broken is not None:
            stream, failure = broken
            self._set_seconds()
            raise SthError.of(
                failure,
                message=f"The {stream} of instance {self.label} ({instance_id}) could not be read to its end; the output until then is "
                f"in collected, and the instance {self._left(instance_id)}: {failure.message}",
                instance=instance_id,
            )

    def _note_cuts(self, group: Collecting) -> None:
        for stream in group.resumed():
            self.run.notes.append(
                f"The {stream} of instance {self.label} was cut off while it was silent, for example by the idle "
                "time-out of a proxy, and the task read on."
            )

    def _set_seconds(self) -> None:
        """Set how long the run took, when it has completed or failed."""
        if self.seconds is None:
            self.seconds = round(time.monotonic() - self._begin, 2)

    def _left(self, instance_id: str, *, in_doubt: bool = False) -> str:
        """Leave or stop the instance of a failed run, as ``on_failure`` says. Return which, as part of a sentence.

        ``in_doubt``: whether the program may block. A stop could then make it impossible to end it.
        """
        if self.options.on_failure == "keep":
            return "keeps running"
        ending = ending_from_options(self.options)
        answers = not in_doubt or ending.stop_timeout == 0 or still_answers(self.hub, instance_id)
        try:
            with self.run.journal.compensating("stop", f"instance {self.label}"):
                end_instance(self.hub, instance_id, ending, answers=answers)
        except SthError as error:
            return f"could not be stopped ({error.message.rstrip('.')})"
        return "was then stopped" if answers else "did not answer any more, so it was then killed without a stop"

    def _ended(self, record: InstanceRecord, group: Collecting) -> InstanceRecord:
        """End the process of a completed program, so that its name and its package are free."""
        if not record.live:
            return record
        group.settle()
        try:
            end_instance(self.hub, record.id, AT_ONCE)
        except SthError as error:
            self.run.warnings.append(
                f"Instance {self.label} has completed, but its process did not end: {error.message}"
            )
        # The hub now reports that the process was killed. But the program had completed.
        return replace(record, status="ended", outcome="completed")

    def _finished(self, record: InstanceRecord) -> InstanceRecord:
        """End the instance after an event or its output has completed the run."""
        finish = given(self.plan.finish)
        if record.live:
            with self.run.journal.doing(finish):
                record = end_instance(self.hub, record.id, ending_from_options(self.options)) or record
        else:
            self.run.journal.done(finish)
        return replace(record, status="ended", outcome="completed")

    def _shown(self, event: Event) -> Any:
        return self.run.masker.failure(event.payload, self.run.secrets)

    def _cut_short(self, error: SthError, instance_id: str, collected: dict[str, Any]) -> SthError:
        """Return a failure as one about the instance, with the collected data, which cannot be read again."""
        message = error.message
        if "instance" not in error.details:
            self._set_seconds()
            left = "" if self.options.on_failure == "keep" else f"; it {self._left(instance_id)}"
            message = (
                f"It is not known whether instance {self.label} ({instance_id}) on {self.hub.api_url} has ended{left}; its output until "
                f"now is in collected: {message}"
            )
        cut_short = SthError.of(
            error, message=message, instance=error.details.get("instance", instance_id), seconds=self.seconds
        )
        cut_short.said["collected"] = collected
        return cut_short

    def _seems_over(self, record: InstanceRecord, group: Collecting) -> bool:
        """Whether the joined run was probably over already: it soon ended, without data, and by an order, if the hub reports how."""
        ended_by_order = record.outcome in ("stopped", "killed") or not self.hub.dialect.keeps_ended
        soon = given(self.seconds) < self.hub.timings.over_when_joined
        may_start = self.plan.attach is not None and self.options.sequence is not None
        return may_start and ended_by_order and soon and not group.has_data

    def _failed(
        self, record: InstanceRecord, collected: dict[str, Any], group: Collecting, failed: Event | None
    ) -> SthError:
        """Build the failure for a run that failed. It uses the ends of the collected streams, which cannot be read again."""
        known = group.said()
        if not self.hub.dialect.keeps_ended and not {"stderr", "log"} & {*collected}:
            # The log of such a hub does not contain the error, and stderr can no longer be read.
            known = {}
        words = failure_logs(self.hub, record.id, known)
        emitted: dict[str, Any] = {}
        short_of = self.completion.short_of
        if failed is not None:
            emitted["event"] = self._shown(failed)
            short_of = f"after it had emitted {self.options.failure_event!r} with {emitted['event']!r}"
        self.was_over = self._seems_over(record, group) and failed is None
        advice = "add stderr and log to collect, and run it again"
        error = ended_error(self.hub, record, self.label, short_of, words, advice_if_unread=advice)
        code: ErrorCode = "ENDED_EARLY" if failed is None else "FAILURE_EVENT"
        failure = SthError.of(error, code, seconds=self.seconds, **emitted)
        failure.said["collected"] = collected
        return failure
