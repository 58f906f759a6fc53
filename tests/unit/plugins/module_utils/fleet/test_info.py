# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hub says of its deployments in a few values."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import replicas_of
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.info import summary
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import running
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task


def test_an_update_that_is_under_way_shows_both_versions_and_the_copies() -> None:
    deployment = running("a", 3)
    deployment.add(0, "b", generation=2, replicas=4)
    deployment.add(1, "b", generation=2, replicas=4, status="starting")
    shown = summary(deployment.observed)
    assert shown["versions"] == {"app@sha256:aaaaaaaaaaaa": 3, "app@sha256:bbbbbbbbbbbb": 2}
    assert (shown["ref"], shown["version"]) == ("app@sha256:bbbbbbbbbbbb", "1.0.0")
    assert [shown[key] for key in ("replicas", "ready", "wanted", "missing", "copies")] == [3, 3, 4, 1, 2]
    assert shown["indexes"] == "0-2"


def test_the_version_of_a_removed_package_is_null() -> None:
    deployment = running("a", 1)
    deployment.sequences.clear()
    shown = summary(replicas_of("web", deployment.observed.inventory))
    assert (shown["ref"], shown["version"], shown["versions"], shown["ready"]) == (None, None, {}, 1)


@pytest.mark.parametrize("generation", ["0.18", "1.x"])
def test_a_hub_is_summarised_without_a_list_of_its_replicas(generation: Any) -> None:
    options: dict[str, Any] = {"src": str(PACKAGES / "probe"), "app_config": {"behaviour": "run"}, "stable_for": 0.05}
    with FakeHub(generation=generation) as hub:
        run_task("sth_deployment", hub, name="web", indexes=[4, 5, 9], **options)
        run_task("sth_deployment", hub, name="api", **options)
        run_task("sth_instance", hub, name="alone", sequence="probe", app_config={"behaviour": "run"}, stable_for=0)
        before = len(hub.requests)
        found = run_task("sth_deployment_info", hub)["deployments"]
        assert all(request.method == "GET" for request in hub.requests[before:])
        assert [(item["name"], item["indexes"], item["ready"], item["missing"]) for item in found] == [
            ("api", "0", 1, 0),
            ("web", "4-5,9", 3, 0),
        ]
        assert found[1]["versions"] == {found[1]["ref"]: 3}
        assert found[1]["oldest"] <= found[1]["newest"]
        assert [item["name"] for item in run_task("sth_deployment_info", hub, names=["web", "x"])["deployments"]] == [
            "web"
        ]
        refused = run_task("sth_deployment_info", hub, names=["web", " "])
        assert (refused["failed"], refused["error_code"]) == (True, "INVALID_OPTION")
