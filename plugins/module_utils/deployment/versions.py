# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of a deployment, their order, and which of them may be removed. Pure.

A hub reports no upload times, so the order is in the marks of the replicas. See the option ``keep_versions``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action


@dataclass(frozen=True)
class Versions:
    """Refs of the other versions on the hub."""

    # Versions that were in force, the latest first.
    older: tuple[str, ...]
    # Versions that were never in force, or that an earlier run wanted to remove. A rollback does not use them.
    given_up: tuple[str, ...]

    def kept(self, number: int, in_use: Collection[str]) -> Versions:
        """Keep ``number`` older versions in addition to those in use, and give up the others."""
        unused = [ref for ref in self.older if ref not in in_use]
        left = tuple(ref for ref in self.older if ref not in unused[number:])
        return Versions(left, tuple(ref for ref in (*self.given_up, *unused[number:]) if ref not in in_use))


def versions(observed: Observed, current: str | None) -> Versions:
    """Return the versions other than ``current``.

    If replicas have several versions, the latest one is an attempt: a canary, a failed version that was left, or a version of
    an interrupted run. The version in force is the one of the earliest run. Ended replicas count only if none is live, because
    they may be of a version that never became ready.
    """
    # Ignore replicas that are ending, perhaps for ever (hub-behaviour.md#records-that-never-go), if there are others.
    showing = [item for item in observed.live if item.record.status != "stopping"] or observed.live
    ranked = _by_rank(showing)
    if not ranked:
        older = _on_hub(observed, _refs_by_rank(observed.replicas))
        return _beside(current, older, _on_hub(observed, _given_up(observed.replicas)))
    in_force = next((item.ref for item in reversed(ranked) if item.ref is not None), None)
    own = [item for item in ranked if item.ref == in_force]
    others = [item for item in ranked if item.ref != in_force]
    older = _on_hub(observed, (*_refs_by_rank(own), *(ref for item in others for ref in item.rollout.versions)))
    tried = (*(item.ref for item in others if item.ref is not None), *_given_up(ranked))
    return _beside(current, older, _on_hub(observed, tried))


def known(observed: Observed) -> tuple[str, ...]:
    """Return the refs of all versions on the hub that a replica of this deployment runs or names."""
    return _on_hub(observed, (*_refs_by_rank(observed.replicas), *_given_up(observed.replicas)))


def named(observed: Observed) -> frozenset[str]:
    """Return the refs of versions that live replicas of any deployment run, or may need for a rollback."""
    return frozenset(_refs_by_rank(observed.live)) | _kept_elsewhere(observed)


def retired(observed: Observed, refs: Collection[str], stopped: Collection[str], why: str) -> tuple[Action, ...]:
    """Return the actions that remove the versions ``refs``.

    A version stays if an instance that is not in ``stopped`` (ids) runs from it, or if another deployment may need it.
    """
    elsewhere = _kept_elsewhere(observed)
    doomed = [
        item for ref in refs if ref not in elsewhere for item in observed.inventory.sequences if item.is_called(ref)
    ]
    return tuple(_delete(item, why) for item in doomed if not _used(observed, item, stopped))


def spare_copies(observed: Observed, sequence: SequenceRecord, stopped: Collection[str]) -> tuple[Action, ...]:
    """Return the actions that remove unused copies of ``sequence``, which two runs at the same time may leave."""
    if not sequence.id or not sequence.digest:
        return ()
    ref = sequence.ref
    copies = [item for item in observed.inventory.sequences if item.id != sequence.id and item.is_called(ref)]
    return tuple(_delete(item, f"copy of {ref}") for item in copies if not _used(observed, item, stopped))


def _beside(current: str | None, older: Iterable[str], given_up: Iterable[str]) -> Versions:
    left = tuple(ref for ref in older if ref != current)
    return Versions(left, tuple(ref for ref in given_up if ref != current and ref not in left))


def _on_hub(observed: Observed, refs: Iterable[str]) -> tuple[str, ...]:
    sequences = observed.inventory.sequences
    return tuple(ref for ref in dict.fromkeys(refs) if any(item.is_called(ref) for item in sequences))


def _by_rank(replicas: Iterable[Replica]) -> list[Replica]:
    return sorted(replicas, key=lambda item: item.rollout.rank, reverse=True)


def _refs_by_rank(replicas: Iterable[Replica]) -> Iterator[str]:
    for replica in _by_rank(replicas):
        if replica.ref is not None:
            yield replica.ref
        yield from replica.rollout.versions


def _given_up(replicas: Iterable[Replica]) -> Iterator[str]:
    return (ref for replica in _by_rank(replicas) for ref in replica.rollout.given_up)


def _kept_elsewhere(observed: Observed) -> frozenset[str]:
    return observed.inventory.kept_to_go_back(deployment=observed.name)


def _used(observed: Observed, sequence: SequenceRecord, stopped: Collection[str]) -> bool:
    users = (item for item in observed.inventory.instances if item.live and item.sequence_id == sequence.id)
    return any(item.id not in stopped for item in users)


def _delete(sequence: SequenceRecord, why: str) -> Action:
    return Action("delete", f"sequence {sequence.ref}", why, sequence)
