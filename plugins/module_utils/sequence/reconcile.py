# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_sequence``."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    SthError,
    given,
    refuse_empty,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe_instances
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import ending_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import (
    CURRENT,
    SequenceReference,
    parse_version,
    split_reference,
)
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import (
    read_source,
    refuse_newer_main,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import sequence_view
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.options import SequenceOptions
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import (
    SequencePlan,
    SequencePolicy,
    matches,
    plan_absent,
    plan_present,
    wanted_record,
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
    if plan.actions and not run.check_mode:
        # Here, because a module compiles all that it imports, and most tasks change nothing.
        from ansible_collections.scramjet.sth.plugins.module_utils.sequence.apply import apply_plan

        sequence = apply_plan(run, options, package, plan)
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
