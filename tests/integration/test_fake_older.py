# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the integration targets of modules against simulated hubs of the versions before 1.0, with STH_TEST_EVERYTHING=1.

`make test` runs them on a real 0.18 hub. Unit tests also show for each generation that check mode writes nothing and agrees with the real
run. tests/scenarios/test_every_version.py tests each version.
"""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub.versions import VERSIONS
from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, OF_MODULES, run_target

OLDER = [f"fake-{name}" for name in VERSIONS if name not in ("1.0", "1.x")]


@pytest.mark.skipif(
    not EVERYTHING,
    reason="takes long, and other tests show it too: set STH_TEST_EVERYTHING=1, as make matrix does",
)
@pytest.mark.parametrize("target", OF_MODULES)
@pytest.mark.parametrize("hub", OLDER, indirect=True)
def test_target(target: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    run_target(target, hub.variables, tmp_path)
