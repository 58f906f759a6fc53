# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of runs to completion share."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import run_task

# Longer than any test may take.
LONG = bound(30.0)


def complete(hub: FakeHub, check: bool = False, **options: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"name": "job", "sequence": "probe", "state": "completed", "run_timeout": LONG}
    return run_task("sth_instance", hub, check=check, **{**base, "stop_timeout": 0.1, **options})


def finish(hub: FakeHub, output: bytes = b"result\n") -> None:
    """Let the only program that runs complete."""
    with hub.state.lock:
        next(item for item in hub.state.instances.values() if item.process_alive).complete(output)
