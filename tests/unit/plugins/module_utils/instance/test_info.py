# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sth_instance_info returns."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import run_task

QUICK: dict[str, Any] = {"stable_for": 0.1, "stop_timeout": 0.1}


pytestmark = pytest.mark.usefixtures("deployed")


def start(hub: FakeHub, name: str, **options: Any) -> None:
    assert run_task("sth_instance", hub, name=name, sequence="probe", **QUICK, **options)["changed"]


def test_info(hub: FakeHub) -> None:
    start(hub, "pool", count=2, app_config={"password": "canary"})
    start(hub, "web")
    run_task("sth_instance", hub, name="web", state="stopped", **QUICK)
    found = run_task("sth_instance_info", hub, instance=["pool"], health=True)
    assert [item["index"] for item in found["instances"]] == [0, 1]
    assert all(item["healthy"] for item in found["instances"])
    assert "canary" not in str(found)
    missing = run_task("sth_instance_info", hub, instance=["nobody"])
    assert (missing["exists"], missing["instance"]) == (False, None)
    running = run_task("sth_instance_info", hub, sequence="probe", status=["running"])
    assert len(running["instances"]) == 2
    assert not [item for item in hub.writes if item.method == "GET"]


def test_an_ended_instance_has_no_health(hub: FakeHub) -> None:
    start(hub, "web")
    assert "healthy" not in run_task("sth_instance_info", hub)["instance"]
    run_task("sth_instance", hub, name="web", state="stopped", **QUICK)
    ended = run_task("sth_instance_info", hub, health=True)
    assert [item["healthy"] for item in ended["instances"]] == ([None] if hub.state.is_1x else [])


@pytest.mark.parametrize("option", [{"instance": ["web", " "]}, {"sequence": " "}])
def test_an_empty_reference_never_means_all(hub: FakeHub, option: dict[str, Any]) -> None:
    assert run_task("sth_instance_info", hub, **option)["error_code"] == "INVALID_OPTION"
