# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task costs, in a play and in a loop, beside tasks that everybody knows."""

from __future__ import annotations

import pathlib
from typing import Any

from ansible_collections.scramjet.sth.tests.benchmark.measuring import (
    median_of,
    milliseconds,
    play_of,
    table,
    times,
)
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

# Of tasks that take a few milliseconds there must be more, for their cost to stand out.
QUICK, SLOW = 100, 20


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
        costs = {name: _costs(directory, hub.api_url, name, task) for name, task in tasks.items()}
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


def _costs(directory: pathlib.Path, api_url: str, name: str, task: dict[str, Any]) -> tuple[float, float, float]:
    def seconds(*tasks: dict[str, Any]) -> float:
        return median_of(play_of(directory, tasks, {"sth_api_url": api_url}))

    count = QUICK if name.startswith(("`debug`", "`sth_sequence_info`, in")) else SLOW
    one = seconds(task)
    looped = seconds({**task, "loop": list(range(count + 1))})
    whole = seconds(*[task] * SLOW)
    # The first task of a kind loads its plugin, and a play without tasks takes its time too.
    many = seconds(*[task] * (count + 1))
    return whole, (many - one) / count, (looped - one) / count
