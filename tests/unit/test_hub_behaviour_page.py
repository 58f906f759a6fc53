# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every trap of hubs has a row with a test that exists, or says that there is none."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hub-behaviour.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \[([^]]+)\]\(#[\w-]+\) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
# The page says of these that a client can do nothing about them.
WITHOUT = {"Events reach other instances", "Exit codes of strangers", "Output with an encoding"}


def test_each_trap_has_a_row() -> None:
    traps = PAGE.partition("\n## Traps\n")[2].partition("\n## ")[0]
    assert [name for name, _lost, _test in ROWS] == re.findall(r"^### (.*)$", traps, re.MULTILINE)


def test_each_row_names_a_test_that_exists() -> None:
    for name, _lost, test in ROWS:
        if test == "none":
            assert name in WITHOUT
            continue
        path, _colons, function = test.strip("`").partition("::")
        assert re.search(rf"^def {function}\(", ROOT.joinpath(path).read_text(encoding="utf-8"), re.MULTILINE), test
