# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which writes bring a package onto a hub, or remove it. Pure.

Source: architecture.md#packages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.current import current_sequences, is_older
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import UNBUILT
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action

# In the state after, until the action plugin names the files (plugin_utils/package/action.py).
CONTENT_DIFFERS = "its content differs"


@dataclass(frozen=True)
class SequencePolicy:
    """The options that decide what may be written."""

    hub: str
    on_change: Literal["replace", "overwrite", "keep", "fail"] = "replace"
    keep_old: bool = False
    in_use: Literal["fail", "keep", "stop"] = "fail"
    compare: Literal["content", "version"] = "content"
    overwrite_id: str | None = None


@dataclass(frozen=True)
class SequencePlan:
    """``sequence`` is the one that will be on the hub (id "" if it will be uploaded), None after a removal.

    ``before`` and ``after``: the sides of the diff.
    """

    actions: tuple[Action, ...]
    sequence: SequenceRecord | None
    removed: tuple[SequenceRecord, ...]
    kept: tuple[SequenceRecord, ...]
    before: dict[str, Any]
    after: dict[str, Any]


def matches(record: SequenceRecord, wanted: SequenceRecord, compare: str) -> bool:
    """Whether ``record`` is the ``wanted`` package, by content digest or by the author's version.

    A record without a digest matches nothing by content, not even another record without a digest. The only exception is what an
    earlier task in check mode would have built from the same sources with the same command.
    """
    if record.name != wanted.name:
        return False
    if compare == "version":
        return record.version == wanted.version
    if UNBUILT in wanted.hub_version:
        return record.hub_version == wanted.hub_version
    return record.digest is not None and record.digest == wanted.digest


def plan_present(inventory: Inventory, wanted: SequenceRecord, policy: SequencePolicy) -> SequencePlan:
    """Plan that ``wanted`` (a record with the id "") is on the hub."""
    named = sorted((item for item in inventory.sequences if item.name == wanted.name), key=lambda item: item.id)
    same = [item for item in named if matches(item, wanted, policy.compare)]
    others = [item for item in named if item not in same]
    if policy.on_change == "overwrite":
        return _plan_overwrite(inventory, wanted, named, same, policy)
    if others and not same and policy.on_change == "fail":
        raise SthError(
            "CONFLICT",
            f"{policy.hub} has {wanted.name} with other content ({_ref_list(others)}) than {wanted.ref}, and on_change is fail: use on_change: replace.",
        )
    if others and not same and policy.on_change == "keep":
        current = current_sequences(wanted.name, inventory) or others
        return _plan(inventory, named, min(current, key=lambda item: item.id), (), (), (), policy)
    upload = () if same else (_upload(wanted, others),)
    # Of copies with the same content, every task keeps the one with the smallest id (architecture.md#packages), and those that are in
    # use. With compare: version, sequences with the same version may differ in content. Then they are not copies.
    spare = [item for item in same[1:] if matches(item, same[0], "content") and not _users(inventory, item)]
    old = others if policy.on_change == "replace" and not policy.keep_old else []
    return _plan(inventory, named, same[0] if same else wanted, upload, old, spare, policy)


def plan_absent(inventory: Inventory, doomed: Iterable[SequenceRecord], policy: SequencePolicy) -> SequencePlan:
    """Plan that none of ``doomed`` is on the hub."""
    doomed = sorted(doomed, key=lambda item: (item.ref, item.id))
    return _plan(inventory, doomed, None, (), doomed, (), policy)


def _plan(
    inventory: Inventory,
    named: Collection[SequenceRecord],
    sequence: SequenceRecord | None,
    first: tuple[Action, ...],
    old: Iterable[SequenceRecord],
    spare: Iterable[SequenceRecord],
    policy: SequencePolicy,
) -> SequencePlan:
    actions = list(first)
    removed, kept, blocked = [], [], []
    old = list(old)
    needed = _ids_to_go_back_to(inventory, old, policy) if sequence or policy.in_use == "keep" else ()
    for record in (*old, *spare):
        users = _users(inventory, record)
        if users and policy.in_use == "fail":
            blocked.append((record, users))
            continue
        if (users and policy.in_use == "keep") or (not users and record.id in needed):
            kept.append(record)
            continue
        actions += [_stop_user(user, record) for user in users]
        why = f"copy of {sequence.ref}" if record in spare and sequence else _why_removed(sequence)
        actions.append(Action("delete", f"sequence {record.ref}", why, record))
        removed.append(record)
    if blocked:
        raise _in_use(blocked, policy, removing=sequence is None)
    after = [item for item in named if item not in removed]
    if first and sequence:
        after.append(sequence)
    stored = _state(after, sequence, removed) if first and sequence else _state(after)
    if first and named:
        stored["package"] = CONTENT_DIFFERS
    return SequencePlan(tuple(actions), sequence, tuple(removed), tuple(kept), _state(named), stored)


