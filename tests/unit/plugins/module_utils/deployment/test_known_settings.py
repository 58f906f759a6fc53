# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a replica that follow from another replica, and those that only its own replica shows."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import Deployment


def test_what_had_overrides_is_kept_and_never_guessed() -> None:
    deployment = Deployment()
    deployment.add(0, "a", app_config={"x": 1, "first": True}, own_configs=1)
    with pytest.raises(SthError, match="of its own") as raised:
        deployment.plan(replicas=2)
    assert raised.value.code == "INVALID_CONFIG"
    deployment.add(1, "a", app_config={"x": 1}, own_configs=1)
    goal = deployment.goal("b", replicas=3)
    assert [slot.program.app_config for slot in goal.slots] == [{"x": 1, "first": True}, {"x": 1}, {"x": 1}]
    del deployment.instances[0]
    with pytest.raises(SthError, match="of its own"):
        deployment.plan(replicas=2)
