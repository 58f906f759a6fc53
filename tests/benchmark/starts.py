# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts on a real hub, beside a client that does nothing but start, with the same number at once."""

from __future__ import annotations

import json
import pathlib
import statistics
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ansible_collections.scramjet.sth.tests.benchmark.measuring import (
    milliseconds,
    real_hub,
    seconds_of,
    table,
    times,
)
from ansible_collections.scramjet.sth.tests.benchmark.one_task import run_task
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT

COUNTS = (1, 8, 16)
PARALLEL = 4
RUNS = 3
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")


def run(directory: pathlib.Path) -> None:
    """Print the table."""
    rows = []
    with real_hub(directory) as api_url:
        hub = {"api_url": api_url}
        sequence = run_task("sth_sequence", {**hub, "src": PROBE})["sequence"]
        try:
            for count in COUNTS:
                bare, ours = [], []
                for _dummy in range(RUNS):
                    bare.append(seconds_of(partial(_bare, api_url, sequence["id"], count)))
                    _end(api_url)
                    pool = {"name": "pool", "count": count, "sequence": sequence["ref"], "max_parallel": PARALLEL}
                    pool = {**hub, **pool, "app_config": {"behaviour": "run"}, "wait_for": "none"}
                    ours.append(seconds_of(partial(run_task, "sth_instance", pool)))
                    _end(api_url)
                one, other = statistics.median(bare), statistics.median(ours)
                rows.append([count, milliseconds(one), milliseconds(other), times(other, one)])
        finally:
            run_task("sth_sequence", {**hub, "name": "probe", "state": "absent", "in_use": "stop", "stop_timeout": 0})
    table(
        f"Starts on a real hub, {PARALLEL} at once",
        ["instances", "a bare client", "`sth_instance`", "ratio"],
        rows,
    )


def _bare(api_url: str, sequence_id: str, count: int) -> None:
    body = json.dumps({"appConfig": {"behaviour": "run"}, "args": []}).encode()

    def start(number: int) -> Any:
        request = urllib.request.Request(
            f"{api_url}/sequence/{sequence_id}/start", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - a hub of ours
            return json.load(answer)

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(start, range(count)))


def _end(api_url: str) -> None:
    run_task(
        "sth_instance", {"api_url": api_url, "all": True, "sequence": "probe", "state": "stopped", "stop_timeout": 0}
    )
