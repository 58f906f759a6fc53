# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The instances that a task sends to or reads from."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.targets import find_targets
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, keep_ended, run_task

QUICK: dict[str, Any] = {"stable_for": 0.1, "stop_timeout": 0.1}


def found(
    hub: FakeHub, reference: str, *, check: bool = False, ended_too: bool = False
) -> tuple[Run, list[str | None]]:
    run = Run({"api_url": hub.api_url}, check, Journal())
    targets = find_targets(run, reference, ended_too=ended_too)
    run.close()
    return run, [item.id for item in targets]


@pytest.fixture
def started(hub: FakeHub) -> str:
    keep_ended(hub)
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    config = {"password": "canary"}
    result = run_task("sth_instance", hub, name="web", sequence="probe", app_config=config, **QUICK)
    return str(result["instance"]["id"])


def end(hub: FakeHub) -> None:
    assert run_task("sth_instance", hub, name="web", state="stopped", **QUICK)["changed"]


def test_each_name_has_one_instance_and_its_secrets_are_masked(hub: FakeHub, started: str) -> None:
    client = HubClient(hub.api_url)
    (sequence,) = client.sequences()
    client.sequence(sequence.id).start({"_sth": {"name": "web"}})
    run, targets = found(hub, "web")
    assert targets == [started]
    assert run.secrets == {"canary"}


def test_ended_instances_are_found_only_on_request(hub: FakeHub, started: str) -> None:
    end(hub)
    if not hub.state.is_1x:
        with pytest.raises(SthError) as gone:
            found(hub, "web", ended_too=True)
        assert gone.value.code == "NOT_FOUND"
        return
    assert found(hub, "web", ended_too=True)[1] == [started]
    with pytest.raises(SthError, match="before this task") as raised:
        found(hub, "web")
    assert raised.value.code == "ENDED_EARLY"
    assert (raised.value.details["instance"], raised.value.details["outcome"]) == (started, "stopped")


def test_check_mode_assumes_that_an_earlier_task_starts_a_name_and_never_an_id(hub: FakeHub) -> None:
    run, targets = found(hub, "web", check=True)
    assert targets == []
    assert "starts instance web" in run.notes[0]
    with pytest.raises(SthError) as raised:
        found(hub, "11111111-2222-4333-8444-555555555555", check=True)
    assert raised.value.code == "NOT_FOUND"
