# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that do not answer a stop: the requests that end them, and the failure if none does."""

from __future__ import annotations

import json
import pathlib
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.faults import from_gateway
from ansible_collections.scramjet.sth.tests.unit import running
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, FourTimes, planned

# Ample for the hub below, and waited for in vain where nothing ends the program.
TIMINGS = replace(HASTY, end_grace=0.3, keepalive_cap=1.0, kill_grace=2.0, stop_grace=2.0, force_hold=2.0)


def run_task(module: str, hub: FakeHub, **options: Any) -> dict[str, Any]:
    return running.run_task(module, hub, timings=TIMINGS, **options)


def four_times(module: str, hub: FakeHub, **options: Any) -> FourTimes:
    return running.four_times(module, hub, timings=TIMINGS, **options)


@pytest.fixture(autouse=True)
def soon(hub: FakeHub) -> None:
    """Let the hub end a program that does not answer soon after a kill."""
    hub.state.timings = replace(hub.state.timings, overdue_018=0.2, overdue_1x=0.2)


@pytest.fixture
def hanging(hub: FakeHub) -> FakeHub:
    """A hub with an instance ``web`` that does not answer any more."""
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    start(hub, "web", behaviour="hang", seconds=0)
    return hub


def start(hub: FakeHub, name: str, **config: Any) -> dict[str, Any]:
    result = run_task("sth_instance", hub, name=name, sequence="probe", stable_for=0, app_config=config)
    assert not result.get("failed"), result
    return result


def asked(hub: FakeHub, what: str) -> int:
    return sum(item.path.endswith(what) for item in hub.requests)


def forced(hub: FakeHub) -> int:
    return sum("x-seq-kill-inst" in item.headers for item in hub.requests)


def test_stop_timeout_0_kills_a_blocked_program(hanging: FakeHub) -> None:
    times = four_times("sth_instance", hanging, name="web", state="stopped", stop_timeout=0)
    assert times.real["changed"]
    assert hanging.runners == 0
    if hanging.state.is_1x:
        assert times.real["instance"]["outcome"] == "killed"


@pytest.mark.slow
def test_a_stop_of_a_blocked_program_fails_and_says_what_to_do(hanging: FakeHub) -> None:
    result = run_task("sth_instance", hanging, name="web", state="stopped", stop_timeout=0.1)
    if not hanging.state.is_1x:
        assert not result.get("failed"), result
        assert hanging.runners == 0
        return
    assert result["error_code"] == "TIMEOUT"
    assert "does not answer" in result["msg"]
    assert "in_use: stop" in result["msg"]
    assert "end process 4711 on the hub's machine" in result["msg"]
    assert hanging.runners == 1
    assert len(hanging.sequences) == 1
    assert forced(hanging) == 0


@pytest.mark.slow
def test_removing_its_package_ends_a_blocked_program(hanging: FakeHub) -> None:
    start(hanging, "fine")
    times = four_times("sth_sequence", hanging, name="probe", state="absent", in_use="stop", stop_timeout=0.1)
    assert not times.real.get("failed"), times.real
    assert [action for action, _object in planned(times.real)] == ["stop", "stop", "delete"]
    assert all(item["done"] for item in times.real["actions"])
    assert hanging.runners == 0
    assert hanging.sequences == []
    assert forced(hanging) == hanging.state.is_1x


@pytest.mark.slow
def test_a_second_run_ends_a_blocked_program(hanging: FakeHub) -> None:
    run_task("sth_instance", hanging, name="web", state="stopped", stop_timeout=0.1)
    removed = run_task("sth_sequence", hanging, name="probe", state="absent", in_use="stop", stop_timeout=0.1)
    assert not removed.get("failed"), removed
    assert hanging.runners == 0


@pytest.mark.slow
def test_a_new_version_replaces_a_blocked_program(hanging: FakeHub, tmp_path: pathlib.Path) -> None:
    package = tmp_path / "probe"
    package.mkdir()
    manifest = json.loads((PACKAGES / "probe" / "package.json").read_text())
    (package / "package.json").write_text(json.dumps({**manifest, "version": "9.9.9"}))
    (package / "index.js").write_text("module.exports = () => 1;")
    replaced = run_task("sth_sequence", hanging, src=str(package), in_use="stop", stop_timeout=0.1)
    assert not replaced.get("failed"), replaced
    assert hanging.runners == 0
    assert [item["config"]["version"].partition("+")[0] for item in hanging.sequences] == ["9.9.9"]


