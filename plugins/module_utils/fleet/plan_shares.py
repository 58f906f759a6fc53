# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which replicas of a deployment run on which hub. Pure.

Source: many-hubs.md#spread.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.flow import Network, largest_flow

Spread = Literal["even", "weighted", "by_load"]
# Nodes of the network in `_kept`. Its other nodes are the names of hubs, and groups of indexes that run on the same hubs.
_SOURCE, _SINK, _ONE_MORE = ("source",), ("sink",), ("one more",)


@dataclass(frozen=True)
class Member:
    """A hub that can be reached. ``held``: the indexes of the replicas that run there.

    ``weight``: with ``weighted``, the hub's part of the sum; with ``by_load``, its free memory; not used with ``even``.
    """

    name: str
    held: frozenset[int] = frozenset()
    weight: float = 1


def plan_shares(members: Sequence[Member], total: int, spread: Spread) -> dict[str, tuple[int, ...]]:
    """Return for each hub which of the indexes from 0 to ``total`` - 1 run there. As many as possible stay where they are.

    Raises ``INVALID_OPTION`` (``weighted``) or ``INSUFFICIENT_RESOURCES`` (``by_load``) if no hub can have a replica.
    """
    weights = {item.name: Fraction(1 if spread == "even" else item.weight) for item in members}
    if total and spread != "by_load" and not any(weights.values()):
        raise SthError(
            "INVALID_OPTION",
            "No hub of the fleet can have a replica: with spread: weighted, set deployment_weight to more than 0 on one of them.",
        )
    places = {item.name: frozenset(index for index in item.held if index < total) for item in members}
    if spread == "by_load":
        # Everything that runs stays. Only an index that runs on several hubs stays on just one of them.
        kept = _kept(places, dict.fromkeys(places, total), (), 0)
        sizes = _by_load(weights, {name: len(found) for name, found in kept.items()}, total)
    else:
        whole = sum(weights.values())
        exact = (
            {name: total * weight / whole for name, weight in weights.items()}
            if total
            else dict.fromkeys(places, Fraction(0))
        )
        least = {name: int(part) for name, part in exact.items()}
        rounded = [name for name, part in exact.items() if part != least[name]]
        more = total - sum(least.values())
        kept = _kept(places, least, rounded, more)
        # Round up first the hubs that keep one replica more than ``least``, then those with the largest remainders.
        chosen = [name for name in rounded if len(kept[name]) > least[name]]
        near = sorted((name for name in rounded if name not in chosen), key=lambda name: least[name] - exact[name])
        chosen += near[: more - len(chosen)]
        sizes = {name: number + (name in chosen) for name, number in least.items()}
    return _filled(kept, sizes, total)


def _by_load(free: Mapping[str, Fraction], kept: Mapping[str, int], total: int) -> dict[str, int]:
    """Return how many replicas each hub has. Each new one goes to the hub with the most free memory per new replica, this one included."""
    sizes = dict(kept)
    if total > sum(kept.values()) and not any(free.values()):
        raise SthError(
            "INSUFFICIENT_RESOURCES",
            "No hub of the fleet has free memory for one more replica: free some, add a hub, or use spread: even, which ignores memory.",
        )
    ranks = [(-weight, order, 1, name) for order, (name, weight) in enumerate(free.items())]
    heapq.heapify(ranks)
    for _new in range(total - sum(kept.values())):
        _rank, order, number, name = ranks[0]
        sizes[name] += 1
        heapq.heapreplace(ranks, (-free[name] / (number + 1), order, number + 1, name))
    return sizes


def _kept(
    places: Mapping[str, Collection[int]], least: Mapping[str, int], rounded: Collection[str], more: int
) -> dict[str, list[int]]:
    """Return which replicas stay where they are: as many as possible, each index once.

    A hub can keep ``least`` of them. ``more`` of the hubs in ``rounded`` can keep one more.
    """
    names: dict[int, list[str]] = {}
    for name, held in places.items():
        for index in held:
            names.setdefault(index, []).append(name)
    # Group the indexes by the hubs that they run on. An index that runs on several hubs can stay on any one of them.
    alike: dict[tuple[str, ...], list[int]] = {}
    for index, found in sorted(names.items()):
        alike.setdefault(tuple(found), []).append(index)
    network: Network = {_SOURCE: {}, _ONE_MORE: {_SINK: more}}
    for holders, indexes in alike.items():
        node = ("indexes", holders)
        network[_SOURCE][node] = len(indexes)
        network[node] = dict.fromkeys(holders, len(indexes))
    for name, number in least.items():
        network[name] = {_SINK: number, **({_ONE_MORE: 1} if name in rounded else {})}
    flow = largest_flow(network, _SOURCE, _SINK)
    kept: dict[str, list[int]] = {name: [] for name in places}
    for holders, indexes in alike.items():
        left = list(reversed(indexes))
        for name in holders:
            kept[name] += [left.pop() for _each in range(flow["indexes", holders][name])]
    return kept


def _filled(kept: Mapping[str, Sequence[int]], sizes: Mapping[str, int], total: int) -> dict[str, tuple[int, ...]]:
    """Give each hub the further indexes that it lacks, in order, so that consecutive indexes go to the same hub."""
    gone: set[int] = set().union(*kept.values())
    free = iter(index for index in range(total) if index not in gone)
    return {
        name: tuple(sorted([*kept[name], *(next(free) for _each in range(number - len(kept[name])))]))
        for name, number in sizes.items()
    }
