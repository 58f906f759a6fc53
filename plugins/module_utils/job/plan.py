# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether to start a run, or to wait for one in progress. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import differing, live_with
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action


@dataclass(frozen=True)
class CompletedPlan:
    """``attach`` is a live run to wait for. If it is None, ``stops`` are carried out and ``program`` is started."""

    program: Program
    sequence: SequenceRecord | None
    attach: InstanceRecord | None = None
    stops: tuple[Action, ...] = ()
    start: Action | None = None
    # The stop after an event or the output has completed the run.
    finish: Action | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """All actions in order."""
        return (*self.stops, *(action for action in (self.start, self.finish) if action))

    @property
    def relies_on_absence(self) -> bool:
        """Whether the plan could be wrong if an instance runs that the hub does not list yet."""
        return self.start is not None

    @property
    def missing(self) -> frozenset[str]:
        """Names of the packages of instances that it starts because the hub lists none."""
        return frozenset({self.sequence.name} if self.start and not self.stops and self.sequence else ())

    @property
    def predicted(self) -> InstanceRecord:
        """The record of the run, as far as it is known before its start."""
        return self.attach or self.program.started_from(given(self.sequence).id)


def plan_completed(
    inventory: Inventory, program: Program, sequence: SequenceRecord | None, if_running: str, hub: str
) -> CompletedPlan:
    """Decide whether to wait for the run in progress or to start a new one. Ended records never count. Pure."""
    live = live_with(inventory, program)
    if sequence is None:
        if not live:
            raise SthError(
                "NOT_FOUND", f"No instance {program.label} runs on {hub} to wait for: set sequence to start one."
            )
        return CompletedPlan(program, inventory.sequence(live[0].sequence_id), attach=live[0])
    if not live:
        return CompletedPlan(program, sequence, start=_start_action(program, sequence, "the task asks for a run"))
    if if_running == "fail":
        raise SthError(
            "CONFLICT",
            f"Instance {program.label} runs on {hub} already, and if_running is fail: wait for its end, or use if_running: "
            "attach or replace.",
            instance=live[0].id,
        )
    if if_running == "attach":
        running = next((item for item in live if item.status != "stopping"), None)
        joined = running or live[0]
        runs = inventory.sequence(joined.sequence_id)
        differs = differing(joined, program, runs.ref if runs else None, sequence.ref)
        if differs:
            raise SthError(
                "CONFLICT",
                f"Instance {program.label} runs on {hub} already with different {', '.join(differs)}: wait for its end, or use "
                "if_running: replace.",
                instance=joined.id,
            )
        if running is not None:
            return CompletedPlan(program, sequence, attach=running)
    why, new = "a new run replaces it", "it replaces another run"
    if if_running == "attach":
        # An earlier task or a person is ending the run. So start a new one, as if there were none.
        why, new = "it is ending", "the last run is ending"
    stops = tuple(Action("stop", f"instance {program.label}", why, item) for item in live)
    if program.mark is not None:
        # A member of a pool stays a member.
        program = replace(program, mark=live[0].mark)
    return CompletedPlan(program, sequence, stops=stops, start=_start_action(program, sequence, new))


def _start_action(program: Program, sequence: SequenceRecord, reason: str) -> Action:
    return Action("start", f"instance {program.label} from {sequence.ref}", reason)
