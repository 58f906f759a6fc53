# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``sth_export`` returns: no secret, and everything that runs."""

from __future__ import annotations

import json

import yaml

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task

SECRET = "canary-of-the-export"


def test_the_exported_text_has_everything_except_secrets(hub: FakeHub) -> None:
    config = {"behaviour": "run", "password": SECRET}
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    ref = hub_ref = run_task("sth_sequence_info", hub)["sequences"][0]["ref"]
    run_task("sth_instance", hub, name="clock", sequence=ref, app_config=config, stable_for=0)
    run_task("sth_deployment", hub, name="web", sequence=ref, app_config=config, stable_for=0)
    found = run_task("sth_export", hub, dest="exported")
    assert SECRET not in json.dumps(found)
    assert found["variables"] == ["vault_clock_password", "vault_web_password"]
    assert found["counts"] == {"deployments": 1, "instances": 1, "sequences": 1}
    read = yaml.safe_load(found["content"])
    assert read["deployment_list"][0]["sequence"] == hub_ref
    assert read["sth_instances"][0]["app_config"] == {"behaviour": "run", "password": "{{ vault_clock_password }}"}
    assert f"{ref} (version 1.0.0): used by deployment web, instance clock" in found["content"]
    assert not found["changed"]


def test_an_empty_hub_is_two_empty_lists(hub: FakeHub) -> None:
    found = run_task("sth_export", hub, dest="exported")
    assert yaml.safe_load(found["content"]) == {"deployment_list": [], "sth_instances": []}


def test_an_empty_directory_is_refused(hub: FakeHub) -> None:
    assert run_task("sth_export", hub, dest=" ")["error_code"] == "INVALID_OPTION"
