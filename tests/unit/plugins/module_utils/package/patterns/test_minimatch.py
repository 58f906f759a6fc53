# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Globs as minimatch 3 matches them. Those of real `.siignore` files are in test_siignore."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.braces import TooManyAlternatives
from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.minimatch import Minimatch


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("src", ["src"], ["lib/src", "src/a"]),
        ("*.log", ["a.log"], ["a/b.log", "log"]),
        ("**/*.log", ["a.log", "a/b/c.log"], ["a.log/b"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["a/b", "b/a/z"]),
        ("?.js", ["a.js"], ["ab.js", ".js"]),
        ("[a-c].js", ["b.js"], ["d.js", "-.js"]),
        ("[!a].js", ["b.js"], ["a.js"]),
        ("@(a|b).js", ["a.js", "b.js"], ["ab.js"]),
        ("x!(a).js", ["xb.js"], ["xa.js"]),
        ("+(ab)", ["ab", "abab"], ["", "a"]),
        ("{a,b}/c", ["a/c", "b/c"], ["c"]),
        ("!a", ["b", "a/b"], ["a"]),
        (r"\*", ["*"], ["a"]),
        ("  src  ", ["src"], [" src"]),
        ("# src", [], ["# src", "src"]),
        ("", [], ["", "a"]),
    ],
)
def test_a_pattern_is_compared_with_the_whole_path(pattern: str, matching: list[str], others: list[str]) -> None:
    glob = Minimatch(pattern)
    assert [path for path in (*matching, *others) if glob.matches(path)] == matching


@pytest.mark.parametrize(
    ("pattern", "idle"), [("src/", True), ("/src", True), ("./src", True), ("src", False), ("{src,/src}", False)]
)
def test_a_pattern_that_cannot_match_a_path_is_reported(pattern: str, idle: bool) -> None:
    assert Minimatch(pattern).is_idle is idle


@given(st.text("ab.-_", min_size=1, max_size=5).filter(lambda name: name.strip(".")))
def test_a_plain_name_matches_itself_only(name: str) -> None:
    assert Minimatch(name).matches(name)
    assert not Minimatch(name).matches(f"{name}x")


@given(st.text(), st.text(min_size=1))
def test_no_pattern_is_an_error(pattern: str, path: str) -> None:
    with contextlib.suppress(TooManyAlternatives):
        assert Minimatch(pattern).matches(path) in (True, False)