@pytest.mark.slow
def test_the_advice_for_a_blocked_program_omits_what_was_tried(hanging: FakeHub) -> None:
    if not hanging.state.is_1x:
        pytest.skip("a 0.18 hub ends it")
    hanging.fault(Fault("hang", method="DELETE", path="/sequence/"))
    result = run_task(
        "sth_sequence", hanging, name="probe", state="absent", in_use="stop", stop_timeout=0.1, request_timeout=1.0
    )
    assert result["error_code"] == "TIMEOUT", result
    assert result["changed"]
    assert "neither has ended it" in result["msg"]
    assert "process 4711" in result["msg"]
    assert "in_use" not in result["msg"]


@pytest.mark.slow
def test_a_gateway_that_gives_up_during_a_forced_removal_does_no_harm(hanging: FakeHub) -> None:
    if not hanging.state.is_1x:
        pytest.skip("a 0.18 hub ends it without that")
    hanging.fault(from_gateway(504, "DELETE", "/sequence/", handled=True))
    times = four_times("sth_sequence", hanging, name="probe", state="absent", in_use="stop", stop_timeout=0.1)
    assert not times.real.get("failed"), times.real
    assert (hanging.runners, hanging.sequences, forced(hanging)) == (0, [], 1)


@pytest.mark.slow
def test_the_failure_of_a_kill_names_the_process(hanging: FakeHub) -> None:
    never = 1000.0
    hanging.state.timings = replace(hanging.state.timings, overdue_018=never, overdue_1x=never)
    result = run_task("sth_instance", hanging, name="web", state="stopped", stop_timeout=0)
    assert (result["error_code"], result["changed"]) == ("TIMEOUT", True), result
    assert (
        "end process 4711 on the hub's machine with kill -9. If the process is gone, restart the hub, because"
        in result["msg"]
    )


@pytest.mark.slow
def test_an_instance_that_never_got_ready_is_killed_without_a_stop(hub: FakeHub) -> None:
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    result = run_task(
        "sth_instance",
        hub,
        name="web",
        sequence="probe",
        app_config={"behaviour": "hang", "seconds": 0},
        wait_for="event",
        ready_event="ready",
        wait_timeout=0.5,
        start_attempts=2,
        stop_timeout=0.1,
    )
    assert (result["error_code"], "has not emitted 'ready'" in result["msg"]) == ("TIMEOUT", True), result
    # The first was ended, the second is left as it is.
    assert hub.runners == 1
    assert asked(hub, "/_stop") == (0 if hub.state.is_1x else 1)


@pytest.mark.slow
@pytest.mark.parametrize("can_keepalive", [True, False])
def test_a_program_in_python_that_asks_for_more_time_ends(
    hub: FakeHub, tmp_path: pathlib.Path, can_keepalive: bool
) -> None:
    manifest = {"name": "probe", "version": "1.0.0", "main": "main.py", "engines": {"python3": "3.x"}}
    (tmp_path / "package.json").write_text(json.dumps(manifest))
    (tmp_path / "main.py").write_text("async def run(context, input):\n    pass\n")
    assert run_task("sth_sequence", hub, src=str(tmp_path))["changed"]
    start(hub, "web", stopHandler="keepAlive")
    times = four_times("sth_instance", hub, name="web", state="stopped", stop_timeout=0.1, can_keepalive=can_keepalive)
    assert not times.real.get("failed"), times.real
    assert hub.runners == 0


@pytest.mark.slow
def test_a_replica_that_never_got_ready_is_killed_without_a_stop(hub: FakeHub) -> None:
    result = run_task(
        "sth_deployment",
        hub,
        name="shop",
        src=str(PACKAGES / "probe"),
        replicas=1,
        app_config={"behaviour": "hang", "seconds": 0},
        wait_for="event",
        ready_event="ready",
        wait_timeout=0.5,
        stop_timeout=0.1,
    )
    assert result.get("failed"), result
    assert hub.runners == 0
    assert asked(hub, "/_stop") == (0 if hub.state.is_1x else 1)
