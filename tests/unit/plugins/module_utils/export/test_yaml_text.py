# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written as YAML is read as the same value, and nothing in it is evaluated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.export.placeholders import Placeholder
from ansible_collections.scramjet.sth.plugins.module_utils.export.yaml_text import comment, yaml_lines
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.export.support import read_yaml


def written(value: Any) -> str:
    return "\n".join(yaml_lines(value))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3))
@example({"key": [1e-05, 1e16, -2.5e300]})
def test_every_value_comes_back(value: dict[str, Any]) -> None:
    assert read_yaml(written(value)) == value


@pytest.mark.parametrize(
    "text", ["yes", "No", "1", "1e3", "0x1", "null", "~", "2026-01-01", "a: b", "- a", "#", "", "!x", "=", "@a"]
)
def test_a_string_stays_a_string(text: str) -> None:
    assert read_yaml(written({"key": text, text: 1, "list": [text]})) == {"key": text, text: 1, "list": [text]}


@pytest.mark.parametrize("text", ["{{ x }}", "{% if x %}", "{# x #}"])
def test_a_template_of_a_program_is_data(text: str) -> None:
    assert written({"key": text}) == f'key: !unsafe "{text}"'
    assert written({"key": Placeholder("{{ x }}")}) == 'key: "{{ x }}"'


def test_a_comment_is_one_line() -> None:
    assert comment("a\nb: c\x85\u2028d") == "# a b: c d"
