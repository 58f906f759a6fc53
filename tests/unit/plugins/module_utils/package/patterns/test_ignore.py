# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gitignore matcher, against pathspec where pathspec follows git, and against what git itself answers elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.ignore import IgnoreRules

NAMES = ["a", "b", "ab", "a.b", "foo", "-"]
ATOMS = [*NAMES, "*", "**", "?", "a*", "*b", "*.b", "[ab]", "[!a]", "[^b]", "[a-c]*", "f?o", "\\a", "[]a]", "[a-]"]


@st.composite
def patterns(draw: st.DrawFn, negated: bool) -> str:
    """A pattern of one to three segments."""
    body = "/".join(draw(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3)))
    sign = "!" if negated and draw(st.booleans()) else ""
    return sign + draw(st.sampled_from(["", "/"])) + body + draw(st.sampled_from(["", "/"]))


def ignored(lines: list[str], path: str) -> bool:
    """Walk down to ``path``, a file, as the packer does."""
    rules = IgnoreRules(lines)
    parts = path.split("/")
    return any(rules.ignores("/".join(parts[:depth]), depth < len(parts)) for depth in range(1, len(parts) + 1))


# Where a directory is left out and something below it is taken back in, and for patterns that end with "**/", pathspec
# answers otherwise than git does; those are in the table below.
@given(
    st.lists(patterns(negated=False).filter(lambda pattern: not pattern.endswith("**/")), min_size=1, max_size=4),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join),
)
def test_patterns_match_what_pathspec_matches(lines: list[str], path: str) -> None:
    assert ignored(lines, path) == GitIgnoreSpec.from_lines(lines).match_file(path)


@given(st.lists(patterns(negated=True), min_size=1, max_size=4), st.sampled_from(NAMES))
def test_the_last_pattern_that_matches_decides_as_in_pathspec(lines: list[str], name: str) -> None:
    assert ignored(lines, name) == GitIgnoreSpec.from_lines(lines).match_file(name)


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        (["a/", "!a/b"], "a/b", True),
        (["a/*", "!a/b"], "a/b", False),
        (["*.txt", "!a"], "a/x.txt", True),
        (["!*", "a/*", "!a/b/"], "a/b/c", False),
        (["a/**/"], "a/b", False),
        (["a/**/"], "a/b/c", True),
        (["a/**"], "a", False),
        (["a/**/b"], "a/b", True),
        (["a/**/b"], "a/x/y/b", True),
        (["a**b"], "a/b", False),
        (["x/a**b"], "x/ab", True),
        (["[[:upper:]]"], "A", True),
        (["[[:upper:]]"], "a", False),
        (["[[:nonsense:]]"], "a", False),
        (["[a"], "[a", False),
        (["a["], "a[", False),
        (["a\\"], "a\\", False),
        (["[z-a]"], "m", False),
        (["a[/]b"], "a/b", False),
        (["[\\]]"], "]", True),
        (["[a\\-c]"], "b", False),
        (["[!]]"], "a", True),
        (["\\!a"], "!a", True),
        (["\\#a"], "#a", True),
        (["#a"], "#a", False),
        (["a  "], "a", True),
        (["a\\ "], "a ", True),
        (["/"], "a", False),
        ([""], "a", False),
        (["a?b"], "a\nb", True),
    ],
)
def test_corners_are_as_in_git(lines: list[str], path: str, expected: bool) -> None:
    assert ignored(lines, path) is expected


@given(st.lists(st.text(), max_size=4), st.text(min_size=1))
def test_no_line_is_an_error(lines: list[str], path: str) -> None:
    assert IgnoreRules(lines).ignores(path, False) in (True, False)
