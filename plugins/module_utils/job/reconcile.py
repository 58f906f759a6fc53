# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``state: completed`` of ``sth_instance``: one run to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import STREAMS
from ansible_collections.scramjet.sth.plugins.module_utils.instance.options import programs
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import live_with
from ansible_collections.scramjet.sth.plugins.module_utils.instance.reconcile import (
    check_options,
    hide_options,
    refuse_clash,
    require_capabilities,
    select_own,
    wanted_sequence,
)
from ansible_collections.scramjet.sth.plugins.module_utils.job.apply import Apply
from ansible_collections.scramjet.sth.plugins.module_utils.job.completion import Completion, completion_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.job.options import JobOptions
from ansible_collections.scramjet.sth.plugins.module_utils.job.plan import CompletedPlan, plan_completed
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import decide_surely
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import require_writable
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.start_topics import note_topics
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.streams.feeding import (
    Feed,
    feed_for,
    feed_from_options,
    require_carried,
)


def reconcile(run: Run, options: JobOptions) -> Result:
    """Run once to the end. Returns the keys of ``sth_instance``'s result, with ``collected`` and ``event``."""
    _check(options)
    completion = completion_from_options(options)
    feed = feed_from_options(options.input) if options.input is not None else None
    if options.output_dest is not None and not run.check_mode:
        # In check mode, an earlier task may not have created its directory yet.
        require_writable("output_dest", options.output_dest)
        run.keep_left_over(options.output_dest)
    hide_options(run, options)
    require_capabilities(run.hub, options)
    if feed is not None and options.input is not None:
        require_carried(run.hub, feed, options.input.stream)
    program = programs(options)[0]

    def decided() -> tuple[Inventory, CompletedPlan]:
        found = decide_surely(
            run.hub, run.hub.inventory(), lambda found: _plan(run, options, found, program, completion), run.journal.say
        )
        run.journal.plan(found[1].actions)
        return found

    inventory, plan = decided()
    if feed is not None and options.input is not None and options.input.stream == "input" and plan.sequence is not None:
        feed = feed_for(plan.sequence.engine, feed, options.input)
    note_topics(run)
    joined = _notes_of_joining(program, feed) if plan.attach else []
    run.notes += joined
    if run.check_mode:
        record = plan.predicted
        run.predicts_ended += [plan.attach] if plan.attach else []
        collected: dict[str, Any] = {}
        event = seconds = None
    else:
        apply = Apply(run, options, plan, feed, completion, inventory)
        try:
            record, collected, event = apply.everything()
        except SthError:
            if not apply.was_over:
                raise
            inventory, plan = decided()
            if plan.attach is not None:
                raise
            run.notes = [note for note in run.notes if note not in joined]
            run.journal.say(f"the joined run of {program.label} was already over: starting a new one")
            apply = Apply(run, options, plan, feed, completion, inventory)
            record, collected, event = apply.everything()
        seconds = apply.seconds
    view = instance_view(record, plan.sequence or inventory.sequence(record.sequence_id), run.masker)
    shown, masked = run.shown_payload(event, options.mask_output)
    header = f"runs of {program.label} on {run.hub.api_url}"
    return {
        "instance": view,
        "instances": [view],
        "collected": collected,
        "event": shown,
        "event_masked": masked,
        "seconds": seconds,
        "diff": {
            "before": {},
            "after": {"run": plan.sequence.ref} if plan.start and plan.sequence else {},
            "before_header": header,
            "after_header": header,
        },
    }


def _notes_of_joining(program: Program, feed: Feed | None) -> list[str]:
    """Return the notes for a task that joins a run."""
    notes = [f"Joined the run of {program.label} in progress: its earlier output is not collected."]
    if feed is not None:
        notes.append("The input was not written again: use if_running: replace to start a new run.")
    return notes


def _plan(
    run: Run, options: JobOptions, inventory: Inventory, program: Program, completion: Completion
) -> CompletedPlan:
    hub = run.hub.api_url
    select_own(run, options, inventory)
    refuse_clash(options, inventory, hub)
    if run.check_mode and options.sequence is None and not live_with(inventory, program):
        run.note(f"Check mode assumes that an earlier task starts instance {program.label}.")
        inventory = replace(inventory, instances=(*inventory.instances, program.started_from("")))
    plan = plan_completed(
        inventory, program, wanted_sequence(run, options.sequence, inventory), options.if_running, hub
    )
    if completion.reason is None:
        return plan
    return replace(plan, finish=Action("stop", f"instance {program.label}", completion.reason))


def _check(options: JobOptions) -> None:
    check_options(options)
    if options.count is not None or options.all:
        raise SthError("INVALID_OPTION", "state: completed is for one instance: leave out count and all.")
    if options.wait_for != "running":
        raise SthError(
            "INVALID_OPTION",
            "state: completed waits for the end of the program, and not until it is ready: leave out wait_for and ready_event.",
        )
    refuse_empty("set a value", output_dest=options.output_dest)
    if options.input is not None and not options.input.has_data:
        raise SthError("INVALID_OPTION", "input.content, input.lines and input.src are null: set one of them.")
    if options.collect_max_bytes < 0:
        raise SthError("INVALID_OPTION", "collect_max_bytes must not be negative.")
    if options.output_dest is not None and "output" not in (STREAMS if options.collect is None else options.collect):
        raise SthError("INVALID_OPTION", "output_dest needs output in collect: add it, or leave out collect.")
