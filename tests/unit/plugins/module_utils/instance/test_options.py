# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that follow from the options of sth_instance."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.instance.options import InstanceOptions, programs
from ansible_collections.scramjet.sth.plugins.modules.sth_instance import TASK
from ansible_collections.scramjet.sth.tests.unit.running import validated


def options(**given: Any) -> InstanceOptions:
    return validated(InstanceOptions, TASK.options, **given)


def test_a_name_is_one_program_and_with_count_each_member_is_one() -> None:
    assert [item.label for item in programs(options(name="web"))] == ["web"]
    assert [item.label for item in programs(options(name="web", count=2))] == ["web-0", "web-1"]
    assert programs(options(name="web", count=0)) == []
    (by_id,) = programs(options(id="own"))
    assert (by_id.mark, by_id.label) == (None, "own")
