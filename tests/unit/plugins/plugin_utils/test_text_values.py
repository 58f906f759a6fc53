# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and mappings that are read from text."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.plugin_utils.text_values import list_from, mapping_from


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("one\ntwo words\n\n", ["one", "two words"]),
        ("one\r\ntwo", ["one", "two"]),
        ('["Hello", 123, {"abc": 456}, null]', ["Hello", 123, {"abc": 456}, None]),
        ("- one\n- two", ["one", "two"]),
        ("---\n- one\n- two", ["one", "two"]),
        # JSON that is no YAML.
        (json.dumps(["\U0001f680", 1]), ["\U0001f680", 1]),
        ('[\n\t"a",\n\t1e3\n]', ["a", 1000.0]),
        # What YAML would read as a date that there is not.
        ("2026-99-99", ["2026-99-99"]),
        ("[NaN]", ["NaN"]),
        ("a,b", ["a,b"]),
        ("-", ["-"]),
        ("-5", ["-5"]),
        # No YAML at all, and YAML of something else.
        ("*.log\n[x", ["*.log", "[x"]),
        ("name: value", ["name: value"]),
        ("", []),
        ("[]", []),
    ],
)
def test_a_list(text: str, items: list[Any]) -> None:
    assert list_from(text) == items


def test_commas_separate_items_if_commas_is_set() -> None:
    assert list_from("a.b, c\nd\n", commas=True) == ["a.b", "c", "d"]
    assert list_from("['a,b', c]", commas=True) == ["a,b", "c"]
    assert list_from("[ab]*.log\nc", commas=True) == ["[ab]*.log", "c"]


def test_a_list_with_a_mistake_in_it_is_not_one_item() -> None:
    assert list_from('["a", ') == '["a", '


@pytest.mark.parametrize("value", [[1, "a\nb"], {"a": 1}, None])
def test_values_other_than_text_stay_unchanged(value: Any) -> None:
    assert list_from(value) is value
    assert mapping_from(value) is value


@pytest.mark.parametrize(
    ("value", "text"), [(5, "5"), (0, "0"), (1.5, "1.5"), (True, "true"), (datetime.date(2026, 1, 2), "2026-01-02")]
)
def test_a_scalar_that_ansible_parsed_from_text_is_one_item(value: Any, text: str) -> None:
    assert list_from(value) == [text]
    assert list_from(value, commas=True) == [text]
    assert mapping_from(value) is value


@pytest.mark.parametrize("text", ["a: 1\nb: [2]", "---\na: 1\nb: [2]", '{"a": 1, "b": [2]}', '{\t"a": 1,\n\t"b": [2]}'])
def test_a_mapping(text: str) -> None:
    assert mapping_from(text) == {"a": 1, "b": [2]}


@pytest.mark.parametrize(
    "text", ["password: 'not closed", "day: 2026-99-99", "[" * 10_000, "{a: " * 5_000, "[1]", "text", ""]
)
def test_text_that_is_not_a_mapping_stays_unchanged(text: str) -> None:
    assert mapping_from(text) == text
