# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of a deployment there are, in which order, and which may go. Pure.

A hub has no upload times: the order is in the marks of the replicas (interface.md section 9, ``keep_versions``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ansible_collections.scramjet.sth.plugins.module_utils.deployment_replicas import Observed, Replica
from ansible_collections.scramjet.sth.plugins.module_utils.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.models import SequenceRecord


def history(observed: Observed, current: str | None) -> tuple[str, ...]:
    """Return the refs of the older versions that are on the hub, the latest first; ``current`` is none of them.

    Ended replicas speak only where none is live: one may be what is left of a version that never became ready.
    """
    return _on_hub(observed, observed.live or observed.replicas, current)


def known(observed: Observed) -> tuple[str, ...]:
    """Return the refs of all versions on the hub of which any replica says that they are the deployment's."""
    return _on_hub(observed, observed.replicas, None)


def retired(observed: Observed, refs: Collection[str], stopped: Collection[str], why: str) -> tuple[Action, ...]:
    """Return what removes the versions ``refs``, except those from which something runs that is not ``stopped`` (ids)."""
    doomed = [item for ref in refs for item in observed.inventory.sequences if item.ref == ref]
    return tuple(_delete(item, why) for item in doomed if not _used(observed, item, stopped))


def spare_copies(observed: Observed, sequence: SequenceRecord, stopped: Collection[str]) -> tuple[Action, ...]:
    """Return what removes unused copies of ``sequence``, such as two runs at once leave."""
    if not sequence.id or not sequence.digest:
        return ()
    copies = [item for item in observed.inventory.sequences if item.ref == sequence.ref and item.id != sequence.id]
    return tuple(_delete(item, f"copy of {sequence.ref}") for item in copies if not _used(observed, item, stopped))


def _on_hub(observed: Observed, replicas: Iterable[Replica], current: str | None) -> tuple[str, ...]:
    on_hub = {item.ref for item in observed.inventory.sequences}
    return tuple(dict.fromkeys(ref for ref in _refs(replicas) if ref in on_hub and ref != current))


def _refs(replicas: Iterable[Replica]) -> Iterator[str]:
    for replica in sorted(replicas, key=lambda item: item.rollout.rank, reverse=True):
        if replica.ref is not None:
            yield replica.ref
        yield from replica.rollout.versions


def _used(observed: Observed, sequence: SequenceRecord, stopped: Collection[str]) -> bool:
    users = (item for item in observed.inventory.instances if item.live and item.sequence_id == sequence.id)
    return any(item.id not in stopped for item in users)


def _delete(sequence: SequenceRecord, why: str) -> Action:
    return Action("delete", f"sequence {sequence.ref}", why, sequence)
