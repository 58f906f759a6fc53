# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out a plan for ``sth_sequence``, and verifies each step on the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    LostAnswerError,
    SthError,
    WrittenError,
    given,
    still_there,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import (
    NotEndedError,
    end_instances,
    wait_removed,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import Ending, ending_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import packed_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import need_content
from ansible_collections.scramjet.sth.plugins.module_utils.run.progress import with_progress
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.options import SequenceOptions
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import SequencePlan
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.storing import (
    delete_unused,
    upload_package,
    verified,
    without_twins,
)


def apply_plan(
    run: Run, options: SequenceOptions, package: Package | None, plan: SequencePlan
) -> SequenceRecord | None:
    """Carry out a plan, and return the sequence that is then on the hub."""
    if any(action.action in ("upload", "overwrite") for action in plan.actions):
        need_content(options)
    return _Apply(run, package, options.compare, ending_from_options(options)).everything(plan)


class _Apply:
    """Carries out a plan action by action, and verifies each on the hub."""

    def __init__(self, run: Run, package: Package | None, compare: str, ending: Ending) -> None:
        self.run = run
        self.hub = run.hub
        self.package = package
        self.compare = compare
        self.ending = ending
        # Ids of instances that keep running after a stop.
        self._going_on: set[str] = set()

    def everything(self, plan: SequencePlan) -> SequenceRecord | None:
        """Carry out all actions, and return the sequence that is then on the hub."""
        sequence = plan.sequence
        stops: list[Action] = []
        for action in plan.actions:
            if action.action == "stop":
                stops.append(action)
                continue
            self._end(stops, plan)
            stops = []
            with self.run.journal.doing(action):
                if action.action == "upload":
                    sequence = upload_package(self.hub, given(self.package), self.compare, self.run.journal)
                elif action.action == "overwrite":
                    sequence = self._overwrite(action.target)
                else:
                    delete_unused(self.hub, action.target, self.ending.removal_timeout, self._going_on)
            if action.action == "upload" and self.compare == "content":
                sequence = without_twins(self.hub, given(sequence), self.run.journal)
        return sequence

    def _end(self, stops: list[Action], plan: SequencePlan) -> None:
        by_id = {action.target.id: action for action in stops}
        goes = {action.target.id for action in plan.actions if action.action == "delete"}

        @contextmanager
        def noted(instance_id: str) -> Iterator[None]:
            action = by_id[instance_id]
            try:
                with self.run.journal.doing(action):
                    yield
            except NotEndedError:
                if action.target.sequence_id not in goes:
                    raise
                # The hub ends the instance when it removes the package (`delete_unused`).
                self._going_on.add(instance_id)

        end_instances(self.hub, list(by_id), self.ending, noted=noted)

    def _overwrite(self, target: SequenceRecord) -> SequenceRecord:
        package = given(self.package)
        # 1.x refuses a PUT while any instance is listed, also an ended one (hub-behaviour.md#put-waits-for-ended-instances).
        wait_removed(self.hub, self.hub.sequence(target.id).list_instances(), self.ending.removal_timeout)
        unanswered: LostAnswerError | None = None
        with packed_package(package) as packed:
            try:
                self.hub.sequence(target.id).overwrite(
                    with_progress(packed, self.run.journal.say, self.hub.timings.progress)
                )
            except LostAnswerError as lost:
                # `verified` checks below whether the package has arrived.
                unanswered = lost
            except SthError as error:
                if error.code == "INVALID_PACKAGE":
                    raise SthError.of(
                        error,
                        message=f"{error.message} The hub may have mixed both packages on its disk (sequence "
                        f"{target.id}): overwrite it again with a valid package, or remove it.",
                    ) from None
                raise
        try:
            return verified(self.hub, target.id, package, self.compare)
        except SthError as error:
            if unanswered is None or isinstance(error, WrittenError):
                raise
            raise still_there(
                unanswered, self.hub.api_url, f"The new package of sequence {target.ref}", "the old one is still there"
            ) from None
