# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_sequence``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    LostAnswerError,
    SthError,
    WrittenError,
    given,
    refuse_empty,
    still_there,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import (
    Ending,
    NotEndedError,
    end_instances,
    ending_from_options,
    wait_removed,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe_instances
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import (
    CURRENT,
    SequenceReference,
    parse_version,
    split_reference,
)
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import packed_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import need_content, read_source
from ansible_collections.scramjet.sth.plugins.module_utils.run.progress import with_progress
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import sequence_view
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.options import SequenceOptions
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import (
    SequencePlan,
    SequencePolicy,
    matches,
    plan_absent,
    plan_present,
)
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.storing import (
    delete_unused,
    refuse_newer_main,
    upload_package,
    verified,
    wanted_record,
    without_twins,
)


def reconcile(run: Run, options: SequenceOptions) -> Result:
    """Bring one package of a hub into the wanted state. Returns ``{sequence, removed, kept, diff}``."""
    ending_from_options(options)
    refuse_empty("name a sequence", name=options.name, id=options.id, version=options.version)
    if options.state == "absent" and options.name is None and options.id is None and options.src is None:
        raise SthError("INVALID_OPTION", "name, id and src are null: set one of them.")
    if options.state == "absent" and options.src is None and options.id is None:
        _refuse_reference(options)
    package = _checked_package(run, options) if options.state == "present" else None
    name = options.name if package or options.src is None else _named_package(run, options).name
    policy = SequencePolicy(
        hub=run.hub.api_url,
        on_change=options.on_change,
        keep_old=options.keep_old,
        in_use=options.in_use,
        compare=options.compare,
        overwrite_id=options.id if package else None,
    )
    plan = _plan(run, options, name, package, policy)
    run.journal.plan(plan.actions)
    sequence = plan.sequence
    if not run.check_mode:
        if any(action.action in ("upload", "overwrite") for action in plan.actions):
            need_content(options)
        sequence = _Apply(run, package, policy, ending_from_options(options)).everything(plan)
    return {
        "sequence": sequence_view(sequence) if sequence else None,
        "removed": [sequence_view(item) for item in plan.removed],
        "kept": [sequence_view(item) for item in plan.kept],
        "diff": {
            "before": plan.before,
            "after": plan.after,
            "before_header": f"sequences on {run.hub.api_url}",
            "after_header": f"sequences on {run.hub.api_url}",
        },
    }


def _refuse_reference(options: SequenceOptions) -> None:
    """Refuse a reference instead of a name, and ``current`` instead of a version, because no package would match them."""
    named, version = split_reference(options.name or "")
    if options.version == CURRENT or version == CURRENT:
        raise SthError(
            "INVALID_OPTION",
            f"{named}@{CURRENT} does not say which version to remove: set version or id to those of the package to remove, "
            f"which sth_sequence_info lists, or leave out {CURRENT} to remove all versions.",
        )
    if version is not None:
        raise SthError(
            "INVALID_OPTION",
            f"name {options.name!r} is a reference, not the name of a package: set name: {named} and version: {version!r}.",
        )


def _checked_package(run: Run, options: SequenceOptions) -> Package:
    if options.version is not None:
        raise SthError(
            "INVALID_OPTION",
            "version can only be used with state: absent: leave it out, because the version of src is in its package.json.",
        )
    if options.id is not None and options.on_change != "overwrite":
        raise SthError(
            "INVALID_OPTION", "With src, id can only be used with on_change: overwrite: set that, or leave out id."
        )
    return _named_package(run, options)


def _named_package(run: Run, options: SequenceOptions) -> Package:
    """Return the package at ``src``. Raises ``INVALID_PACKAGE`` if its name is not the option ``name``."""
    name = options.name
    package = read_source(run, options, name)
    if name is not None and name != package.name:
        raise SthError(
            "INVALID_PACKAGE",
            f"{options.src} is the package {package.name!r}, not {name!r}: correct name or src.",
        )
    return package


def _plan(
    run: Run, options: SequenceOptions, name: str | None, package: Package | None, policy: SequencePolicy
) -> SequencePlan:
    hub = run.hub
    if policy.on_change == "overwrite" and package:
        hub.require(
            "overwrite",
            "on_change: overwrite",
            "use on_change: replace, which uploads the new package and then removes the old one",
        )
    sequences = tuple(hub.sequences())
    if package is None:
        doomed = find_doomed(options, name, sequences)
        return plan_absent(_with_users(hub, sequences, bool(doomed)), doomed, policy)
    refuse_newer_main(hub, package)
    wanted = wanted_record(package)
    named = [item for item in sequences if item.name == wanted.name]
    changes = (
        bool(policy.overwrite_id) or len(named) > 1 or any(not matches(item, wanted, policy.compare) for item in named)
    )
    return plan_present(_with_users(hub, sequences, changes), wanted, policy)


def find_doomed(
    options: SequenceOptions, name: str | None, sequences: tuple[SequenceRecord, ...]
) -> list[SequenceRecord]:
    """Return the sequences that ``state: absent`` removes: by ``id``, or by ``name`` (of ``src``, if it is set) and perhaps ``version``."""
    version, digest = parse_version(options.version) if options.version is not None else (None, None)
    if options.id is not None:
        found = [item for item in sequences if item.id == options.id]
        if name is not None and any(item.name != name for item in found):
            raise SthError(
                "CONFLICT",
                f"Sequence {options.id} is {found[0].name!r}, not {name!r}: correct name or id.",
            )
        if any(not SequenceReference(item.id, item.name, version, digest).matches(item) for item in found):
            raise SthError(
                "CONFLICT",
                f"Sequence {options.id} does not have version {options.version}: correct version or id.",
            )
        return found
    by_name = SequenceReference(given(name), given(name), version, digest)
    return sorted((item for item in sequences if by_name.matches(item)), key=lambda item: (item.ref, item.id))


def _with_users(hub: Any, sequences: tuple[SequenceRecord, ...], needed: bool) -> Inventory:
    """Return an inventory, with the instances only if they are ``needed``: if the plan may remove or overwrite something."""
    return Inventory(sequences, tuple(observe_instances(hub)) if needed else ())


class _Apply:
    """Carries out a plan action by action, and verifies each on the hub."""

    def __init__(self, run: Run, package: Package | None, policy: SequencePolicy, ending: Ending) -> None:
        self.run = run
        self.hub = run.hub
        self.package = package
        self.policy = policy
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
                    sequence = upload_package(self.hub, given(self.package), self.policy.compare, self.run.journal)
                elif action.action == "overwrite":
                    sequence = self._overwrite(action.target)
                else:
                    delete_unused(self.hub, action.target, self.ending.removal_timeout, self._going_on)
            if action.action == "upload" and self.policy.compare == "content":
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
            return verified(self.hub, target.id, package, self.policy.compare)
        except SthError as error:
            if unanswered is None or isinstance(error, WrittenError):
                raise
            raise still_there(
                unanswered, self.hub.api_url, f"The new package of sequence {target.ref}", "the old one is still there"
            ) from None
