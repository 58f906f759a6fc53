# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub answers what real hubs have answered."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.unit.fake_hub.replaying import RECORDINGS, Replay, hub_of

SCENARIOS = sorted(path.relative_to(RECORDINGS) for path in RECORDINGS.glob("*/*.json"))


@pytest.mark.parametrize("name", SCENARIOS, ids=str)
def test_a_recorded_scenario(name: pathlib.Path) -> None:
    scenario = json.loads((RECORDINGS / name).read_text())
    with hub_of(scenario) as hub:
        assert Replay(hub, scenario).run() == []
