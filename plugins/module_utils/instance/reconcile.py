# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_instance``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.options import InstanceOptions, programs
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import (
    InstancePlan,
    Step,
    Wanted,
    plan_ended,
    plan_restarted,
    plan_started,
    refuse_deployments,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import decide_surely
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import (
    ending_from_options,
    readiness_from_options,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import (
    Override,
    ProgramOptions,
    check_program,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import (
    find_sequences,
    parse_reference,
    resolve_sequence,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.start_topics import note_topics
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


def reconcile(run: Run, options: InstanceOptions) -> Result:
    """Bring named instances into the wanted state. Returns the keys of ``sth_instance``'s result."""
    check_options(options)
    masker = run.masker
    hide_options(run, options)
    require_capabilities(run.hub, options)
    inventory, plan = decide_surely(
        run.hub, run.hub.inventory(), lambda found: _plan(run, options, found, masker), run.journal.say
    )
    run.journal.plan(plan.actions)
    note_topics(run)
    records = (
        [_predicted(step) for step in plan.steps] if run.check_mode else _records_left(run, options, inventory, plan)
    )
    if options.state == "absent":
        records = []
    views = [instance_view(item, inventory.sequence(item.sequence_id), masker) for item in records if item]
    header = f"instances on {run.hub.api_url}"
    return {
        "instance": views[0] if views else None,
        "instances": views,
        "collected": {},
        "event": None,
        "event_masked": False,
        "seconds": None,
        "diff": {"before": plan.before, "after": plan.after, "before_header": header, "after_header": header},
    }


def check_options(options: InstanceOptions) -> None:
    """Raise ``INVALID_OPTION`` for options that make no sense, before the first request."""
    if [options.name is not None, options.id is not None, options.all].count(True) != 1:
        raise SthError("INVALID_OPTION", "Set exactly one of name, id and all.")
    refuse_empty("set the name or the id of an instance", name=options.name, id=options.id)
    if options.sequence is not None:
        parse_reference(options.sequence)
    if options.count is not None and options.name is None:
        raise SthError("INVALID_OPTION", "count needs name: set the name of the pool.")
    if options.all and (options.sequence is None or options.state not in ("stopped", "absent", "restarted")):
        raise SthError("INVALID_OPTION", "all needs sequence, and state stopped, absent or restarted.")
    if options.id is not None and options.state == "started" and len(options.id) != 36:
        raise SthError("INVALID_OPTION", "id must have 36 characters: hubs accept no other length.")
    if options.count is not None and options.state in ("stopped", "absent"):
        raise SthError(
            "INVALID_OPTION",
            f"count cannot be used with state {options.state}: leave it out to act on the whole pool, or use "
            "state: started with a smaller count.",
        )
    check_program(options)
    if options.count is None and (options.index_key is not None or options.overrides):
        raise SthError("INVALID_OPTION", "index_key and overrides need a pool: set count.")
    if options.count is not None and options.count < 0:
        raise SthError("INVALID_OPTION", "count must not be negative.")
    readiness_from_options(options)
    ending_from_options(options)


def require_capabilities(hub: HubClient, options: InstanceOptions) -> None:
    """Refuse options that a hub of this version does not support, and settings that are too large for it."""
    require_start_options(hub, options)
    # If the task only waits for a running instance, the id is used to find it, not to start it.
    starts = options.state == "started" or (options.state == "completed" and options.sequence is not None)
    if options.id is not None and starts:
        hub.require("instance_id", "Choosing an instance's id", "use name")
        hub.dialect.refuse_id(options.id)
    if options.name is not None or options.id is not None:
        for program in programs(options):
            program.check_size(hub.dialect.start_body_limit)


def require_start_options(hub: HubClient, options: ProgramOptions) -> None:
    """Refuse options of a start that a hub of this version does not support."""
    if options.input_topic is not None or options.output_topic is not None:
        hub.require("start_topics", "Starting with topics", "let the program name the topic of its streams itself")
    if options.limits is not None:
        hub.require("limits", "Starting with limits", "limit the hub's own process, whose children all instances are")


def hide_options(run: Run, options: ProgramOptions) -> None:
    """Mask the secrets of the options in all texts of this run."""
    holders: list[ProgramOptions | Override] = [options, *(options.overrides or ())]
    for holder in holders:
        run.secrets |= run.masker.secrets(holder.app_config, holder.args or ())
    run.secrets |= run.masker.secrets(options.start_options)


def select(inventory: Inventory, options: InstanceOptions) -> list[InstanceRecord]:
    """Return the instances that ``name`` (also of a pool), ``id``, or ``all`` with ``sequence`` select."""
    if options.id is not None:
        return [item for item in inventory.instances if item.id == options.id]
    if options.all:
        sequences = find_sequences(parse_reference(options.sequence), inventory)
        ids = {item.id for item in sequences}
        return [item for item in inventory.instances if item.sequence_id in ids]
    marks = ((item, item.mark) for item in inventory.instances)
    return [item for item, mark in marks if mark and options.name in (mark.name, mark.pool)]


def select_own(run: Run, options: InstanceOptions, inventory: Inventory) -> list[InstanceRecord]:
    """Return what `select` does, with its secrets hidden. Raises ``CONFLICT`` if a deployment manages one of them."""
    selected = select(inventory, options)
    run.hide(selected)
    refuse_deployments((item for item in selected if item.live), run.hub.api_url)
    return selected


def wanted_sequence(run: Run, sequence: str | None, inventory: Inventory) -> SequenceRecord | None:
    """Resolve ``sequence``. In check mode, a missing one is assumed to be uploaded by an earlier task."""
    if sequence is None:
        return None
    reference = parse_reference(sequence)
    found = resolve_sequence(reference, inventory, hub=run.hub.api_url, assume=run.check_mode)
    if not found.id:
        run.note(f"Check mode assumes that an earlier task uploads sequence {reference.text}.")
    return found


def _plan(run: Run, options: InstanceOptions, inventory: Inventory, masker: Masker) -> InstancePlan:
    hub, state = run.hub.api_url, options.state
    selected = select_own(run, options, inventory)
    if state in ("stopped", "absent"):
        return plan_ended(inventory, selected, masker, f"the task has state: {state}")
    sequence = None if options.all else wanted_sequence(run, options.sequence, inventory)
    everything = options.all or (state == "restarted" and options.count is None and _is_pool(selected))
    if not everything:
        refuse_clash(options, inventory, hub)
    wanted = Wanted(
        programs=() if everything else tuple(programs(options)),
        sequence=sequence,
        on_change=options.on_change,
        pool=options.name if options.count is not None else None,
        rest=programs(options)[0] if everything else None,
    )
    if state == "started":
        return plan_started(inventory, wanted, masker, hub)
    running = [item for item in selected if item.live] if everything else []
    return plan_restarted(inventory, wanted, running, masker, hub)


def _is_pool(selected: Sequence[InstanceRecord]) -> bool:
    marks = [item.mark for item in selected if item.live]
    return any(mark is not None and mark.pool is not None for mark in marks)


def refuse_clash(options: InstanceOptions, inventory: Inventory, hub: str) -> None:
    """Raise ``CONFLICT`` if a name would be used for an instance and for a pool, because only one could be found by it."""
    name, count = options.name, options.count
    if name is None:
        return
    members = {f"{name}-{index}" for index in range(count or 0)}
    for record in inventory.instances:
        mark = record.mark
        if not record.live or mark is None:
            continue
        if count is None and mark.pool == name:
            raise SthError(
                "CONFLICT", f"{name} is a pool on {hub} ({mark.name} runs): set count, or end the pool first."
            )
        if count is not None and mark.name == name:
            raise SthError("CONFLICT", f"{name} is a single instance on {hub}: end it first, or leave out count.")
        if mark.name in members and mark.pool != name:
            raise SthError(
                "CONFLICT",
                f"{mark.name} is an instance on {hub} that does not belong to the pool {name}: end it first, or give the "
                "pool another name.",
            )


def _records_left(
    run: Run, options: InstanceOptions, inventory: Inventory, plan: InstancePlan
) -> Sequence[InstanceRecord | None]:
    """Carry out the plan, and return the record that each step leaves."""
    kept = [step.kept for step in plan.steps]
    if not (plan.actions or options.state == "absent" or any(item and item.status == "starting" for item in kept)):
        return kept
    # Here, because a module compiles all that it imports, and most tasks change nothing.
    from ansible_collections.scramjet.sth.plugins.module_utils.instance.apply import apply_steps

    return apply_steps(run, options, inventory, plan)


def _predicted(step: Step) -> InstanceRecord | None:
    """Return the record that a step would leave, as far as it can be predicted."""
    if step.kept is not None:
        return step.kept
    if step.start is None or step.program is None or step.sequence is None:
        last: InstanceRecord = step.stops[0].target
        return replace(last, status="ended", outcome="stopped")
    return step.program.started_from(step.sequence.id)
