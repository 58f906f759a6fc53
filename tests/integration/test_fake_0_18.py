# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the integration targets of modules against a simulated hub of generation 0.18; those of roles run on a real one."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import OF_MODULES, run_target


@pytest.mark.parametrize("target", OF_MODULES)
@pytest.mark.parametrize("hub", ["fake-0.18"], indirect=True)
def test_target(target: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    run_target(target, hub.variables, tmp_path)
