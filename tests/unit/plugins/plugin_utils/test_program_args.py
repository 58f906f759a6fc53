# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``args`` of a program are converted to JSON on the controller, or refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.plugin_utils.program_args import with_json_args

TYPED = ["Hello", 123, {"abc": 456}, ["789"], True, None]
TEXT = ' ["Hello", 123, {"abc": 456}, ["789"], true, null]'


@pytest.mark.parametrize("name", ["args", "sequence_args"])
@pytest.mark.parametrize("value", [TYPED, TEXT])
def test_a_list_and_json_text_of_one_mean_the_same(name: str, value: Any) -> None:
    given = {name: value, "overrides": [{"args": value, "app_config": {}}, {}]}
    assert with_json_args(given) == {name: TYPED, "overrides": [{"args": TYPED, "app_config": {}}, {}]}
    assert given[name] is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("--title=Hello, world", ["--title=Hello, world"]),
        ("--top\n3\n\n", ["--top", "3"]),
        ("- --top\n- 3", ["--top", 3]),
        ("-[", ["-["]),
        ("", []),
    ],
)
def test_other_text_has_an_argument_on_each_line_as_in_the_roles(text: str, value: list[Any]) -> None:
    given = {"args": text, "overrides": [{"args": text}]}
    assert with_json_args(given) == {"args": value, "overrides": [{"args": value}]}


@pytest.mark.parametrize("value", [None, 5, {"a": 1}])
def test_other_values_are_left_to_the_module(value: Any) -> None:
    assert with_json_args({"args": value, "overrides": value}) == {"args": value, "overrides": value}


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (datetime.date(2024, 1, 1), "args[1][0].x is a date"),
        (datetime.datetime(2024, 1, 1, 12, 30), "args[1][0].x is a date or a time"),
        (b"bytes", "args[1][0].x is binary data"),
        ({"a"}, "args[1][0].x is a set"),
    ],
)
def test_values_that_json_does_not_have_are_refused(value: Any, named: str) -> None:
    args = ["a", [{"x": value}]]
    for place, given in (("", {"args": args}), ("overrides[1].", {"overrides": [{}, {"args": args}]})):
        with pytest.raises(SthError, match="JSON cannot represent") as raised:
            with_json_args(given)
        assert raised.value.code == "INVALID_CONFIG"
        assert raised.value.message.startswith(place + named)


def test_text_that_is_not_json_is_refused_and_not_shown() -> None:
    with pytest.raises(SthError, match="args is text that begins with") as raised:
        with_json_args({"args": "[datetime.date(2024, 1, 1), 'canary']"})
    assert raised.value.code == "INVALID_CONFIG"
    assert "canary" not in raised.value.message
