# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments are converted as for a module, which gets them as JSON."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.plugin_utils.plain_arguments import as_module_gets

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text() | st.integers() | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner, inner), max_leaves=20
)


@given(VALUES)
def test_arguments_are_the_same_after_json(value: Any) -> None:
    # Of keys that become the same text JSON holds both, and the last one counts.
    assert as_module_gets(value) == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime.date(2024, 1, 1), "2024-01-01"),
        (datetime.datetime(2024, 1, 1, 12, 30), "2024-01-01T12:30:00"),
        ({datetime.date(2024, 1, 1): 1}, {"2024-01-01": 1}),
        (b"text", "text"),
        ({"a"}, ["a"]),
    ],
)
def test_values_that_json_does_not_have_become_text_or_a_list(value: Any, plain: Any) -> None:
    assert as_module_gets(value) == plain


def test_tagged_text_becomes_plain_text() -> None:
    class Noted(str):
        """Like ansible-core's."""

    assert not isinstance(as_module_gets([Noted("x")])[0], Noted)
