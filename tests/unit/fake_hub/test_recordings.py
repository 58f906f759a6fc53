# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub answers what real hubs have answered."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from ansible_collections.scramjet.sth.tests.unit.fake_hub.bodies import RECORDINGS
from ansible_collections.scramjet.sth.tests.unit.fake_hub.replaying import Replay, hub_of

SCENARIOS = sorted(path.relative_to(RECORDINGS) for path in RECORDINGS.glob("*/*.json"))
# Replays wait most of their time; so many at once do not disturb each other.
AT_ONCE = 4

Differences = dict[pathlib.Path, Future[list[str]]]


def replay(name: pathlib.Path) -> list[str]:
    scenario = json.loads((RECORDINGS / name).read_text())
    with hub_of(scenario) as hub:
        return Replay(hub, scenario).run()


@pytest.fixture(scope="module")
def differences(request: pytest.FixtureRequest) -> Iterator[Differences]:
    """Replay what is to be tested here, several scenarios at once."""
    names = [
        item.callspec.params["name"]  # type: ignore[attr-defined]
        for item in request.session.items
        if item.fspath == request.path
    ]
    if request.config.pluginmanager.has_plugin("ansible_forked"):
        # ansible-test gives each test a process of its own, in which all would be replayed for one.
        names = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(replay, name) for name in names}


@pytest.mark.parametrize("name", SCENARIOS, ids=str)
def test_a_recorded_scenario(name: pathlib.Path, differences: Differences) -> None:
    replayed = differences.get(name)
    assert (replayed.result() if replayed else replay(name)) == []
