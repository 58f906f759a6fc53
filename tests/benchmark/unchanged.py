# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures tasks that change nothing, on hubs with few and with many objects."""

from __future__ import annotations

import json
import pathlib
import statistics
import sys
import time
import uuid
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked
from ansible_collections.scramjet.sth.tests.benchmark.measuring import milliseconds, run_measured, table, times
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Call
from ansible_collections.scramjet.sth.tests.fake_hub.state import Instance, Sequence
from ansible_collections.scramjet.sth.tests.fake_hub.topics import Topic
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT

OBJECTS = (10, 1_000, 5_000, 50_000)
# Only these among the most objects, because a hub of 0.18 is asked for each instance.
AMONG_MOST = ("sth_sequence", "sth_instance", "sth_deployment")
RUNS = 3
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
# What ends so is the same module for a pool.
OF_MANY = ", a pool of 10"
TASKS: dict[str, dict[str, Any]] = {
    "sth_sequence": {"src": PROBE},
    "sth_sequence_info": {"sequence": "probe"},
    "sth_instance": {"name": "web", "sequence": "probe", "stable_for": 0},
    f"sth_instance{OF_MANY}": {"name": "pool", "count": 10, "sequence": "probe", "stable_for": 0},
    "sth_instance_info": {"instance": ["web"]},
    "sth_deployment": {"name": "api", "src": PROBE, "stable_for": 0},
    "sth_deployment_info": {"names": ["api"]},
    "sth_topic": {"name": "orders"},
    "sth_topic_info": {"name": "orders"},
    "sth_hub_info": {},
}
# 0.18 has no topics to be managed.
ONLY_1X = ("sth_topic", "sth_topic_info")


def run(directory: pathlib.Path) -> None:
    """Print the tables."""
    for generation in ("1.x", "0.18"):
        for count in OBJECTS:
            with FakeHub(generation=generation) as hub:
                tasks = {
                    name: options
                    for name, options in TASKS.items()
                    if (generation == "1.x" or name not in ONLY_1X) and (count < OBJECTS[-1] or name in AMONG_MOST)
                }
                rows = _rows(hub, tasks, generation, count, directory)
            table(
                f"Tasks that change nothing on a fake {generation} hub with {count:,} more of each kind",
                ["task", "requests", "time", "the same requests by `curl`", "and `json.loads`", "to `curl`", "to both"],
                rows,
            )


def _rows(
    hub: FakeHub, tasks: Mapping[str, dict[str, Any]], generation: str, count: int, directory: pathlib.Path
) -> list[list[str]]:
    for name, options in tasks.items():
        _seconds(hub, name, options)
    _fill(hub, count)
    rows = []
    for name, options in tasks.items():
        # On 0.18 every instance takes a request of its own, so that one run is long enough to be measured.
        runs = RUNS if generation == "1.x" else 1
        begin = len(hub.requests)
        found = [_seconds(hub, name, options) for _dummy in range(runs)]
        asked = hub.requests[begin:]
        if any(request.writes for request in asked):
            raise RuntimeError(f"{name} changed something: {asked}")
        paths = [request.path for request in asked[: len(asked) // runs]]
        seconds = statistics.median(found)
        curl = statistics.median(_curl(hub, paths, directory) for _dummy in range(runs))
        decoding = statistics.median(_decoding(hub, paths) for _dummy in range(runs))
        rows.append(
            [
                f"`{name}`".replace(f"{OF_MANY}`", f"`{OF_MANY}"),
                f"{len(paths):,}",
                milliseconds(seconds),
                milliseconds(curl),
                milliseconds(decoding),
                times(seconds, curl),
                times(seconds, curl + decoding),
            ]
        )
    return rows


def _fill(hub: FakeHub, count: int) -> None:
    """Put ``count`` more sequences, instances and topics on the hub."""
    state = hub.state
    with state.lock:
        probe = next(iter(state.sequences.values()))
        for number in range(count):
            name = f"other-{number}"
            sequence = Sequence(str(uuid.uuid4()), {**probe.config, "name": name})
            state.sequences[sequence.id] = sequence
            body = {"appConfig": marked({"number": number}, InstanceMark(name)), "args": []}
            instance = Instance(state, sequence, body, str(uuid.uuid4()))
            state.instances[instance.id] = instance
            if state.is_1x:
                state.topics[name] = Topic(name, "application/x-ndjson")


def _seconds(hub: FakeHub, name: str, options: dict[str, Any]) -> float:
    module = "ansible_collections.scramjet.sth.tests.benchmark.one_task"
    asked = json.dumps({"api_url": hub.api_url, **options})
    _whole, _peak, written = run_measured([sys.executable, "-m", module, name.removesuffix(OF_MANY), asked])
    return float(written)


def _curl(hub: FakeHub, paths: list[str], directory: pathlib.Path) -> float:
    """Ask the same, one after the other over one connection."""
    base = hub.api_url[: -len("/api/v1")]
    # More addresses than a command line may have.
    asked = directory / "curl"
    asked.write_text("".join(f'url = "{base}{path}"\noutput = /dev/null\n' for path in paths), encoding="ascii")
    return run_measured(["curl", "-sf", "-K", str(asked)])[0]


def _decoding(hub: FakeHub, paths: list[str]) -> float:
    """Decode the same answers, and return how long that takes."""
    bodies = [json.dumps(hub.answer(Call("GET", path, {}, b"")).json) for path in paths]
    begin = time.perf_counter()
    for body in bodies:
        json.loads(body)
    return time.perf_counter() - begin
