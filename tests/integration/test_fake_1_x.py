# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every integration target against a simulated hub of generation 1.x, through both entrances, and compares the results."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import fake_hub
from ansible_collections.scramjet.sth.tests.integration.entrances import differences, recording
from ansible_collections.scramjet.sth.tests.integration.playbooks import ON_EVERY_HUB, run_target


@pytest.mark.parametrize("target", ON_EVERY_HUB)
def test_target(target: str, tmp_path: pathlib.Path) -> None:
    recorded = []
    for entrance in ("in_process", "module"):
        directory = tmp_path / entrance
        directory.mkdir()
        recorded.append(directory / "results.json")
        # Where a task cannot run in-process, the target says so itself.
        with fake_hub("1.x", "auto" if entrance == "in_process" else entrance) as hub:
            run_target(target, hub.variables, directory, environment=recording(recorded[-1]))
    assert differences(*recorded) == []
