# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a task has data to write."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.streams.options import StreamOptions
from ansible_collections.scramjet.sth.plugins.modules.sth_stream import TASK
from ansible_collections.scramjet.sth.tests.unit.running import validated


@pytest.mark.parametrize(
    ("given", "has_data"),
    [
        ({}, False),
        ({"end": True}, False),
        # Nothing is data too: a task that says so writes it.
        ({"content": ""}, True),
        ({"lines": []}, True),
        ({"src": "file"}, True),
    ],
)
def test_an_empty_text_counts_as_data(given: dict[str, Any], has_data: bool) -> None:
    assert validated(StreamOptions, TASK.options, instance="echo", stream="input", **given).has_data == has_data
