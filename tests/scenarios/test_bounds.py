# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every task ends within the bound that its options give (docs/failures.md#how-long-a-task-takes-at-most)."""

from __future__ import annotations

import pathlib
import random
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL, Pauses
from ansible_collections.scramjet.sth.tests.chaos.proxy import Proxy
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.faults.bounds import longest
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING
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
# More than a first read and a write: each step of these has a bound, and their waits.
LONG_TASKS: dict[str, tuple[str, dict[str, Any], int]] = {
    "upload": ("sth_sequence", {"src": "changed", "keep_old": True}, 1),
    "deployment": ("sth_deployment", {"name": "shop", "src": "changed", "replicas": 2, **STARTING}, 2),
    "update": ("sth_deployment", {"name": "mail", "src": "changed", **STARTING}, 4),
    "job": (
        "sth_instance",
        {
            "name": "job",
            "sequence": "probe",
            "state": "completed",
            "app_config": {"behaviour": "complete", "seconds": 0.1},
            "run_timeout": 2.0,
            "on_failure": "stop",
            **STARTING,
        },
        2,
    ),
}
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


def long_task(task: str, fault: str, generation: str, at: int, source: str) -> tuple[float, float]:
    """Run one of `LONG_TASKS` as `seconds` does. Return how long it took, and how long it may take."""
    module, options, instances = LONG_TASKS[task]
    given = {**OPTIONS, **options, **({"src": source} if "src" in options else {})}
    with FakeHub(generation) as hub:
        run_task("sth_deployment", hub, name="mail", src=str(PACKAGES / "probe"), replicas=2, stable_for=0)
        hub.fault(replace(FAULTS[fault], skip=at))
        begun = time.monotonic()
        run_task(module, hub, timings=TIMINGS, **given)
        return time.monotonic() - begun, longest(given, TIMINGS, instances=instances)


@pytest.mark.parametrize("generation", ["0.18", "1.x"])
@pytest.mark.parametrize("fault", FAULTS if EVERYTHING else ["hang"])
def test_uploads_deployments_and_jobs_end_within_their_bound_too(
    fault: str, generation: str, tmp_path: pathlib.Path
) -> None:
    source = shutil.copytree(PACKAGES / "probe", tmp_path / "changed")
    (source / "new.js").touch()
    # The longest of them has 35 requests.
    cases = [(task, at) for task in LONG_TASKS for at in range(0, 36, 1 if EVERYTHING else 7)]
    with ThreadPoolExecutor(8) as pool:
        took = dict(
            zip(cases, pool.map(lambda case: long_task(case[0], fault, generation, case[1], str(source)), cases))
        )
    assert all(spent <= most for spent, most in took.values()), took


class Choked(Proxy):
    """Reads nothing of an upload."""

    def _pass(self, client: socket.socket, kind: str, era: int) -> None:
        if not client.recv(4, socket.MSG_PEEK).startswith(b"POST"):
            return super()._pass(client, kind, era)
        while self._era == era:
            time.sleep(0.05)
        return None


def test_an_upload_that_nobody_reads_ends_within_its_bound(tmp_path: pathlib.Path) -> None:
    source = shutil.copytree(PACKAGES / "probe", tmp_path / "large")
    # More than the buffers of the connection hold.
    (source / "noise.bin").write_bytes(random.Random(17).randbytes(10_000_000))
    with FakeHub("1.x") as hub, Choked(hub.port, random.Random(17)).serving() as proxy:
        front: Any = SimpleNamespace(api_url=f"http://127.0.0.1:{proxy.port}/api/v1")
        begun = time.monotonic()
        result = run_task("sth_sequence", front, timings=TIMINGS, src=str(source), **OPTIONS)
        spent = time.monotonic() - begun
        assert result["error_code"] == "TIMEOUT", result
        assert not hub.sequences
    assert spent <= longest({**OPTIONS, "removal_timeout": 0}, TIMINGS)


def test_the_formula_of_the_page_is_the_one_that_is_tested() -> None:
    # The numbers of seconds in the page are these times.
    assert (REAL.longest_answer, REAL.start_hold, REAL.force_hold, REAL.lost_start_shows) == (30, 30, 45, 15)
    assert (REAL.end_grace + REAL.kill_grace, REAL.keepalive_cap) == (33, 16)
    assert (REAL.busy_after_end, REAL.reconnect, REAL.silence, REAL.outage, REAL.single_get) == (25, 15, 10, 120, 3)
    assert REAL.settles_within + REAL.end_grace == 11
