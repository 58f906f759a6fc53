# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the target of the role hub, which brings hubs of its own."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import run_target


@pytest.mark.parametrize("parts", ["in_turn", "apart"])
def test_role_hub(parts: str, tmp_path: pathlib.Path) -> None:
    run_target("role_hub", {"sth_test_dir": str(tmp_path), "sth_parts": parts}, tmp_path)
