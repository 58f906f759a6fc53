# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of one run pass data on, although each has its own process."""

from __future__ import annotations

import pathlib

import pytest
from ansible import constants

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.plugin_utils.run_file import add_line, read_lines
from ansible_collections.scramjet.sth.tests.unit.running import small_disk


@pytest.fixture(autouse=True)
def directory(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The directory of the run."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


def test_items_come_back_in_order_each_under_its_name(directory: pathlib.Path) -> None:
    assert read_lines("one") == []
    add_line("one", {"text": "two\nlines"})
    add_line("other", {"a": 1})
    add_line("one", {"ü": None})
    assert read_lines("one") == [{"text": "two\nlines"}, {"ü": None}]
    assert read_lines("other") == [{"a": 1}]
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_a_full_disk_is_named_and_the_part_of_a_line_does_no_harm(directory: pathlib.Path) -> None:
    add_line("one", {"text": "first"})
    with small_disk(100), pytest.raises(SthError, match=f"{directory}.* could not be written") as raised:
        add_line("one", {"text": "x" * 200})
    assert raised.value.code == "LOCAL_ERROR"
    assert (directory / "scramjet.sth-one.jsonl").stat().st_size == 100
    assert read_lines("one") == [{"text": "first"}]


def test_a_directory_that_has_vanished_is_named(directory: pathlib.Path) -> None:
    directory.rmdir()
    assert read_lines("one") == []
    with pytest.raises(SthError, match=f"{directory}.*No such file"):
        add_line("one", {})
