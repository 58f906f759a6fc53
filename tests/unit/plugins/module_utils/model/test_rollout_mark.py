# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a replica's mark that describes the run that started it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_text
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout, read_rollout

REFS = st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple)
COUNTS = st.integers(0, 99)
ROLLOUTS = st.builds(
    Rollout, COUNTS, st.text(max_size=5), COUNTS, COUNTS, REFS, REFS, st.booleans(), st.none() | st.text(max_size=5),
    COUNTS, COUNTS, st.none() | st.sets(COUNTS).map(ranges_text),
)  # fmt: skip


@given(ROLLOUTS)
def test_a_rollout_mark_is_read_back_from_app_config(rollout: Rollout) -> None:
    assert read_rollout(json.loads(json.dumps(rollout.as_value()))) == rollout


@pytest.mark.parametrize(
    "spoilt",
    [
        {"generation": "3", "replicas": -1, "canary": True, "own_configs": 1.5},
        {"indexes": "0-"},
        {"indexes": [0, 1]},
        {"versions": "a@1", "given_up": {"a@1": 1}, "rolled_back": 1, "index_key": 7},
    ],
)
def test_invalid_values_in_a_rollout_mark_count_as_not_set(spoilt: dict[str, Any]) -> None:
    assert read_rollout(spoilt) == Rollout()


def test_the_latest_generation_leads_and_of_two_equal_ones_the_greater_digest() -> None:
    ordered = [Rollout(9, "f"), Rollout(10, "a"), Rollout(10, "b")]
    assert sorted(reversed(ordered), key=lambda item: item.rank) == ordered
