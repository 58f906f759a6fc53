# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every integration target against every hub."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import TARGETS, play, run_playbook

# role_hub brings hubs of its own; setup_* are what other targets include.
ON_EVERY_HUB = sorted(
    entry.name for entry in TARGETS.iterdir() if not entry.name.startswith("setup_") and entry.name != "role_hub"
)


@pytest.mark.parametrize("target", ON_EVERY_HUB)
def test_target(target: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    book = play(tmp_path / "target.yml", {"roles": [target]})
    run_playbook(book, {**hub.variables, "work_dir": str(tmp_path)}, expected_warnings=("expected-warning",))


def test_role_hub(tmp_path: pathlib.Path) -> None:
    book = play(tmp_path / "target.yml", {"roles": ["role_hub"]})
    run_playbook(book, {"sth_test_dir": str(tmp_path)})
