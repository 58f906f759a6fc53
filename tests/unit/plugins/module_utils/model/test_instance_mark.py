# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark that identifies an instance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import (
    InstanceMark,
    marked,
    member_mark,
    read_mark,
    unmarked,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout

CONFIGS = st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(max_size=3), max_size=3)
NAMES = st.text(min_size=1, max_size=8)
MARKS = st.builds(InstanceMark, NAMES, st.none() | NAMES, st.none() | st.integers(0)) | st.builds(
    InstanceMark, NAMES, NAMES, st.integers(0), NAMES, st.builds(Rollout, st.integers(0, 9), st.text(max_size=4))
)


@given(CONFIGS, MARKS)
def test_a_mark_is_read_back_from_the_configuration_it_was_put_into(config: dict[str, Any], mark: InstanceMark) -> None:
    carrying = marked(config, mark)
    assert read_mark(carrying) == mark
    assert unmarked(carrying) == config


@given(CONFIGS)
def test_without_a_mark_a_configuration_stays_as_it_is(config: dict[str, Any]) -> None:
    assert marked(config, None) == config
    assert unmarked(config) == config
    assert read_mark(config) is None


def test_the_label_of_a_pool_member_has_its_index() -> None:
    assert member_mark("web", None) == InstanceMark("web")
    assert member_mark("web", 0) == InstanceMark("web-0", "web", 0)


@pytest.mark.parametrize("echoed", [None, {}, {"_sth": "web"}, {"_sth": {}}, {"_sth": {"name": 1}}])
def test_a_value_of_another_form_is_not_read_as_a_mark(echoed: dict[str, Any] | None) -> None:
    assert read_mark(echoed) is None


def test_invalid_fields_of_a_mark_count_as_not_set() -> None:
    spoilt = {"name": "web-0", "pool": 1, "index": "0", "deployment": ["web"], "generation": 3}
    assert read_mark({"_sth": spoilt}) == InstanceMark("web-0")
