# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task warns of secret_keys that match nothing, because the value that they should hide is shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import run_task

CONFIG = {"db": {"host": "h"}, "behaviour": "run"}


pytestmark = pytest.mark.usefixtures("deployed")


def warned(hub: FakeHub, module: str, **options: Any) -> str:
    """Return what a task warns of."""
    if module in ("sth_instance", "sth_deployment"):
        options = {"name": "web", "stable_for": 0, "stop_timeout": 0, **options}
    return " ".join(run_task(module, hub, **options)["warnings"])


@pytest.mark.parametrize("module", ["sth_instance", "sth_deployment"])
@pytest.mark.parametrize("check", [True, False])
def test_keys_that_match_nothing_are_named(hub: FakeHub, module: str, check: bool) -> None:
    keys = ["db.host", "db.hots", "args.0", "args.7", "*"]
    options = {"sequence": "probe", "app_config": CONFIG, "args": ["a"], "check": check}
    said = warned(hub, module, **options, secret_keys=keys)
    assert said.startswith("secret_keys match nothing in this task: db.hots, args.7. ")
    assert not warned(hub, module, **options, secret_keys=["db.host", "args.*"])


def test_keys_of_running_instances_count(hub: FakeHub) -> None:
    assert not warned(hub, "sth_instance", sequence="probe", app_config=CONFIG)
    read: dict[str, Any] = {"instance": "web", "stream": "log", "wait_timeout": 0.2}
    assert not warned(hub, "sth_stream", **read, secret_keys=["db.host"])
    assert "hots" in warned(hub, "sth_stream", **read, secret_keys=["db.hots"])
    assert not warned(hub, "sth_instance_info", secret_keys=["db.host"])
    assert "hots" in warned(hub, "sth_instance_info", secret_keys=["db.hots"])
    assert not warned(hub, "sth_instance", state="stopped", secret_keys=["db.host"])


def test_without_any_configuration_no_key_is_reported(hub: FakeHub) -> None:
    assert not warned(hub, "sth_instance", state="absent", secret_keys=["db.hots"])
    assert not warned(hub, "sth_instance_info", secret_keys=["db.hots"])


def test_before_an_event_arrives_its_keys_are_not_reported(hub: FakeHub) -> None:
    options = {"sequence": "probe", "app_config": CONFIG, "secret_keys": ["pin"]}
    assert not warned(hub, "sth_instance", **options, failure_event="no")
    ask: dict[str, Any] = {
        "instance": "web",
        "send": "ping",
        "expect": "pong",
        "secret_keys": ["pin"],
        "wait_timeout": 20.0,
    }
    assert not warned(hub, "sth_event", **ask, check=True)
    assert "pin" in warned(hub, "sth_event", **ask, payload="x")
    if hub.state.is_1x:
        assert not warned(hub, "sth_event", **ask, payload={"pin": 1})
        assert not warned(hub, "sth_event", **ask, payload={"pin": 1}, mask_output=False)
