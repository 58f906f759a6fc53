# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every integration target on simulated hubs of generation 1.x, through both entrances; those of roles apart."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.entrances import compare_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import OF_MODULES


@pytest.mark.parametrize("target", OF_MODULES)
def test_target(target: str, tmp_path: pathlib.Path) -> None:
    compare_entrances(target, tmp_path)
