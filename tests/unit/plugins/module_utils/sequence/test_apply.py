# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A package that takes the place of another one, under its id."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.sequence.support import change, deploy, verbs
from ansible_collections.scramjet.sth.tests.unit.running import four_times


def test_overwrite_keeps_the_id_on_a_hub_that_can(hub: FakeHub, package: pathlib.Path) -> None:
    first = deploy(hub, package)
    change(package, "v2")
    if hub.state.generation == "0.18":
        refused = deploy(hub, package, on_change="overwrite")
        assert refused["error_code"] == "UNSUPPORTED_BY_HUB"
        assert "replace" in refused["msg"]
        return
    result = four_times("sth_sequence", hub, src=str(package), on_change="overwrite")
    assert result.real["sequence"]["id"] == first["sequence"]["id"]
    assert result.real["sequence"]["digest"] != first["sequence"]["digest"]


def test_an_overwrite_that_never_arrives_fails(hub: FakeHub, package: pathlib.Path) -> None:
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub cannot overwrite")
    deploy(hub, package)
    change(package, "v2")
    hub.fault(Fault("reset", "PUT"))
    failed = deploy(hub, package, on_change="overwrite")
    assert (failed["error_code"], failed["changed"]) == ("UNREACHABLE", True)
    assert "the old one is still there" in failed["msg"]
    assert verbs(deploy(hub, package, on_change="overwrite")) == ["overwrite"]
