# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs integration targets on a real hub: all of them with ``make matrix`` or with ``STH_TEST_API_URL``, otherwise most."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import REAL_HUBS, Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import (
    EVERYTHING,
    OF_MODULES,
    OF_ROLES,
    OF_SAMPLES,
    run_target,
)

MORE = EVERYTHING or "STH_TEST_API_URL" in os.environ
# These run on simulated hubs only: four runs of each change through the playbooks, failures before the first request to a hub, and
# keywords of ansible-core.
ON_SIMULATED_HUBS = ("playbooks:deploy", "playbooks:refused", "bad_input", "task_keywords")
TARGETS = [
    *OF_SAMPLES,
    *(target for target in [*OF_ROLES, *OF_MODULES] if MORE or not target.startswith(ON_SIMULATED_HUBS)),
]
# From 0.24.3 on, a hub keeps the record of an ended instance for at least 15 s, and a task with state: absent waits for its end.
SECONDS = {"real-0.18": 120.0, "live": 600.0}
# Only these run as modules here, because the start of a module takes time. On simulated hubs, all targets run through both entrances.
AS_MODULES = ["sth_event", "sth_sequence"] if MORE else []


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("hub", REAL_HUBS, indirect=True)
def test_target(target: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    run_target(target, hub.variables, tmp_path, seconds=SECONDS[hub.name])


@pytest.mark.parametrize("target", AS_MODULES)
@pytest.mark.parametrize("hub", REAL_HUBS, indirect=True)
def test_target_as_module(target: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    run_target(target, {**hub.variables, "sth_entrance": "module"}, tmp_path, seconds=SECONDS[hub.name])
