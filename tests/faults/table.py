# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of many cells as one table: fault x module x (first, second, third run)."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.scramjet.sth.tests.faults.kinds import KINDS

# Under which name a test tells its rows to the summary of a test run.
PROPERTY = "fault"
# Of a run that has sent fewer requests than the one before.
NO_FAULT = "no fault"


@dataclass(frozen=True)
class Row:
    """What the table shows of a cell."""

    module: str
    kind: str
    first: str
    second: str
    third: str

    def __str__(self) -> str:
        return "|".join((self.module, self.kind, self.first, self.second, self.third))

    @classmethod
    def read(cls, text: str) -> Row:
        """Return the row that was written as ``text``."""
        return cls(*text.split("|"))


def table(rows: Iterable[Row]) -> list[str]:
    """Return the lines of the table, in Markdown."""
    found = collections.defaultdict(list)
    for row in rows:
        if row.first == NO_FAULT:
            continue
        found[row.kind, row.module].append(row)
    modules = sorted({module for _kind, module in found})
    lines = [f"| fault | {' | '.join(modules)} |", "|---" * (len(modules) + 1) + "|"]
    for kind in KINDS:
        cells = [_cell(found[kind.name, module]) for module in modules]
        if any(cells):
            lines.append(f"| {kind.name} | {' | '.join(cells)} |")
    return lines


def _cell(rows: list[Row]) -> str:
    return " / ".join(_counted(getattr(row, name) for row in rows) for name in ("first", "second", "third"))


def _counted(words: Iterable[str]) -> str:
    counts = collections.Counter(words)
    if len(counts) < 2:
        return "".join(counts)
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items(), key=lambda item: -item[1]))
