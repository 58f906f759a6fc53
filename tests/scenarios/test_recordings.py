# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub gives the answers that real hubs have given."""

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
AT_ONCE = 6


def replay(name: pathlib.Path) -> list[str]:
    scenario = json.loads((RECORDINGS / name).read_text())
    with hub_of(scenario) as hub:
        return Replay(hub, scenario).run()


class Replays:
    """Replays the scenarios that this process tests, a few ahead of the test.

    No more than that, since where pytest has several processes most are tested by another one.
    """

    def __init__(self, names: list[pathlib.Path], pool: ThreadPoolExecutor) -> None:
        self._names = names
        self._pool = pool
        self._begun: dict[pathlib.Path, Future[list[str]]] = {}

    def differences(self, name: pathlib.Path) -> list[str]:
        """Return what differs in a scenario."""
        if name not in self._names:
            return replay(name)
        at = self._names.index(name)
        for following in self._names[at : at + AT_ONCE]:
            if following not in self._begun:
                self._begun[following] = self._pool.submit(replay, following)
        return self._begun[name].result()


@pytest.fixture(scope="module")
def replays(request: pytest.FixtureRequest) -> Iterator[Replays]:
    names = [
        item.callspec.params["name"]  # type: ignore[attr-defined]
        for item in request.session.items
        if item.fspath == request.path
    ]
    if request.config.pluginmanager.has_plugin("ansible_forked"):
        # ansible-test gives each test a process of its own, in which all would be replayed for one.
        names = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield Replays(names, pool)


@pytest.mark.parametrize("name", SCENARIOS, ids=str)
def test_a_recorded_scenario(name: pathlib.Path, replays: Replays) -> None:
    assert replays.differences(name) == []
