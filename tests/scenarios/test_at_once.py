# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tasks at once on one hub, which has no locks: what they leave is what one of them alone would."""

from __future__ import annotations

import pathlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Callable, TypeVar

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, keep_ended, run_task

T = TypeVar("T")
# A 0.18 hub does not tell who has ended a replica: on a busy machine another task's next step takes a while.
PATIENT = replace(HASTY, others_show=10.0)
# No task waits for another one, however busy the machine is.
QUICK: dict[str, Any] = {"stable_for": 0, "stop_timeout": 0, "request_timeout": 60.0, "timings": PATIENT}
# Where a 0.18 hub never answers a start whose package is removed (hub-behaviour.md#sequences).
UNANSWERED: dict[str, Any] = {"request_timeout": 5.0, "timings": replace(PATIENT, start_hold=0.0)}


def versions(directory: pathlib.Path, number: int) -> list[str]:
    """Return the directories of so many versions of the probe package."""
    made = []
    for at in range(number):
        path = pathlib.Path(shutil.copytree(PACKAGES / "probe", directory / str(at)))
        with (path / "index.js").open("a") as main:
            main.write(f"// {at}\n")
        made.append(str(path))
    return made


def at_once(*tasks: Callable[[], T]) -> list[T]:
    """Run tasks at the same time, and return their results."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [begun.result() for begun in [pool.submit(task) for task in tasks]]


def test_twenty_uploads_of_one_package_leave_one_sequence(hub: FakeHub) -> None:
    package = str(PACKAGES / "probe")
    results = at_once(*[lambda: run_task("sth_sequence", hub, src=package)] * 20)
    assert not [result for result in results if result.get("failed")]
    assert len(hub.sequences) == 1
    assert len({result["sequence"]["ref"] for result in results}) == 1
    assert not run_task("sth_sequence", hub, src=package)["changed"]


def test_twenty_starts_of_one_name_leave_one_process(hub: FakeHub) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    wish: dict[str, Any] = {"name": "web", "sequence": "probe", "app_config": {"x": 1}, **QUICK}
    results = at_once(*[lambda: run_task("sth_instance", hub, **wish)] * 20)
    assert not [result for result in results if result.get("failed")]
    assert hub.runners == 1
    assert not run_task("sth_instance", hub, **wish)["changed"]


def test_six_tasks_that_deploy_different_versions_at_once_leave_one_version(
    hub: FakeHub, tmp_path: pathlib.Path
) -> None:
    keep_ended(hub)
    packages = versions(tmp_path, 7)

    deploy = partial(run_task, "sth_deployment", hub, name="web", replicas=2, **QUICK)
    assert not deploy(src=packages.pop()).get("failed")
    results = at_once(*(partial(deploy, src=package) for package in packages))
    assert {result.get("error_code") for result in results} <= {None, "CONFLICT"}, results
    live = run_task("sth_instance_info", hub, status=["starting", "running", "stopping"])["instances"]
    assert [item["name"] for item in live] == ["web-0", "web-1"]
    assert hub.runners == 2
    (ref,) = {item["sequence"]["ref"] for item in live}
    # It is the version of one of the tasks, which changes nothing when it is run again.
    alone = [deploy(src=package, check=True) for package in packages]
    assert [check["deployment"]["ref"] for check in alone if not check["changed"]] == [ref]


@pytest.mark.parametrize("ended_before", [False, True], ids=["fresh", "ended before"])
def test_a_removal_beside_starts_never_removes_the_package_of_a_running_instance(
    hub: FakeHub, ended_before: bool
) -> None:
    if ended_before and not hub.state.is_1x:
        pytest.skip("a 0.18 hub keeps no record of what has ended")
    # On 0.18, what was started from a removed package never answers, and each look at it waits.
    for turn in range(5 if hub.state.is_1x else 1):
        run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
        # As long as it takes a hub to remove a package, as with the default.
        start: dict[str, Any] = {"sequence": "probe", **QUICK, **UNANSWERED, "stable_for": 0.3}
        if ended_before:
            # With such a record, a 1.x hub would delete a package under what runs (hub-behaviour.md#delete-orphans-a-running-instance).
            run_task("sth_instance", hub, name=f"old-{turn}", **start)
            run_task("sth_instance", hub, name=f"old-{turn}", state="stopped", stop_timeout=0)
        results = at_once(
            *(partial(run_task, "sth_instance", hub, name=f"web-{turn}-{at}", **start) for at in range(3)),
            partial(run_task, "sth_sequence", hub, name="probe", state="absent", in_use="fail"),
        )
        *starts, removal = results
        stored = {item["id"] for item in hub.sequences}
        with hub.state.lock:
            hub.state.advance()
            alive = [item for item in hub.state.runners if item.process_alive]
        assert all(item.sequence.id in stored for item in alive), results
        assert removal.get("error_code") in (None, "CONFLICT"), removal
        codes = {result.get("error_code") for result in starts}
        assert codes <= {None, "NOT_FOUND", "START_FAILED", "CONFLICT"}, starts
        for at in range(3):
            run_task("sth_instance", hub, name=f"web-{turn}-{at}", state="stopped", stop_timeout=0)
