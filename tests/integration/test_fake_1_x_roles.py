# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the integration targets of roles and playbooks on simulated 1.0 hubs."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.entrances import compare_if_asked
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, OF_ROLES

# The role itself does not differ between hubs, and test_real_hub.py runs these targets on 0.18.
ON_REAL_HUBS = "role_run_job:"


@pytest.mark.parametrize("target", [target for target in OF_ROLES if EVERYTHING or not target.startswith(ON_REAL_HUBS)])
def test_target(target: str, tmp_path: pathlib.Path) -> None:
    compare_if_asked(target, tmp_path)
