# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say how instances are ended, in every module that has them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task


@pytest.mark.parametrize("name", ["stop_timeout", "removal_timeout"])
@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("sth_instance", {"name": "web", "sequence": "probe"}),
        ("sth_sequence", {"src": str(PACKAGES / "probe")}),
        ("sth_deployment", {"name": "web", "src": str(PACKAGES / "probe")}),
    ],
)
def test_a_negative_time_is_refused_before_anything_is_written(
    hub: FakeHub, module: str, options: dict[str, Any], name: str
) -> None:
    result = run_task(module, hub, **{**options, name: -1.0})
    assert result["error_code"] == "INVALID_OPTION"
    assert name in result["msg"]
    assert not hub.writes


@pytest.mark.parametrize(("hub", "order"), [("0.18", "_stop"), ("0.18", "_kill")], indirect=["hub"])
def test_a_stop_that_takes_effect_despite_an_error_answer_succeeds(hub: FakeHub, instance: str, order: str) -> None:
    # A hub that reports no status would list it in between as if it stayed.
    hub.fault(Fault("status", path=f"{instance}/{order}", handled=True))
    options: dict[str, Any] = {"stop_timeout": 0.3 if order == "_stop" else 0.0, "request_retries": 0}
    result = run_task("sth_instance", hub, name="web", state="stopped", **options)
    assert result["changed"], result
    assert not result.get("failed"), result
    assert hub.runners == 0


@pytest.mark.slow
@pytest.mark.parametrize("hub", ["0.18"], indirect=True)
def test_a_stop_without_effect_fails(hub: FakeHub, instance: str) -> None:
    hub.fault(Fault("status", path=f"{instance}/_stop"))
    result = run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=0.3)
    assert result["error_code"] == "HUB_ERROR"
    assert not result["changed"]
    assert hub.runners == 1


def interrupt(hub: FakeHub, instance: str) -> None:
    """Kill the hub after it has told the program to stop, and start it again."""
    hub.state.instances[instance].status = "stopping"
    hub.restart()


@pytest.mark.slow
@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
@pytest.mark.parametrize("stop_timeout", [0.3, 0.0])
def test_a_stop_that_a_restart_of_the_hub_interrupted_is_repeated(
    hub: FakeHub, instance: str, stop_timeout: float
) -> None:
    interrupt(hub, instance)
    result = run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=stop_timeout)
    assert not result.get("failed"), result
    assert result["changed"]
    assert hub.runners == 0
    assert not run_task("sth_instance", hub, name="web", state="stopped")["changed"]


@pytest.mark.slow
@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_a_task_repeats_its_own_stop_that_a_restart_of_the_hub_interrupted(hub: FakeHub, instance: str) -> None:
    hub.fault(Fault("reset", "POST", "/_stop$", then=lambda: interrupt(hub, instance)))
    result = run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=0.3)
    assert not result.get("failed"), result
    assert result["changed"]
    assert hub.runners == 0


@pytest.mark.slow
@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_a_stop_whose_answer_is_lost_is_not_repeated_because_of_an_earlier_restart(hub: FakeHub, instance: str) -> None:
    hub.restart()
    hub.fault(Fault("lost", "POST", "/_stop$"))
    result = run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=0.3)
    assert not result.get("failed"), result
    assert len([item for item in hub.writes if item.path.endswith("/_stop")]) == 1
    assert (hub.instances[0]["id"], hub.runners) == (instance, 0)
