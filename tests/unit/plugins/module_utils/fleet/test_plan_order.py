# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many replicas of a fleet may be missing at a time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.plan_order import (
    Promise,
    check_promise,
    missing_at_once,
    waits_for_missing,
)


def promise(**changed: Any) -> Promise:
    given: dict[str, Any] = {"total": 12, "min_ready": 9, "strategy": "rolling", "max_surge": 1, "max_unavailable": 2}
    return Promise("web", **{**given, **changed})


@pytest.mark.parametrize(
    ("changed", "ready", "expected"),
    [
        ({}, 12, (2, 1)),
        ({"min_ready": 4}, 12, (2, 4)),
        # Less is ready than there should be, so less may be missing.
        ({}, 10, (1, 1)),
        ({}, 9, (0, 0)),
        ({}, 3, (0, 0)),
        # More copies than wanted are not a reserve.
        ({}, 15, (2, 1)),
        ({"min_ready": None}, 12, (2, 0)),
        ({"strategy": "blue_green"}, 12, (2, 0)),
        ({"max_unavailable": 0}, 12, (0, 0)),
        # Nothing runs that could be stopped.
        ({"max_surge": 0}, 0, (2, 0)),
    ],
)
def test_the_hubs_share_the_number_of_replicas_that_may_be_missing(
    changed: dict[str, Any], ready: int, expected: tuple[int, int]
) -> None:
    assert missing_at_once(promise(**changed), ready) == expected


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 5), st.integers(0, 40))
def test_the_replicas_that_may_be_missing_never_exceed_the_limit(total: int, least: int, most: int, ready: int) -> None:
    on_each, hubs = missing_at_once(promise(total=total, min_ready=min(least, total), max_unavailable=most), ready)
    assert on_each <= most
    if on_each and ready:
        assert min(ready, total) - on_each * hubs >= min(least, total)
        assert hubs


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"min_ready": 13}, "set min_ready to a number from 0 to 12"),
        ({"min_ready": -1}, "set min_ready to a number from 0 to 12"),
        ({"strategy": "recreate"}, "recreate"),
        ({"min_ready": 12, "max_surge": 0}, "lower min_ready"),
    ],
)
def test_an_impossible_min_ready_is_refused(changed: dict[str, Any], says: str) -> None:
    check_promise(promise())
    with pytest.raises(SthError, match=says):
        check_promise(promise(**changed))


@pytest.mark.parametrize(
    ("changed", "ready", "expected"),
    [
        ({}, 9, True),
        ({}, 3, True),
        ({}, 10, False),
        # Nothing runs that could be stopped.
        ({}, 0, False),
        ({"max_surge": 1}, 9, False),
        ({"min_ready": None}, 9, False),
        ({"strategy": "blue_green"}, 9, False),
    ],
)
def test_missing_replicas_are_started_first_if_none_may_be_stopped(
    changed: dict[str, Any], ready: int, expected: bool
) -> None:
    assert waits_for_missing(promise(**{"max_surge": 0, **changed}), ready) is expected


@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 5), st.integers(0, 40))
def test_a_promise_that_can_be_kept_is_not_refused_once_all_replicas_are_ready(
    total: int, least: int, most: int, ready: int
) -> None:
    wanted = promise(total=total, min_ready=min(least, total - 1), max_unavailable=most, max_surge=0)
    check_promise(wanted)
    counted = total if waits_for_missing(wanted, ready) else ready
    on_each, hubs = missing_at_once(wanted, counted)
    assert on_each > 0
    assert on_each * hubs <= max(0, counted - min(least, total - 1))


def test_without_max_surge_too_few_ready_replicas_are_refused() -> None:
    with pytest.raises(SthError, match="only 9 of 12 replicas are ready and min_ready is 9"):
        missing_at_once(promise(max_surge=0), 9)
