# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a deployment: its actions, and both sides of the diff."""

from __future__ import annotations

from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import (
    running,
    steps,
)


def test_a_changed_configuration_rolls_without_an_upload() -> None:
    plan = running("a", 2, app_config={"x": 1}).plan(app_config={"x": 2})
    assert steps(plan) == ["+0", "-0", "+1", "-1"]
    assert plan.first == ()
    assert plan.before["app_config"] == {"x": 1}
    assert plan.after["app_config"] == {"x": 2}
