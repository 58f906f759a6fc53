# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test run itself: no more tests at once than the machine can run, and one failure does not cause others."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
from types import SimpleNamespace

import pytest

from ansible_collections.scramjet.sth.tests.running.commands import (
    CommandFailedError,
    ending_processes,
    run_command,
    where,
)
from ansible_collections.scramjet.sth.tests.running.jobs import usable_cpus
from ansible_collections.scramjet.sth.tests.running.pace import VARIABLE, bound

AFFINITY = float(len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({}, AFFINITY),
        ({"cpu.max": "max 100000"}, AFFINITY),
        ({"cpu.max": "50000 100000"}, 0.5),
        ({"cpu.max": "max 100000", "a/cpu.max": "25000 100000", "a/b/cpu.max": "max 100000"}, 0.25),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, AFFINITY),
    ],
)
def test_the_number_of_jobs_follows_the_smaller_of_quota_and_affinity(
    tmp_path: pathlib.Path, files: dict[str, str], cpus: float
) -> None:
    for name, text in files.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    own = tmp_path / "own"
    own.write_text("0::/a/b\n")
    assert usable_cpus(tmp_path / "cgroup", own) == cpus


def test_time_limits_grow_with_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    idle = bound(10)
    monkeypatch.setenv(VARIABLE, "2.5")
    assert bound(10) == 2.5 * idle
    assert idle > 10


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["exit 3", "exec sleep 1000"])
def test_a_failed_or_hanging_test_leaves_no_process(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    left = tmp_path / "left"
    command = ["sh", "-c", f'sleep 1000 & echo $! > "{left}"; echo said; {ending}']
    with pytest.raises(CommandFailedError, match="said") as failure:
        run_command(command, environment=os.environ, seconds=1)
    assert ("ended with 3" if ending == "exit 3" else "had not ended after 3 s") in str(failure.value)
    assert_ended(left.read_text().strip())


def test_processes_that_a_test_has_started_are_ended() -> None:
    command = ["sh", "-c", "sleep 1000 > /dev/null & echo $!"]
    with ending_processes(os.environ) as environment:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert_ended(done.stdout.strip())


def assert_ended(pid: str) -> None:
    """Wait until a process is gone, or dead and waits for somebody to ask how it ended."""
    stat = pathlib.Path("/proc", pid, "stat")
    end = time.monotonic() + bound(10)
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in ("Z", "X"):
        assert time.monotonic() < end, "it was left"
        time.sleep(0.01)


class Worker:
    """Stands for a worker's process: keeps which tests it was given."""

    shutting_down = False
    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, tests: list[int]) -> None:
        self.given += tests


def test_every_second_worker_takes_tests_from_the_end() -> None:
    scheduling = pytest.importorskip("ansible_collections.scramjet.sth.tests.running.scheduling")
    settings = {"tx": ["3*popen"], "maxschedchunk": 1}
    scheduler = scheduling.FromBothEnds(SimpleNamespace(getvalue=settings.get, getoption=settings.get))
    workers = [Worker(), Worker(), Worker()]
    for worker in workers:
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, [f"test {number}" for number in range(40)])
    scheduler.schedule()
    for worker in workers:
        scheduler.mark_test_complete(worker, worker.given[0], 1)
    assert [worker.given for worker in workers] == [[0, 1, 4], [39, 38, 37], [2, 3, 5]]


def test_the_failing_task_is_named() -> None:
    output = "TASK [one] ***\nok: [x]\n\nTASK [two] ***\nfatal: [x]: FAILED!\n\nTASK [clean up] ***\nok: [x]\n"
    assert where(output) == " in the task 'two'"
    assert where("TASK [one] ***\nok: [x]\n\nTASK [it hangs in this] ***\n") == " in the task 'it hangs in this'"
    assert where("no playbook") == ""
