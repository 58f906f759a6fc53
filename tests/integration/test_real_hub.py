# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every integration target against a real hub, some through both entrances; in a file of its own, since they share it."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import REAL_HUBS, Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ON_EVERY_HUB, run_target

# Each task as a module takes longer by its start; on simulated hubs all targets run through both entrances.
AS_MODULES = ["sth_event", "sth_sequence"]


@pytest.mark.parametrize("target", ON_EVERY_HUB)
@pytest.mark.parametrize("hub", REAL_HUBS, indirect=True)
def test_target(target: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    run_target(target, hub.variables, tmp_path)


@pytest.mark.parametrize("target", AS_MODULES)
@pytest.mark.parametrize("hub", REAL_HUBS, indirect=True)
def test_target_as_module(target: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    run_target(target, {**hub.variables, "sth_entrance": "module"}, tmp_path)
