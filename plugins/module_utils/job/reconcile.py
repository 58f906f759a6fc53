# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an instance to its end and collects what it says: ``state: completed`` of ``sth_instance``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import STREAMS
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import differing, live_with, refuse_deployments
from ansible_collections.scramjet.sth.plugins.module_utils.instance.reconcile import (
    check_options,
    hide_options,
    refuse_clash,
    require_capabilities,
    select,
    wanted_sequence,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import end_instance, ending_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.listening import Listener
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.logs import last_words
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.starting import Start, free_id, start_once
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import read_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import ended_record
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program, programs
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import require_writable
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.start_topics import note_topics
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masking import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.streams.collecting import Collecting, collecting
from ansible_collections.scramjet.sth.plugins.module_utils.streams.feeding import (
    Feed,
    Feeder,
    feed_from_options,
    feeding,
    require_carried,
)

# An event is waited for so long between two looks at the instance
# (hub-behaviour.md#waiting-for-an-event-of-a-dead-instance); it is listened for all the time.
EVENT_TURN = 0.5


@dataclass(frozen=True)
class CompletedPlan:
    """``attach`` is a live run to wait for; otherwise ``stops`` are ended and ``program`` is started."""

    program: Program
    sequence: SequenceRecord | None
    attach: InstanceRecord | None = None
    stops: tuple[Action, ...] = ()
    start: Action | None = None
    # The end of a run that a completion event completes.
    finish: Action | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """All actions in order."""
        return (*self.stops, *(action for action in (self.start, self.finish) if action))


def reconcile(run: Run) -> Result:
    """Run once to the end. Returns the keys of ``sth_instance``'s result, with ``collected`` and ``event``."""
    options = run.options
    _check(options)
    feed = feed_from_options(options["input"]) if options["input"] is not None else None
    if options["output_dest"] is not None and not run.check_mode:
        # In check mode an earlier task may not have made its directory.
        require_writable("output_dest", options["output_dest"])
    masker = Masker(options["secret_keys"])
    hide_options(run, masker)
    require_capabilities(run)
    if feed is not None:
        require_carried(run.hub, feed, options["input"]["stream"])
    inventory = observe(run.hub, lambda found: bool(select(found, options)))
    selected = select(inventory, options)
    run.hide(masker, selected)
    refuse_deployments((item for item in selected if item.live), run.hub.api_url)
    refuse_clash(options, inventory, run.hub.api_url)
    program = programs(options)[0]
    if run.check_mode and options["sequence"] is None and not live_with(inventory, program):
        run.notes.append(f"Instance {program.label} is assumed to be started by an earlier task.")
        inventory = replace(inventory, instances=(*inventory.instances, program.started_from("")))
    plan = plan_completed(inventory, program, wanted_sequence(run, inventory), options["if_running"], run.hub.api_url)
    if options["completion_event"] is not None:
        reason = f"its event {options['completion_event']!r} completes the run"
        plan = replace(plan, finish=Action("stop", f"instance {program.label}", reason))
    run.journal.plan(plan.actions)
    note_topics(run)
    if plan.attach is not None:
        run.notes.append(f"Joined the run of {program.label} that is under way: what it said before is not collected.")
        if feed is not None:
            run.notes.append("Its input was not fed again; if_running: replace runs it anew.")
    if run.check_mode:
        record = plan.attach or _predicted(plan)
        run.foresees_ended += [plan.attach] if plan.attach else []
        collected: dict[str, Any] = {}
        event = None
    else:
        record, collected, event = _Apply(run, plan, feed, inventory, masker).everything()
    view = instance_view(record, plan.sequence or inventory.sequence(record.sequence_id), masker)
    header = f"runs of {program.label} on {run.hub.api_url}"
    return {
        "instance": view,
        "instances": [view],
        "collected": collected,
        "event": masker.payload(event, run.secrets),
        "diff": {
            "before": {},
            "after": {"run": plan.sequence.ref} if plan.start and plan.sequence else {},
            "before_header": header,
            "after_header": header,
        },
    }


def plan_completed(
    inventory: Inventory, program: Program, sequence: SequenceRecord | None, if_running: str, hub: str
) -> CompletedPlan:
    """Decide whether to wait for what runs or to start anew. Ended records never count. Pure."""
    live = live_with(inventory, program)
    if sequence is None:
        if not live:
            raise SthError(
                "NOT_FOUND", f"No live instance {program.label} on {hub} to wait for: give sequence to start one."
            )
        return CompletedPlan(program, inventory.sequence(live[0].sequence_id), attach=live[0])
    if not live:
        return CompletedPlan(program, sequence, start=_start(program, sequence, "a run was asked for"))
    if if_running == "fail":
        raise SthError(
            "CONFLICT",
            f"Instance {program.label} runs on {hub} already, and if_running is fail.",
            instance=live[0].id,
        )
    if if_running == "attach":
        runs = inventory.sequence(live[0].sequence_id)
        differs = differing(live[0], program, runs.ref if runs else None, sequence.ref)
        if differs:
            raise SthError(
                "CONFLICT",
                f"Instance {program.label} runs on {hub} already with other {', '.join(differs)}: wait for its end, or use "
                "if_running: replace.",
                instance=live[0].id,
            )
        return CompletedPlan(program, sequence, attach=live[0])
    stops = tuple(Action("stop", f"instance {program.label}", "a new run takes its place", item) for item in live)
    if program.mark is not None:
        # What was a member of a pool stays one.
        program = replace(program, mark=read_mark(live[0].app_config))
    return CompletedPlan(
        program, sequence, stops=stops, start=_start(program, sequence, "it takes the place of another run")
    )


def _start(program: Program, sequence: SequenceRecord, reason: str) -> Action:
    return Action("start", f"instance {program.label} from {sequence.ref}", reason)


def _check(options: Mapping[str, Any]) -> None:
    check_options(options)
    if options["count"] is not None or options["all"]:
        raise SthError("INVALID_OPTION", "state: completed is for one instance: leave out count and all.")
    refuse_empty(options, ("completion_event", "output_dest"), "say what is meant")
    if options["input"] is not None and all(options["input"][name] is None for name in ("content", "lines", "src")):
        raise SthError("INVALID_OPTION", "What input is to hold is null: set input.content, input.lines or input.src.")
    if options["collect_max_bytes"] < 0:
        raise SthError("INVALID_OPTION", "collect_max_bytes must not be negative.")
    if options["output_dest"] is not None and "output" not in (
        STREAMS if options["collect"] is None else options["collect"]
    ):
        raise SthError("INVALID_OPTION", "output_dest needs output in collect.")


def _predicted(plan: CompletedPlan) -> InstanceRecord:
    return plan.program.started_from(given(plan.sequence).id)


class _Apply:
    """One run, from its start or from now on to its end."""

    def __init__(self, run: Run, plan: CompletedPlan, feed: Feed | None, inventory: Inventory, masker: Masker) -> None:
        self.run = run
        self.masker = masker
        self.hub = run.hub
        self.plan = plan
        # A run that is joined has had its input, or a part of it: twice would do harm.
        self.feed = None if plan.attach else feed
        self.feeder: Feeder | None = None
        self.feed_stream = (run.options["input"] or {}).get("stream", "input")
        self.known = frozenset(item.id for item in inventory.instances)
        self.label = plan.program.label

    def everything(self) -> tuple[InstanceRecord, dict[str, Any], Any]:
        """Return the ended record, what was collected, and the completion event's payload."""
        options = self.run.options
        instance_id = self.plan.attach.id if self.plan.attach else self._start()
        streams = list(STREAMS) if options["collect"] is None else options["collect"]
        bound = Deadline(options["run_timeout"])
        client, longest = self.hub.instance(instance_id), options["run_timeout"] + 60
        with (
            Listener(client, options["completion_event"], longest) as completion,
            Listener(client, options["failure_event"], longest) as failure,
            collecting(
                self.hub, instance_id, streams, limit=options["collect_max_bytes"],
                output_dest=options["output_dest"], longest=longest,
            ) as group,
            feeding(self.hub, instance_id, self.feed_stream, self.feed) as self.feeder,
        ):  # fmt: skip
            last = self._last_known(instance_id)
            try:
                record, event = self._until_the_end(last, bound, group, completion, failure)
                failed = failure.last_words() if event is None else None
                collected = group.finish()
                group.require_whole()
            except SthError as error:
                group.stop()
                raise self._cut_short(error, instance_id, group.finish()) from None
            # In here, so that the file of a run that failed is thrown away.
            incomplete = options["completion_event"] is not None or record.outcome != "completed"
            if event is None and (incomplete or failed is not None):
                raise self._failed(record, collected, group, failed)
        return record, collected, event.payload if event else None

    def _start(self) -> str:
        for action in self.plan.stops:
            with self.run.journal.doing(action):
                end_instance(self.hub, action.target.id, ending_from_options(self.run.options))
        with self.run.journal.doing(given(self.plan.start)):
            free_id(self.hub, self.plan.program, ending_from_options(self.run.options))
            start = Start(self.plan.program, given(self.plan.sequence).id, self.known)
            return start_once(self.hub, start, self.run.options["overload_timeout"])

    def _last_known(self, instance_id: str) -> InstanceRecord:
        """Describe the run by what was asked for: 0.18 may have forgotten it before it is first looked at."""
        if self.plan.attach is not None:
            return self.plan.attach
        return replace(_predicted(self.plan), id=instance_id)

    def _until_the_end(
        self, last: InstanceRecord, bound: Deadline, group: Collecting, completion: Listener, failure: Listener
    ) -> tuple[InstanceRecord, Event | None]:
        """Wait for the end, or for the completion event; return the record and the event."""
        client = self.hub.instance(last.id)
        options = self.run.options
        for _turn in pauses(bound, longest=0.5):
            now = client.info()
            self._require_fed(last.id)
            ended = None
            if now is None or not now.live:
                ended = ended_record(last, now, group.ended_at("output"))
            event = completion.last_words() if ended is not None else completion.heard(EVENT_TURN)
            if event is not None:
                return self._finished(now or last), event
            if ended is not None:
                return ended, None
            last = now if now is not None and now.app_config is not None else last
            failed = failure.heard()
            if failed is not None:
                shown = self._shown(failed)
                raise SthError(
                    "ENDED_EARLY",
                    f"Instance {self.label} ({last.id}) on {self.hub.api_url} emitted {options['failure_event']!r} with "
                    f"{shown!r}; it is left as it is.",
                    instance=last.id,
                    event=shown,
                )
        raise SthError(
            "TIMEOUT",
            f"Instance {self.label} ({last.id}) on {self.hub.api_url} has not ended after run_timeout "
            f"({options['run_timeout']:g} s); it is left as it is.",
            instance=last.id,
        )

    def _require_fed(self, instance_id: str) -> None:
        """Raise what the hub said where it refused the input."""
        refused = self.feeder.refused if self.feeder else None
        if refused is not None:
            raise SthError(
                refused.code,
                f"Instance {self.label} ({instance_id}) did not get its input and is left as it is: {refused.message}",
                instance=instance_id,
                **refused.details,
            )

    def _finished(self, record: InstanceRecord) -> InstanceRecord:
        """End an instance whose completion event has come."""
        finish = given(self.plan.finish)
        if record.live:
            with self.run.journal.doing(finish):
                record = end_instance(self.hub, record.id, ending_from_options(self.run.options)) or record
        else:
            self.run.journal.done(finish)
        return replace(record, status="ended", outcome="completed")

    def _shown(self, event: Event) -> Any:
        return self.masker.payload(event.payload, self.run.secrets)

    def _cut_short(self, error: SthError, instance_id: str, collected: dict[str, Any]) -> SthError:
        """Return an error as one about the instance, with what can be read of it only once."""
        message = error.message
        if "instance" not in error.details:
            message = (
                f"What has become of instance {self.label} ({instance_id}) on {self.hub.api_url} is not known, what it "
                f"said until then is in collected: {message}"
            )
        return SthError(error.code, message, **{"instance": instance_id, "collected": collected, **error.details})

    def _failed(
        self, record: InstanceRecord, collected: dict[str, Any], group: Collecting, failed: Event | None
    ) -> SthError:
        """Say how the run ended, with the ends of what was collected instead of a second reading."""
        said = group.said("stderr", "log")
        words = last_words(said, self.hub.secrets) if said else None
        awaited = self.run.options["completion_event"]
        short_of = "without completing" if awaited is None else f"without emitting its completion_event {awaited!r}"
        emitted: dict[str, Any] = {}
        if failed is not None:
            emitted["event"] = self._shown(failed)
            short_of = f"after it had emitted {self.run.options['failure_event']!r} with {emitted['event']!r}"
        error = ended_error(self.hub, record, self.label, short_of, words)
        return SthError("ENDED_EARLY", error.message, **error.details, **emitted, collected=collected)
