# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Uploads and removes packages, and verifies each write (architecture.md#packages)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    LostAnswerError,
    SthError,
    WrittenError,
    checking_effect,
    still_there,
    unknown_effect,
    unseen,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import wait_removed, what_is_left
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe_instances
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import packed_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.progress import with_progress
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses, poll
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import matches, wanted_record

# A copy can be taken into use between a look and its removal. What is left after these looks is removed by a later run.
_LOOKS_AT_TWINS = 3


def upload_package(hub: HubClient, package: Package, compare: str, journal: Journal) -> SequenceRecord:
    """Upload a package and verify it. After a lost answer, look for its content on the hub before sending it again."""
    known = {item.id for item in hub.sequences()}
    with packed_package(package) as packed:
        try:
            return _sent(hub, package, packed, compare, journal)
        except LostAnswerError as lost:
            if compare == "version":
                raise WrittenError.of(
                    lost,
                    message=f"{lost.message} It is not known whether the package was stored, and with compare: version the task "
                    "cannot find out: look with sth_sequence_info before you upload it again.",
                ) from None
            found = _found_after(hub, package, lost, known)
            if found is not None:
                return found
        try:
            return _sent(hub, package, packed, compare, journal)
        except LostAnswerError as lost:
            raise unknown_effect(lost, hub.api_url, f"The upload of {package.ref}", "it was stored") from None


def verified(hub: HubClient, sequence_id: str, package: Package, compare: str) -> SequenceRecord:
    """Return the record of the stored sequence. Raises ``HUB_ERROR`` if it is not ``package``.

    If another task has uploaded the same package at the same time and has removed this copy, return the other copy.
    """
    try:
        record = hub.sequence(sequence_id).info()
        if record is None and compare == "content":
            copies = (item for item in hub.sequences() if matches(item, wanted_record(package), compare))
            record = next(copies, None)
    except SthError as error:
        sent = f"{package.ref} was sent to {hub.api_url} as sequence {sequence_id}"
        raise unseen(error, sent, "it was stored") from None
    if record is None or not matches(record, wanted_record(package), compare):
        shown = record.ref if record else "nothing"
        raise SthError(
            "HUB_ERROR",
            f"{hub.api_url} stored {package.ref} as sequence {sequence_id}, but lists {shown} there: run the task again.",
        )
    return record


def without_twins(hub: HubClient, uploaded: SequenceRecord, journal: Journal) -> SequenceRecord:
    """Remove copies that another task uploaded at the same time. The copy in use stays, or else the smallest id."""
    kept = uploaded
    for _look in range(_LOOKS_AT_TWINS):
        equal = (item for item in hub.sequences() if matches(item, uploaded, "content"))
        twins = sorted(equal, key=lambda item: (not item.instances, item.id))
        kept = twins[0] if twins else uploaded
        try:
            for twin in twins[1:]:
                if not twin.instances:
                    with journal.compensating("delete", f"sequence {twin.ref}"):
                        hub.sequence(twin.id).delete()
            break
        except SthError as error:
            # The other task has started an instance from it since it was listed. So it is now the copy in use.
            if error.code != "CONFLICT":
                raise
    return kept


def delete_unused(
    hub: HubClient, doomed: SequenceRecord, removal_timeout: float, going_on: Collection[str] = ()
) -> None:
    """Delete a sequence and wait until it is gone, at most ``removal_timeout`` seconds.

    ``going_on``: ids of instances that keep running after a stop. If one of them runs from ``doomed``, the removal is forced, and the hub
    ends it too. Raises ``CONFLICT`` if any other instance runs from ``doomed``, or if the hub keeps refusing.
    """
    if going_on:
        listed = [item for item in observe_instances(hub) if item.sequence_id == doomed.id]
        if any(item.live and item.id in going_on for item in listed):
            _delete_by_force(hub, doomed, listed, going_on, removal_timeout)
            return
    bound = min(hub.timings.busy_after_end, removal_timeout)
    client = hub.sequence(doomed.id)
    what = f"The removal of sequence {doomed.ref}"
    for _dummy in pauses(Deadline(bound), hub.timings.deletes):
        # Do not rely on the hub's own check: a hub may delete the package of a running instance
        # (hub-behaviour.md#delete-orphans-a-running-instance). Look again before each repeat, because another task may have started one.
        _refuse_if_used(hub, doomed)
        unanswered: LostAnswerError | None = None
        try:
            client.delete()
        except LostAnswerError as lost:
            unanswered = lost
            with checking_effect(lost, hub.api_url, what, "it is gone"):
                left = client.info()
        except SthError as error:
            if error.code != "CONFLICT":
                raise
            _refuse_if_used(hub, doomed)
            left = client.info()
        else:
            left = _left(hub, doomed)
        if left is None:
            return
    if unanswered is not None:
        raise still_there(unanswered, hub.api_url, what, "the sequence is still there")
    why = "an instance that outlived a restart of the hub may block it: restart the hub, and run the task again"
    if bound < hub.timings.busy_after_end:
        why = (
            "a hub from 0.24.3 on does so until 15 s after the end of its last instance, and removal_timeout is "
            f"{removal_timeout:g} s: raise it, and run the task again"
        )
    raise SthError(
        "CONFLICT",
        f"{hub.api_url} refuses to delete sequence {doomed.ref} for {bound:g} s although nothing runs from it: {why}.",
    )


