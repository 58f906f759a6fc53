# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sth_sequence_info returns."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task


def info(hub: FakeHub, **options: Any) -> dict[str, Any]:
    return run_task("sth_sequence_info", hub, **options)


def test_packages_are_listed_by_name_or_by_reference(hub: FakeHub) -> None:
    assert (info(hub)["exists"], info(hub)["sequences"]) == (False, [])
    for name in ("probe", "consumer"):
        assert run_task("sth_sequence", hub, src=str(PACKAGES / name))["changed"]
    every = info(hub)
    assert [item["name"] for item in every["sequences"]] == ["consumer", "probe"]
    assert every["sequence"] is None
    one = info(hub, sequence="probe")
    assert one["sequences"] == [one["sequence"]] == [every["sequences"][1]]
    assert info(hub, sequence=one["sequence"]["ref"]) == one
    assert info(hub, sequence="nobody")["exists"] is False


@pytest.mark.parametrize("sequence", ["", "probe@", "probe@sha256:xyz"])
def test_invalid_references_are_refused(hub: FakeHub, sequence: str) -> None:
    assert info(hub, sequence=sequence)["error_code"] == "INVALID_OPTION"
