# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares the time of one task, in a play and in a loop, with well-known tasks."""

from __future__ import annotations

import pathlib
import statistics
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.scramjet.sth.tests.benchmark.measuring import (
    milliseconds,
    play_of,
    seconds_of,
    table,
    times,
)
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

# Of tasks that take a few milliseconds there must be more, and more turns, for their cost to stand out.
QUICK, SLOW = 100, 20
QUICK_TURNS, SLOW_TURNS = 9, 3


def run(directory: pathlib.Path) -> None:
    """Print the table."""
    with FakeHub() as hub:
        info: dict[str, Any] = {"scramjet.sth.sth_sequence_info": {}}
        tasks: dict[str, dict[str, Any]] = {
            "`debug`": {"ansible.builtin.debug": {"msg": "x"}},
            "`sth_sequence_info`, in-process": {**info, "vars": {"sth_entrance": "in_process"}},
            "`sth_sequence_info`, as a module": {**info, "vars": {"sth_entrance": "module"}},
            "`ping`": {"ansible.builtin.ping": {}},
            "`uri`, the same endpoint": {"ansible.builtin.uri": {"url": f"{hub.api_url}/sequences"}},
        }
        costs = _costs(directory, hub.api_url, tasks)
    debug, uri = costs["`debug`"], costs["`uri`, the same endpoint"]
    for at, where in enumerate(
        ("A play of 20 tasks, start of ansible-playbook included", "One more task in a play", "One more item in a loop")
    ):
        table(
            where,
            ["task", "time", "to `debug`", "`uri` to it"],
            [
                [name, milliseconds(cost[at]), times(cost[at], debug[at]), times(uri[at], cost[at])]
                for name, cost in costs.items()
            ],
        )


def _costs(
    directory: pathlib.Path, api_url: str, tasks: Mapping[str, dict[str, Any]]
) -> dict[str, tuple[float, float, float]]:
    """Return the seconds of each task in a play of twenty, of one more in a play, and of one more in a loop."""
    counts = {name: QUICK if name.endswith(("`debug`", "in-process")) else SLOW for name in tasks}
    plays: dict[tuple[str, str], tuple[Callable[[], str], list[float]]] = {}
    for name, task in tasks.items():
        more = counts[name] + 1
        # The first task of a kind loads its plugin, and a play without tasks takes its time too.
        kinds = {
            "one": [task],
            "whole": [task] * SLOW,
            "many": [task] * more,
            "looped": [{**task, "loop": [*range(more)]}],
        }
        for kind, listed in kinds.items():
            plays[name, kind] = (play_of(directory, listed, {"sth_api_url": api_url}), [])
    # In turns, so that what else the machine does meanwhile falls on all of them.
    for turn in range(QUICK_TURNS):
        for (name, _kind), (run_it, taken) in plays.items():
            if turn < SLOW_TURNS or counts[name] == QUICK:
                taken.append(seconds_of(run_it))

    def seconds(name: str, kind: str) -> float:
        return statistics.median(plays[name, kind][1])

    return {
        name: (
            seconds(name, "whole"),
            (seconds(name, "many") - seconds(name, "one")) / counts[name],
            (seconds(name, "looped") - seconds(name, "one")) / counts[name],
        )
        for name in tasks
    }
