# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this room share."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import run_task


@pytest.fixture
def instance(hub: FakeHub, deployed: None) -> str:
    """The id of a running instance."""
    started: str = run_task("sth_instance", hub, name="web", sequence="probe", wait_for="none")["instance"]["id"]
    return started
