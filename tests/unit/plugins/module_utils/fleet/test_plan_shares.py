# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which replicas run on which hub, for any fleet."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.plan_shares import Member, plan_shares

NAMES = ("a", "b", "c", "d", "e")
WEIGHTS = st.sampled_from([0, 0.5, 1, 2, 3.3, 1e9])
SPREADS = st.sampled_from(["even", "weighted", "by_load"])


@st.composite
def fleets(draw: st.DrawFn, hubs: int = 5, indexes: int = 14) -> list[Member]:
    """Hubs on which anything may run, also the same index twice."""
    names = NAMES[: draw(st.integers(1, hubs))]
    weights = [draw(WEIGHTS) for _name in names]
    weights[0] = weights[0] or 1
    held = [frozenset(draw(st.sets(st.integers(0, indexes), max_size=indexes))) for _name in names]
    return [Member(*item) for item in zip(names, held, weights)]


@given(fleets(), st.integers(0, 15), SPREADS)
def test_each_index_runs_once(fleet: list[Member], total: int, spread: str) -> None:
    shares = plan_shares(fleet, total, spread)  # type: ignore[arg-type]
    assert sorted(index for share in shares.values() for index in share) == list(range(total))
    assert list(shares) == [item.name for item in fleet]


@pytest.mark.slow
@given(fleets(), st.integers(0, 15))
def test_each_share_differs_by_at_most_one_from_the_exact_share(fleet: list[Member], total: int) -> None:
    sizes = [len(share) for share in plan_shares(fleet, total, "even").values()]
    assert max(sizes) - min(sizes) <= 1
    whole = sum(item.weight for item in fleet)
    for item in fleet:
        exact = total * item.weight / whole
        assert floor(exact - 1e-6) <= len(plan_shares(fleet, total, "weighted")[item.name]) <= ceil(exact + 1e-6)


@pytest.mark.slow
@given(fleets(), st.integers(0, 15), SPREADS)
def test_a_second_plan_moves_nothing(fleet: list[Member], total: int, spread: str) -> None:
    shares = plan_shares(fleet, total, spread)  # type: ignore[arg-type]
    settled = [Member(item.name, frozenset(shares[item.name]), item.weight) for item in fleet]
    assert plan_shares(settled, total, spread) == shares  # type: ignore[arg-type]


def best(fleet: list[Member], total: int) -> int:
    """Return how many replicas can stay with even shares, by trying every way."""
    least, more = divmod(total, len(fleet))
    indexes = [index for index in range(total) if any(index in item.held for item in fleet)]
    most = 0
    for larger in combinations(fleet, more):
        for places in product(*([None, *(item for item in fleet if index in item.held)] for index in indexes)):
            used = Counter(item.name for item in places if item)
            if all(number <= least + any(item.name == name for item in larger) for name, number in used.items()):
                most = max(most, sum(used.values()))
    return most


@given(fleets(hubs=3, indexes=4), st.integers(0, 5))
def test_even_shares_move_as_few_as_possible(fleet: list[Member], total: int) -> None:
    shares = plan_shares(fleet, total, "even")
    assert sum(len(item.held.intersection(shares[item.name])) for item in fleet) == best(fleet, total)


@given(fleets(), st.integers(0, 15))
def test_by_load_moves_no_running_replica(fleet: list[Member], total: int) -> None:
    shares = plan_shares(fleet, total, "by_load")
    running = {index for item in fleet for index in item.held if index < total}
    stay = {index for item in fleet for index in item.held.intersection(shares[item.name])}
    assert stay == running


def test_a_lost_hub_moves_only_its_own_share_and_back() -> None:
    three = plan_shares([Member(name) for name in "abc"], 12, "even")
    assert three == {"a": (0, 1, 2, 3), "b": (4, 5, 6, 7), "c": (8, 9, 10, 11)}
    two = plan_shares([Member(name, frozenset(three[name])) for name in "bc"], 12, "even")
    assert two == {"b": (0, 1, 4, 5, 6, 7), "c": (2, 3, 8, 9, 10, 11)}
    # It comes back with all that it had.
    back = plan_shares(
        [Member(name, frozenset(three[name] if name == "a" else two[name])) for name in "abc"], 12, "even"
    )
    assert back == three
    # It comes back empty.
    back = plan_shares([Member("a"), *(Member(name, frozenset(two[name])) for name in "bc")], 12, "even")
    assert {name: len(share) for name, share in back.items()} == {"a": 4, "b": 4, "c": 4}
    assert set(back["b"]) < set(two["b"])


def test_a_new_hub_takes_only_its_share() -> None:
    old = plan_shares([Member(name) for name in "abc"], 10, "even")
    new = plan_shares([*(Member(name, frozenset(old[name])) for name in "abc"), Member("d")], 10, "even")
    assert [len(new[name]) for name in "abcd"] == [3, 3, 2, 2]
    assert all(set(new[name]) <= set(old[name]) for name in "abc")


def test_by_load_new_replicas_go_where_most_is_free() -> None:
    fleet = [Member("a", frozenset({0, 1, 2}), 0.1), Member("b", frozenset(), 4), Member("c", frozenset(), 2)]
    assert {name: len(share) for name, share in plan_shares(fleet, 9, "by_load").items()} == {"a": 3, "b": 4, "c": 2}


def test_without_any_weight_the_plan_is_refused() -> None:
    with pytest.raises(SthError, match="deployment_weight"):
        plan_shares([Member("a", weight=0), Member("b", weight=0)], 2, "weighted")
    with pytest.raises(SthError, match="No hub"):
        plan_shares([], 2, "even")


def test_by_load_refuses_full_hubs_only_if_a_replica_has_to_start() -> None:
    full = [Member("a", frozenset({0, 1}), 0), Member("b", frozenset(), 0)]
    assert plan_shares(full, 2, "by_load") == {"a": (0, 1), "b": ()}
    with pytest.raises(SthError, match="has free memory for one more replica") as refused:
        plan_shares(full, 3, "by_load")
    assert refused.value.code == "INSUFFICIENT_RESOURCES"


def test_a_large_fleet_is_planned_in_a_moment() -> None:
    fleet = [Member(f"hub-{number}", frozenset(range(number * 100, number * 100 + 120))) for number in range(200)]
    shares = plan_shares(fleet, 20_000, "even")
    assert {len(share) for share in shares.values()} == {100}
    assert sum(len(item.held.intersection(shares[item.name])) for item in fleet) == 20_000
