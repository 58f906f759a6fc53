# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs those parts of the target of the role hub of which each goes on from where the one before it has ended; they bring hubs of their own."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import run_target

# It installs, upgrades and waits for programs that outlive their hub.
LONGEST = 1200


@pytest.mark.timeout(LONGEST)
def test_role_hub(tmp_path: pathlib.Path) -> None:
    run_target("role_hub", {"sth_test_dir": str(tmp_path), "sth_parts": "in_turn"}, tmp_path, seconds=LONGEST)
