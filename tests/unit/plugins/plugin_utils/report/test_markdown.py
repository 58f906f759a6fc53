# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as Markdown: a value is shown as it is, and is never markup."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.plugin_utils.report.markdown import MOST_DIFFERENCES, as_markdown
from ansible_collections.scramjet.sth.plugins.plugin_utils.report.report_file import build_report
from ansible_collections.scramjet.sth.tests.unit.plugins.plugin_utils.report.support import (
    STARTED,
    deployment,
    line,
    over,
)


def shown(**row: Any) -> str:
    """Return the cells of the one change of a report."""
    told = [line("north", list=["web"]), deployment("north", "web", {**STARTED, **row}), over("north")]
    return as_markdown(build_report(told, True)).splitlines()[-1]


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        ({"after": {"x": "a|b"}}, "`x`: + `a\\|b`"),
        ({"after": {"x": "a`b"}}, "`x`: + ``a`b``"),
        ({"after": {"x": "`"}}, "`x`: + `` ` ``"),
        ({"after": {"x": "one\ntwo"}}, "`x`: + `one two`"),
        ({"after": {"x": "<img>"}}, "`x`: + `<img>`"),
        ({"before": {"x": 1}, "after": {"x": "1"}}, "`x`: `1` → `1`"),
        ({"before": {"x": [1, 2]}, "after": {"x": [1, 3]}}, "`x.1`: `2` → `3`"),
        ({"before": {"x": None}, "after": {}}, "`x`: − `null`"),
        ({"reason": "@all <b> [x](y) | z"}, "&#64;all &#60;b&#62; &#91;x&#93;(y) &#124; z"),
    ],
)
def test_values_are_escaped_in_markdown(row: dict[str, Any], cell: str) -> None:
    assert cell in shown(**row).split(" | ")[4 if "reason" in row else 5].rstrip(" |")


def test_a_long_difference_is_cut() -> None:
    text = shown(after={f"k{number}": number for number in range(MOST_DIFFERENCES + 2)} | {"long": "x" * 1000})
    assert text.count("<br>") == MOST_DIFFERENCES
    assert "and 3 more |" in text
    assert "x" * 200 not in shown(after={"long": "x" * 1000})
