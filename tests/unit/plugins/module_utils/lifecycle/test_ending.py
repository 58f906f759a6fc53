# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say how instances are ended, in every module that has them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task


@pytest.mark.parametrize("name", ["stop_timeout", "removal_timeout"])
@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("sth_instance", {"name": "web", "sequence": "probe"}),
        ("sth_sequence", {"src": str(PACKAGES / "probe")}),
        ("sth_deployment", {"name": "web", "src": str(PACKAGES / "probe")}),
    ],
)
def test_a_negative_time_is_refused_before_anything_is_written(
    hub: FakeHub, module: str, options: dict[str, Any], name: str
) -> None:
    result = run_task(module, hub, **{**options, name: -1.0})
    assert result["error_code"] == "INVALID_OPTION"
    assert name in result["msg"]
    assert not hub.writes
