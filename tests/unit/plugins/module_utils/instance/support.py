# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of instances share: package ``probe``, started and listed through the modules."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.running import (
    FourTimes,
    four_times,
    planned,
    run_task,
)

QUICK: dict[str, Any] = {"stable_for": 0.1, "stop_timeout": 0.1}


def start(hub: FakeHub, name: str = "web", **options: Any) -> dict[str, Any]:
    return run_task("sth_instance", hub, **{"name": name, "sequence": "probe", **QUICK, **options})


def started_four_times(hub: FakeHub, name: str = "web", **options: Any) -> FourTimes:
    return four_times("sth_instance", hub, **{"name": name, "sequence": "probe", **QUICK, **options})


def verbs(result: dict[str, Any]) -> list[str]:
    return [action for action, _object in planned(result)]


def live(hub: FakeHub) -> list[str]:
    listed = run_task("sth_instance_info", hub, status=["starting", "running", "stopping"])
    return [item["name"] for item in listed["instances"]]


def refuse_starts(hub: FakeHub, times: int, skip: int = 0) -> None:
    hub.fault(
        Fault("status", "POST", "/start$", times, skip, status=400, body=b'{"error":"Entrypoint path is invalid"}')
    )
