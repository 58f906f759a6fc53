# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of streams share: instances that answer, written to and read through the module."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import (
    run_task,
)


def start(hub: FakeHub, name: str, **config: Any) -> dict[str, Any]:
    result = run_task("sth_instance", hub, name=name, sequence="probe", wait_for="none", app_config=config)
    assert not result.get("failed"), result
    return result


def stream(hub: FakeHub, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_task("sth_stream", hub, check, **options)


def write(hub: FakeHub, **options: Any) -> dict[str, Any]:
    result = stream(hub, **{"instance": "echo", "stream": "input", **options})
    assert not result.get("failed"), result
    assert result["changed"]
    return result


def read(hub: FakeHub, **options: Any) -> dict[str, Any]:
    result = stream(hub, **{"instance": "echo", "stream": "output", "wait_timeout": bound(5), **options})
    assert not result.get("failed"), result
    assert not result["changed"]
    return result
