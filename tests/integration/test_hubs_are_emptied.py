# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a test that failed, the hub is empty for the next one."""

from __future__ import annotations

import pathlib

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")


def test_a_hub_is_emptied(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as fake:
        deployment = {"name": "web", "src": PROBE, "replicas": 2, "stable_for": 0}
        book = play(tmp_path / "fill.yml", {"tasks": [{"scramjet.sth.sth_deployment": deployment}]})
        run_playbook(book, {"sth_api_url": fake.api_url})
        hub = Hub("fake-1.x", fake.api_url, "1.x", fake)
        assert hub.get("sequences")
        hub.empty()
        assert hub.get("sequences") == []