def _plan_overwrite(
    inventory: Inventory,
    wanted: SequenceRecord,
    named: list[SequenceRecord],
    same: list[SequenceRecord],
    policy: SequencePolicy,
) -> SequencePlan:
    target = _overwrite_target(inventory, wanted, named, same, policy)
    if target is None:
        return _plan(inventory, named, wanted, (_upload(wanted, ()),), (), (), policy)
    if matches(target, wanted, policy.compare):
        return _plan(inventory, named, target, (), (), (), policy)
    users = _users(inventory, target)
    if users and policy.in_use != "stop":
        raise _in_use([(target, users)], policy)
    after = SequenceRecord(target.id, wanted.name, wanted.hub_version, wanted.engine)
    stored = _state([after, *(item for item in named if item.id != target.id)], after, [target])
    if target.name == wanted.name:
        stored["package"] = CONTENT_DIFFERS
    overwrite = Action("overwrite", f"sequence {target.ref}", f"content becomes {wanted.ref}", target, after)
    return SequencePlan(
        (*(_stop_user(user, target) for user in users), overwrite),
        after,
        (),
        (),
        _state(named),
        stored,
    )


def _overwrite_target(
    inventory: Inventory,
    wanted: SequenceRecord,
    named: list[SequenceRecord],
    same: list[SequenceRecord],
    policy: SequencePolicy,
) -> SequenceRecord | None:
    if policy.overwrite_id:
        target = inventory.sequence(policy.overwrite_id)
        if target is None:
            raise SthError(
                "NOT_FOUND",
                f"There is no sequence {policy.overwrite_id} on {policy.hub} to overwrite: correct id, or leave it out to "
                "overwrite by name.",
            )
        return target
    if same:
        return same[0]
    if len(named) > 1:
        raise SthError(
            "AMBIGUOUS",
            f"{policy.hub} has several sequences named {wanted.name} ({_ref_list(named)}): set id to the one to overwrite.",
        )
    return named[0] if named else None


def _upload(wanted: SequenceRecord, others: Iterable[SequenceRecord]) -> Action:
    refs = _ref_list(others)
    reason = f"the hub has other content of this name ({refs})" if refs else "the hub does not have it"
    return Action("upload", f"sequence {wanted.ref}", reason, leaves=wanted)


def _stop_user(user: InstanceRecord, record: SequenceRecord) -> Action:
    return Action("stop", f"instance {user.label}", f"it runs from {record.ref}, which the task removes", user)


def _why_removed(sequence: SequenceRecord | None) -> str:
    return f"{sequence.ref} replaces it" if sequence else "the task has state: absent"


def _users(inventory: Inventory, record: SequenceRecord) -> list[InstanceRecord]:
    return [item for item in inventory.instances if item.live and item.sequence_id == record.id]


def _ids_to_go_back_to(inventory: Inventory, old: Collection[SequenceRecord], policy: SequencePolicy) -> frozenset[str]:
    ending = [user for item in old for user in _users(inventory, item)] if policy.in_use == "stop" else []
    refs = inventory.kept_to_go_back(without=ending)
    return frozenset(item.id for item in old if item.ref in refs)


def _ref_list(records: Iterable[SequenceRecord]) -> str:
    return ", ".join(sorted({item.ref for item in records}))


def _state(
    records: Iterable[SequenceRecord], new: SequenceRecord | None = None, replaced: Iterable[SequenceRecord] = ()
) -> dict[str, Any]:
    """Return one side of the diff. ``new``: the record in ``records`` that replaces those in ``replaced``."""
    ordered = sorted(records, key=lambda item: (item.name, item.hub_version))
    newer = [item.version for item in replaced if new and item.name == new.name and is_older(new.version, item.version)]
    downgrade = f" (downgrade from {', '.join(sorted(set(newer)))})" if newer else ""
    return {
        "sequences": [
            {"name": item.name, "version": item.version + (downgrade if item is new else ""), "ref": item.ref}
            for item in ordered
        ]
    }


def _in_use(
    blocked: list[tuple[SequenceRecord, list[InstanceRecord]]], policy: SequencePolicy, removing: bool = False
) -> SthError:
    what = "; ".join(f"{record.ref} by {', '.join(user.label for user in users)}" for record, users in blocked)
    ways = "use in_use: stop to end them"
    if removing:
        ways += ", or in_use: keep to keep the package."
    elif policy.on_change == "overwrite":
        ways += "."
    else:
        ways += (
            ", in_use: keep to keep the package, keep_old: true to keep older versions, or "
            "sth_deployment to move instances over without an outage."
        )
    return SthError(
        "CONFLICT", f"Instances on {policy.hub} still run from packages that would be removed ({what}): {ways}"
    )


def wanted_record(package: Package) -> SequenceRecord:
    """Return the record that a hub will list for ``package``; its id is "" until then."""
    return SequenceRecord("", package.name, package.hub_version, package.engine)
