# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every cell, prints what is wrong, and writes docs/faults.md if nothing is."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.scramjet.sth.tests.faults.cells import Cell, try_out, undisturbed
from ansible_collections.scramjet.sth.tests.faults.kinds import KINDS
from ansible_collections.scramjet.sth.tests.faults.table import table
from ansible_collections.scramjet.sth.tests.faults.transitions import TRANSITIONS

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "faults.md"
BEGINS = "<!-- The table is written by make faults. -->"
# Most of their time is waiting for a hub that does not answer.
AT_ONCE = 6


def cells() -> Iterator[tuple[Any, ...]]:
    """Return the arguments of every cell: each fault at each write, or at each request of a task that only reads."""
    for transition in TRANSITIONS:
        for generation in transition.on:
            alone = undisturbed(transition, generation)
            for kind in KINDS:
                for lasting in (False, True) if kind.lasts else (False,):
                    for at in range(1, (alone.writes or alone.requests) + 1):
                        yield transition, kind, generation, at, alone.writes > 0, lasting


def tried(cell: tuple[Any, ...]) -> Cell:
    """Try a cell; once more if even its preparation has failed, which only a machine that is too busy makes it do."""
    try:
        return try_out(*cell)
    except AssertionError:
        return try_out(*cell)


def main() -> int:
    """Run them."""
    rows, problems = [], 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for cell in pool.map(tried, list(cells())):
            rows.append(cell.row)
            if cell.problems:
                problems += 1
                print(cell, flush=True)
    lines = table(rows)
    print(*lines, f"{len(rows)} faults, {problems} problems.", sep="\n")
    if not problems:
        text = PAGE.read_text(encoding="utf-8").partition(BEGINS)[0]
        PAGE.write_text("\n".join([f"{text}{BEGINS}", "", *lines, ""]), encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
