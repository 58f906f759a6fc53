# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tasks predict for later tasks of the run, and which of them would act in a run without ``--check``."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants, context

from ansible_collections.scramjet.sth.plugins.plugin_utils.passed_on_file import (
    acts_without_check,
    add_entries,
    predicts,
    read_entries,
)

ONE: Any = {"kind": "one"}
TWO: Any = {"kind": "two"}


class Task:
    """A task, of which every attempt is the same object."""

    def __init__(self, own: Any = None, around: Any = None) -> None:
        self._own, self._around = own, around

    def get_ds(self) -> dict[str, Any]:
        return {} if self._own is None else {"check_mode": self._own}

    def _get_parent_attribute(self, _name: str, *, omit: bool) -> Any:
        assert omit
        return self._around


@pytest.fixture(autouse=True)
def directory(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory of the run."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def test_a_task_reads_predictions_of_other_tasks_for_its_hub() -> None:
    first, second = Task(), Task()
    add_entries("hub", first, [ONE])
    add_entries("another hub", second, [TWO])
    assert read_entries("hub", second) == [ONE]
    assert read_entries("hub", first) == []
    assert read_entries("another hub", first) == [TWO]


def test_the_last_attempt_counts() -> None:
    task = Task()
    add_entries("hub", task, [ONE])
    add_entries("hub", task, [TWO])
    assert read_entries("hub", Task()) == [TWO]


@pytest.mark.parametrize(
    ("own", "around", "acts"),
    [
        (None, None, True),
        (True, None, False),
        (None, True, False),
        (False, True, False),
        ("{{ ansible_check_mode }}", None, True),
        ("{{ dry }}", None, False),
        (None, "{{ ansible_check_mode }}", True),
    ],
)
def test_a_task_that_is_kept_in_check_mode_does_not_act(own: Any, around: Any, acts: bool) -> None:
    assert acts_without_check(Task(own, around)) == acts


@pytest.mark.parametrize(
    ("run", "task", "in_background", "so"), [(True, True, 0, True), (False, True, 0, False), (True, False, 0, False), (True, True, 9, False)]
)  # fmt: skip
def test_only_a_task_of_a_run_with_check_predicts(
    monkeypatch: pytest.MonkeyPatch, run: bool, task: bool, in_background: int, so: bool
) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"check": run})
    action = SimpleNamespace(_task=SimpleNamespace(check_mode=task, async_val=in_background))
    assert predicts(action) == so
