# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares starts on a real hub with those of a client that only starts, with the same number at once."""

from __future__ import annotations

import json
import pathlib
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import end_instances
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import Ending
from ansible_collections.scramjet.sth.tests.benchmark.measuring import (
    milliseconds,
    real_hub,
    seconds_of,
    table,
    times,
)
from ansible_collections.scramjet.sth.tests.benchmark.one_task import run_task
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT
from ansible_collections.scramjet.sth.tests.running.background import in_background

COUNTS = (1, 8, 16)
PARALLEL = 4
REPLICAS = 50
BOUNDS = (4, 50)
RUNS = 3
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
RUNNING = {"behaviour": "run"}


def run(directory: pathlib.Path) -> None:
    """Print the tables."""
    with real_hub(directory) as api_url:
        sequence = run_task("sth_sequence", {"api_url": api_url, "src": PROBE})["sequence"]
        try:
            _pools(api_url, sequence)
            _deployments(api_url, sequence)
        finally:
            run_task(
                "sth_sequence",
                {"api_url": api_url, "name": "probe", "state": "absent", "in_use": "stop", "stop_timeout": 0},
            )


def _pools(api_url: str, sequence: Mapping[str, Any]) -> None:
    rows = []
    for count in COUNTS:
        pool = {"name": "pool", "count": count, "sequence": sequence["ref"], "max_parallel": PARALLEL}
        pool = {"api_url": api_url, **pool, "app_config": RUNNING, "wait_for": "none"}
        bare, ours = _in_turns(
            api_url,
            partial(_start_all, api_url, sequence["id"], count, PARALLEL),
            partial(run_task, "sth_instance", pool),
        )
        rows.append([count, milliseconds(bare), milliseconds(ours), times(ours, bare)])
    table(
        f"Starts on a real hub, {PARALLEL} at once",
        ["instances", "a bare client", "`sth_instance`", "ratio"],
        rows,
    )


def _deployments(api_url: str, sequence: Mapping[str, Any]) -> None:
    table(
        f"{REPLICAS} replicas on a real hub, until all run",
        [
            "at once",
            "a bare client",
            "`sth_deployment`",
            "ratio",
            "the hub's slowest answer, bare",
            "with `sth_deployment`",
        ],
        [_deployment(api_url, sequence, bound) for bound in BOUNDS],
    )


def _deployment(api_url: str, sequence: Mapping[str, Any], bound: int) -> list[object]:
    longest = {"bare": 0.0, "ours": 0.0}
    replicas = {"name": "many", "replicas": REPLICAS, "sequence": sequence["ref"], "max_parallel": bound}
    replicas = {"api_url": api_url, **replicas, "app_config": RUNNING, "stable_for": 0}

    def bare() -> None:
        with _longest_answer(api_url, longest, "bare"):
            _start_all(api_url, sequence["id"], REPLICAS, bound)
            _wait_for(api_url, REPLICAS)

    def ours() -> None:
        with _longest_answer(api_url, longest, "ours"):
            run_task("sth_deployment", replicas)

    one, other = _in_turns(api_url, bare, ours)
    answers = [milliseconds(longest["bare"]), milliseconds(longest["ours"])]
    return [bound, milliseconds(one), milliseconds(other), times(other, one), *answers]


def _in_turns(api_url: str, bare: Callable[[], object], ours: Callable[[], object]) -> tuple[float, float]:
    """Return the median seconds of both, measured in turns."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _dummy in range(RUNS):
        for action, taken in zip((bare, ours), seconds):
            taken.append(seconds_of(action))
            _end_all(api_url)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def _start_all(api_url: str, sequence_id: str, count: int, parallel: int) -> None:
    body = json.dumps({"appConfig": RUNNING, "args": []}).encode()

    def start(number: int) -> Any:
        request = urllib.request.Request(
            f"{api_url}/sequence/{sequence_id}/start", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - a hub of ours
            return json.load(answer)

    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(start, range(count)))


def _wait_for(api_url: str, count: int) -> None:
    """Wait until so many run; a 0.18 hub lists nothing before its program runs."""
    while True:
        listed = _get(api_url, "instances")
        if sum(item.get("status", "running") == "running" for item in listed) >= count:
            return
        time.sleep(0.01)


def _end_all(api_url: str) -> None:
    hub = HubClient(api_url)
    end_instances(hub, [item.id for item in hub.instances() if item.live], Ending(stop_timeout=0))


@contextmanager
def _longest_answer(api_url: str, longest: dict[str, float], whose: str) -> Iterator[None]:
    """Ask the hub all the time, and keep the longest that it took to answer."""

    def ask(over: threading.Event) -> None:
        while not over.wait(0.03):
            longest[whose] = max(longest[whose], seconds_of(partial(_get, api_url, "version")))

    with in_background(ask):
        yield


def _get(api_url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{api_url}/{path}", timeout=60) as answer:  # noqa: S310 - a hub of ours
        return json.load(answer)
