# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pattern with braces stands for. Those of real `.siignore` files are in test_siignore."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.braces import (
    TooManyAlternatives,
    expand_braces,
)


@pytest.mark.parametrize(
    ("pattern", "alternatives"),
    [
        ("plain", ["plain"]),
        ("a{b,c}d", ["abd", "acd"]),
        ("{a,b}{c,d}", ["ac", "ad", "bc", "bd"]),
        ("{a,{b,c}}", ["a", "b", "c"]),
        ("{a,}b", ["ab", "b"]),
        ("{1..3}", ["1", "2", "3"]),
        ("{3..1}", ["3", "2", "1"]),
        ("{1..5..2}", ["1", "3", "5"]),
        ("{08..10}", ["08", "09", "10"]),
        ("{a..c}", ["a", "b", "c"]),
        ("{a}", ["{a}"]),
        ("{}", ["{}"]),
        ("a{b", ["a{b"]),
        (r"\{a,b\}", [r"{a,b}"]),
        (r"{a\,b,c}", ["a,b", "c"]),
    ],
)
def test_braces_are_expanded_as_by_bash(pattern: str, alternatives: list[str]) -> None:
    assert expand_braces(pattern) == alternatives


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["{1..10001}", "{a,b}" * 14, "{" * 5000 + "a,b" + "}" * 5000])
def test_braces_that_expand_to_too_many_names_are_refused(pattern: str) -> None:
    with pytest.raises(TooManyAlternatives):
        expand_braces(pattern)


@given(st.lists(st.text("xyz", max_size=2), min_size=2, max_size=4), st.text("xyz", min_size=1), st.text("xyz"))
def test_each_alternative_is_joined_with_the_text_around_it(inner: list[str], before: str, after: str) -> None:
    assert expand_braces(f"{before}{{{','.join(inner)}}}{after}") == [f"{before}{item}{after}" for item in inner]