def _delete_by_force(
    hub: HubClient,
    doomed: SequenceRecord,
    listed: Sequence[InstanceRecord],
    going_on: Collection[str],
    removal_timeout: float,
) -> None:
    """Delete a package together with programs that nothing else ends, and verify it (hub-behaviour.md#forced-delete)."""
    _refuse_if_used(hub, doomed, going_on)
    # While an instance is listed that ended some time ago, the hub would remove the package, but not end the running program
    # (hub-behaviour.md#delete-orphans-a-running-instance).
    wait_removed(hub, [item.id for item in listed if not item.live], removal_timeout)
    _refuse_if_used(hub, doomed, going_on)
    bound = Deadline(hub.timings.kill_grace)
    # If the answer is lost, the hub still carries out the removal, and the following reads show its effect.
    with suppress(LostAnswerError):
        hub.sequence(doomed.id).delete(force=True)
    for instance_id in going_on:
        client = hub.instance(instance_id)
        if not poll(client.info, lambda item: not _runs_from(item, doomed), bound, hub.timings.looks)[1]:
            raise WrittenError(
                "TIMEOUT",
                f"Instance {instance_id} was asked to stop, and {hub.api_url} was asked to remove its package {doomed.ref} by "
                f"force, but neither has ended it: {what_is_left(hub, instance_id)}, then run the task again.",
                instance=instance_id,
            )
    # The hub removes the package only after it has removed the records of the ended programs.
    deadline = Deadline(removal_timeout)
    if not poll(lambda: _left(hub, doomed), lambda item: item is None, deadline, hub.timings.looks)[1]:
        raise WrittenError(
            "CONFLICT",
            f"{hub.api_url} was asked to remove sequence {doomed.ref} by force and still lists it after removal_timeout "
            f"({removal_timeout:g} s): run the task again.",
        )


def _runs_from(record: InstanceRecord | None, sequence: SequenceRecord) -> bool:
    return record is not None and record.live and record.sequence_id == sequence.id


def _left(hub: HubClient, deleted: SequenceRecord) -> SequenceRecord | None:
    try:
        return hub.sequence(deleted.id).info()
    except SthError as error:
        raise unseen(error, f"{hub.api_url} accepted the removal of sequence {deleted.ref}", "it is gone") from None


def _sent(hub: HubClient, package: Package, packed: IO[bytes], compare: str, journal: Journal) -> SequenceRecord:
    packed.seek(0)
    uploaded = hub.send_sequence(with_progress(packed, journal.say, hub.timings.progress))
    return verified(hub, uploaded.id, package, compare)


def _found_after(hub: HubClient, package: Package, lost: LostAnswerError, known: set[str]) -> SequenceRecord | None:
    """Return the record of an upload whose answer was lost; None if the hub does not list it. ``known``: ids from before."""
    wanted = wanted_record(package)
    for _dummy in pauses(Deadline(hub.timings.lost_upload_settles), hub.timings.lost_looks):
        with checking_effect(lost, hub.api_url, f"The upload of {package.ref}", "it was stored"):
            listed = hub.sequences()
        for record in listed:
            if record.id not in known and matches(record, wanted, "content"):
                return record
    return None


def _refuse_if_used(hub: HubClient, doomed: SequenceRecord, going_on: Collection[str] = ()) -> None:
    users = [
        item
        for item in observe_instances(hub)
        if item.live and item.sequence_id == doomed.id and item.id not in going_on
    ]
    if users:
        raise SthError(
            "CONFLICT",
            f"Instance {users[0].id} was started from sequence {doomed.ref} on {hub.api_url} in the meantime, so the "
            "sequence was not removed: run the task again.",
        )
