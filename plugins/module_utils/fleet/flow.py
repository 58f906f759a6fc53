# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The largest flow through a network, by the method of Edmonds and Karp. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping

# For each node, and each next node, how much can still flow from the first to the second.
Network = dict[Hashable, dict[Hashable, int]]


def largest_flow(capacities: Mapping[Hashable, Mapping[Hashable, int]], source: Hashable, sink: Hashable) -> Network:
    """Return how much flows from each node to each next node. Equal input gives equal output."""
    left: Network = {}
    for start, ends in capacities.items():
        for end, most in ends.items():
            left.setdefault(start, {})[end] = most
            left.setdefault(end, {}).setdefault(start, 0)
    while True:
        path = _shortest_path(left, source, sink)
        if not path:
            break
        most = min(left[start][end] for start, end in path)
        for start, end in path:
            left[start][end] -= most
            left[end][start] += most
    return {start: {end: most - left[start][end] for end, most in ends.items()} for start, ends in capacities.items()}


def _shortest_path(left: Network, source: Hashable, sink: Hashable) -> list[tuple[Hashable, Hashable]]:
    came_from: dict[Hashable, Hashable | None] = {source: None}
    waiting = deque([source])
    while waiting and sink not in came_from:
        node = waiting.popleft()
        for end, most in left.get(node, {}).items():
            if most > 0 and end not in came_from:
                came_from[end] = node
                waiting.append(end)
    path: list[tuple[Hashable, Hashable]] = []
    node = sink if sink in came_from else source
    while node != source:
        start = came_from[node]
        path.append((start, node))
        node = start
    return path
