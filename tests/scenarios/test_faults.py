# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every transition with every fault, at one of its requests: the next run mends what the first has left, and the third changes nothing.

Runs with STH_TEST_EVERYTHING=1, as `make matrix` does; ``make faults`` tries every request. What came of each is at the end of the
output of a test run, as a table.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.scramjet.sth.tests.faults.cells import try_out, undisturbed
from ansible_collections.scramjet.sth.tests.faults.kinds import KINDS, Kind
from ansible_collections.scramjet.sth.tests.faults.table import PROPERTY
from ansible_collections.scramjet.sth.tests.faults.transitions import TRANSITIONS, Transition

pytestmark = pytest.mark.skipif(
    not os.environ.get("STH_TEST_EVERYTHING"),
    reason="takes two minutes: set STH_TEST_EVERYTHING=1, as make matrix does",
)
# Most of their time is waiting for a hub that does not answer.
AT_ONCE = 6


@pytest.mark.parametrize("number", range(len(TRANSITIONS)), ids=[item.name for item in TRANSITIONS])
def test_the_run_after_a_fault_repairs_what_the_fault_has_left(
    number: int, record_property: Callable[[str, object], None]
) -> None:
    transition = TRANSITIONS[number]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        cells = list(pool.map(lambda cell: try_out(transition, *cell), some_of(transition, number)))
    for cell in cells:
        record_property(PROPERTY, str(cell.row))
    problems = [str(cell) for cell in cells if cell.problems]
    assert not problems, "\n".join(problems)


def some_of(transition: Transition, first: int) -> list[tuple[Kind, str, int, bool, bool]]:
    """Return one cell for each fault: together they are at all requests, on all hubs, once and lasting."""
    found = []
    for turn, kind in enumerate(KINDS, start=first):
        generation = transition.on[turn % len(transition.on)]
        alone = undisturbed(transition, generation)
        writes = alone.writes > 0
        at = 1 + turn // 2 % (alone.writes or alone.requests)
        found.append((kind, generation, at, writes, kind.lasts and turn // 2 % 2 == 1))
    return found
