# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of indexes as short text."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_of, ranges_text


def test_consecutive_indexes_are_one_range() -> None:
    assert ranges_text([8, 0, 1, 2, 3, 10]) == "0-3,8,10"
    assert ranges_text(range(5000)) == "0-4999"
    assert ranges_text([]) == ""


@given(st.sets(st.integers(0, 60)))
def test_written_ranges_can_be_read_back(indexes: set[int]) -> None:
    assert list(chain(*(ranges_of(ranges_text(indexes)) or ()))) == sorted(indexes)


@pytest.mark.parametrize("text", ["x", "1-", "-1", "1,,2", " 1", "1-2-3", "1.5", "1" * 20])
def test_other_text_is_not_read_as_ranges(text: str) -> None:
    assert ranges_of(text) is None
