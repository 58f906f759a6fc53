# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every task ends within the bound that its options give (docs/failures.md#how-long-a-task-takes-at-most)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL, Pauses
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.faults.bounds import longest
from ansible_collections.scramjet.sth.tests.running.pace import pace
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, run_task

# What a hub that is well answers within.
SHORT = min(3.0, 0.4 * pace())
OPTIONS: dict[str, Any] = {
    "connect_timeout": SHORT,
    "request_timeout": SHORT,
    "request_retries": 1,
}
STARTING: dict[str, Any] = {
    "overload_timeout": 0.3,
    "wait_timeout": 1.0,
    "stable_for": 0.0,
    "stop_timeout": 0.1,
    "removal_timeout": 1.0,
}
TIMINGS = replace(
    HASTY,
    longest_answer=SHORT,
    single_get=SHORT,
    start_hold=SHORT,
    lost_start_shows=0.3,
    reconnect=0.0,
    silence=0.3,
    outage=0.5,
    kill_grace=0.5,
    stop_grace=0.5,
    end_grace=0.3,
    gateway_tries=Pauses(0.05, 0.1),
    busy_after_end=0.5,
    settles_within=0.5,
)
TASKS = {
    "info": ("sth_instance_info", {}, 0),
    "start": ("sth_instance", {"name": "web", "sequence": "probe", **STARTING}, 1),
    "stop": ("sth_instance", {"name": "old", "state": "stopped", **STARTING}, 1),
    "event": ("sth_event", {"instance": "old", "send": "ping", "expect": "pong", "wait_timeout": 1.0}, 0),
}
# For good, from the request on at which it begins.
FAULTS = {
    "hang": Fault("hang", times=10**6),
    "drip": Fault("drip", times=10**6),
    "reset": Fault("reset", times=10**6),
    "cut": Fault("truncate", times=10**6),
    "redirect": Fault("status", times=10**6, status=302, headers={"Location": "/api/v1/version"}),
    "gateway": Fault("status", times=10**6, status=503, body=b"<html>", headers={"Retry-After": "3600"}),
}


def seconds(task: str, fault: str, generation: str, at: int) -> tuple[float, bool]:
    """Run a task on a hub that has this fault from request number ``at`` on. Return how long it took, and whether it failed."""
    module, options, _instances = TASKS[task]
    with FakeHub(generation) as hub:
        run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
        run_task("sth_instance", hub, name="old", sequence="probe", stable_for=0)
        hub.fault(replace(FAULTS[fault], skip=at))
        begun = time.monotonic()
        result = run_task(module, hub, timings=TIMINGS, **{**OPTIONS, **options})
        return time.monotonic() - begun, bool(result.get("failed"))


@pytest.mark.parametrize("generation", ["0.18", "1.x"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_task_ends_within_its_time_limit_wherever_the_fault_begins(fault: str, generation: str) -> None:
    cases = [(task, fault, generation, at) for task in TASKS for at in range(4)]
    with ThreadPoolExecutor(8) as pool:
        took = dict(zip(cases, pool.map(lambda case: seconds(*case), cases)))
    for (task, *_rest), (spent, _failed) in took.items():
        _module, options, instances = TASKS[task]
        assert spent <= longest({**OPTIONS, **options}, TIMINGS, instances=instances), took
    assert any(failed for _spent, failed in took.values())


def test_the_formula_of_the_page_is_the_one_that_is_tested() -> None:
    # The numbers of seconds in the page are these times.
    assert (REAL.longest_answer, REAL.start_hold, REAL.force_hold, REAL.lost_start_shows) == (30, 30, 45, 15)
    assert (REAL.end_grace + REAL.kill_grace, REAL.keepalive_cap) == (33, 16)
    assert (REAL.busy_after_end, REAL.reconnect, REAL.silence, REAL.outage, REAL.single_get) == (25, 15, 10, 120, 3)
    assert REAL.settles_within + REAL.end_grace == 11
