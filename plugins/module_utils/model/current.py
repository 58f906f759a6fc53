# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the current version of a package, to which ``name@current`` refers. Pure.

Hubs report no upload times. So the version in force in a deployment counts, else the highest version number. If several
sequences have that number, the one from which an instance was started last counts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout

_SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?\Z")
_Precedence = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


def current_sequences(name: str, inventory: Inventory) -> list[SequenceRecord]:
    """Return the current version of the package ``name``, with copies; or of the deployment ``name``, if there is no such package.

    If several deployments run the package, the version in the deployment ``name`` counts. Returns several versions if neither a
    deployment nor the version numbers decide.
    """
    named = [item for item in inventory.sequences if item.name == name]
    deployed = _of_deployments(inventory, {item.id for item in named} if named else None)
    if name in deployed:
        chosen = [deployed[name]]
    elif named and deployed:
        chosen = list(deployed.values())
    else:
        chosen = _newest(named, inventory.instances)
    refs = {item.digest or item.id for item in chosen}
    return [item for item in inventory.sequences if (item.digest or item.id) in refs]


def is_older(version: str, than: str) -> bool:
    """Whether a version is lower than another; False if one of them is not a semantic version."""
    one, two = precedence(version), precedence(than)
    return one is not None and two is not None and one < two


def precedence(version: str) -> _Precedence | None:
    """Return a sort key for a semantic version, without its build metadata; None for any other text."""
    match = _SEMVER.match(version)
    if not match:
        return None
    numbers = tuple(int(part) for part in match.groups()[:3])
    early = match.group(4)
    # A number comes before a text, and 1.0.0-rc.1 before 1.0.0.
    parts = tuple(
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in (early.split(".") if early else ())
    )
    return (numbers, early is None, parts)


def _of_deployments(inventory: Inventory, wanted: set[str] | None) -> dict[str, SequenceRecord]:
    """Return the version in force in each deployment: the one that the earliest run among its live replicas started.

    ``wanted``: ids of the sequences to consider; None for all. Later runs are attempts, such as a canary (`deployment.versions`).
    """
    running: dict[str, list[tuple[Rollout, SequenceRecord]]] = defaultdict(list)
    for item in inventory.instances:
        mark, sequence = item.mark, inventory.sequence(item.sequence_id)
        if not item.live or item.status == "stopping" or sequence is None or mark is None or mark.deployment is None:
            continue
        if wanted is None or sequence.id in wanted:
            running[mark.deployment].append((mark.rollout or Rollout(), sequence))
    return {name: min(found, key=lambda pair: pair[0].rank)[1] for name, found in running.items()}


def _newest(sequences: Sequence[SequenceRecord], instances: Iterable[InstanceRecord]) -> list[SequenceRecord]:
    """Return the sequences of the highest version; of several, the one from which an instance was started last."""
    ranked = [(precedence(item.version or "0.0.0"), item) for item in sequences]
    known = [rank for rank, _item in ranked if rank is not None]
    if not ranked or len(known) < len(ranked):
        return list(sequences)
    highest = {item.id: item for rank, item in ranked if rank == max(known)}
    users = [item for item in instances if item.sequence_id in highest and item.created]
    last = max(users, key=lambda item: item.created or "", default=None)
    return [highest[last.sequence_id]] if last else list(highest.values())
