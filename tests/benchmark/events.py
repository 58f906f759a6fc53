# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures the time from an event of a program to the next task of the play."""

from __future__ import annotations

import pathlib
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.benchmark.measuring import milliseconds, play_of, table, times
from ansible_collections.scramjet.sth.tests.benchmark.one_task import run_task
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
# An event may fall into any moment of a loop's turn: so many of them, evenly spread, from so many seconds after the start of
# the play on.
MOMENTS, FIRST = 8, 3.0
# A question is given up after a second; so long takes the start of a module.
GIVEN_UP_AFTER, STARTED_IN = 1, 0.3


def run(directory: pathlib.Path) -> None:
    """Print the table."""
    with FakeHub(generation="1.x") as hub:
        run_task("sth_sequence", {"api_url": hub.api_url, "src": PROBE})
        # What waits, and how long a turn of it takes.
        tasks: dict[str, tuple[Callable[[str], dict[str, Any]], float]] = {
            "`sth_event`": (
                lambda instance: {"scramjet.sth.sth_event": {"instance": instance, "expect": "ready"}},
                1.0,
            ),
            "`uri`, `until`, `delay: 1`": (lambda instance: _loop(hub, instance, 1), _turn(1)),
            "`uri`, `until`, `delay: 5` (the default)": (lambda instance: _loop(hub, instance, 5), _turn(5)),
        }
        found = {
            name: [_latency(directory, hub, task, FIRST + turn * moment / MOMENTS) for moment in range(MOMENTS)]
            for name, (task, turn) in tasks.items()
        }
    best = statistics.median(found["`sth_event`"])
    table(
        "From an event to the next task of the play",
        ["task", "median", "longest", "to `sth_event`"],
        [
            [
                name,
                milliseconds(statistics.median(latencies)),
                milliseconds(max(latencies)),
                times(statistics.median(latencies), best),
            ]
            for name, latencies in found.items()
        ],
    )


def _turn(delay: int) -> float:
    return GIVEN_UP_AFTER + delay + STARTED_IN


def _loop(hub: FakeHub, instance: str, delay: int) -> dict[str, Any]:
    """Ask again and again; the hub holds each question, so that it is given up."""
    return {
        "ansible.builtin.uri": {"url": f"{hub.api_url}/instance/{instance}/event/ready", "timeout": GIVEN_UP_AFTER},
        "register": "answer",
        "until": "answer.status == 200",
        "retries": 60,
        "delay": delay,
    }


def _latency(directory: pathlib.Path, hub: FakeHub, task: Any, after: float) -> float:
    client = HubClient(hub.api_url)
    (sequence,) = client.sequences()
    emits = {"behaviour": "run", "events": [{"name": "ready", "payload": "now", "after": after}]}
    emitted = time.time() + after
    instance = client.sequence(sequence.id).start(emits).id
    client.close()
    told = {"ansible.builtin.debug": {"msg": "at {{ now(utc=true).timestamp() }} exactly"}}
    written = play_of(directory, [task(instance), told], {"sth_api_url": hub.api_url})()
    found = re.search(r"at ([\d.]+) exactly", written)
    if not found:
        raise RuntimeError(written)
    return float(found.group(1)) - emitted
