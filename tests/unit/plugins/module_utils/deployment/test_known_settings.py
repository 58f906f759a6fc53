# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a replica that follow from another replica, and those that only its own replica shows."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.known_settings import settings_in_force
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.deployment.support import Deployment


def test_settings_with_overrides_are_kept_and_never_guessed() -> None:
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


def test_the_settings_in_force_can_be_restored_after_another_version() -> None:
    deployment = Deployment()
    assert settings_in_force(deployment.observed) is None
    deployment.carry_out(
        deployment.plan(
            "a", app_config={"x": 1}, args=["-v"], overrides=[{"app_config": {"own": 0}}], replicas=3, index_key="n"
        )
    )
    before = [item.record for item in deployment.observed.live]
    settings = settings_in_force(deployment.observed)
    assert settings is not None
    whole = deployment.plan("b", app_config={"x": 2}, args=[], overrides=[], replicas=4, index_key="m")
    # After the first start, the settings in force are the same.
    half = Deployment([*deployment.instances], [*deployment.sequences])
    half.carry_out(type(whole)(whole.goal, (), whole.batches[:1], (), {}, {}))
    assert len(half.observed.live) > len(before)
    assert {**settings, "replicas": 4} == settings_in_force(half.observed)
    deployment.carry_out(whole)
    assert settings.pop("sequence") == before[0].sequence_id.replace("id-a", "app@sha256:aaaaaaaaaaaa")
    deployment.carry_out(deployment.plan("a", **settings))
    after = [item.record for item in deployment.observed.live]
    shown = [
        [
            ({key: value for key, value in (item.app_config or {}).items() if key in ("x", "own", "n", "m")}, item.args)
            for item in items
        ]
        for items in (before, after)
    ]
    assert shown[0] == shown[1]
