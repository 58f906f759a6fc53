# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sth_hub_info returns, without secrets."""

from __future__ import annotations

import json

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task


def test_everything_is_returned_unless_gather_is_set(hub: FakeHub) -> None:
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    about = run_task("sth_hub_info", hub)
    assert about["hub"]["generation"] == hub.state.generation
    assert ("topics" in about["hub"]["capabilities"]) == hub.state.is_1x
    assert about["counts"] == {"sequences": 1, "instances": 0, "ended_instances": 0, "topics": 0}
    assert "memFree" in about["load"]
    assert not about["changed"]
    assert set(run_task("sth_hub_info", hub, gather=["version"])) & {"load", "config", "counts"} == set()


def test_no_secret_of_a_hubs_configuration_is_shown(hub: FakeHub) -> None:
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub does not tell its configuration")
    config = run_task("sth_hub_info", hub, gather=["config"])["config"]
    assert config["host"]["hostname"]
    # Where the hub itself shows them (hub-behaviour.md#secrets-on-the-hub).
    assert "canary" not in json.dumps(config)


def test_a_hub_lists_no_hubs(hub: FakeHub) -> None:
    failed = run_task("sth_hub_info", hub, gather=["hubs"])
    assert failed["error_code"] == "NOT_FOUND"
    assert "Set api_url to the address of a manager" in failed["msg"]
    failed = run_task("sth_hub_info", hub, gather=["hubs", "load"])
    assert failed["error_code"] == "INVALID_OPTION"
