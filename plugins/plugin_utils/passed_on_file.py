# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the predictions of tasks in one run of ``ansible-playbook --check``, for later tasks.

Without ``--check``, tasks in check mode keep nothing, because the next task finds the real state (architecture.md#what-check-mode-hands-on).
"""

from __future__ import annotations

import uuid
from typing import Any
from weakref import WeakKeyDictionary

from ansible import context

from ansible_collections.scramjet.sth.plugins.module_utils.run.predicted import Entry
from ansible_collections.scramjet.sth.plugins.plugin_utils.run_file import add_line, read_lines

# By task object: each host has its own process, and each item of a loop its own copy of the task, but all attempts (``until``) share it.
_task_ids: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def predicts(action: Any) -> bool:
    """Whether to predict the task of an action plugin from the state that earlier tasks would have left."""
    return bool(context.CLIARGS.get("check") and action._task.check_mode and not action._task.async_val)


def acts_without_check(task: Any) -> bool:
    """Whether a task in check mode would write in a run without ``--check``.

    It would not write if the keyword check_mode of the task, or of a block, role or play around it, keeps it in check mode.
    """
    said = (task.get_ds() or {}).get("check_mode")
    if said is None:
        said = task._get_parent_attribute("check_mode", omit=True)
    if isinstance(said, str):
        # The template is true in this run. Only if it refers to ansible_check_mode, it is taken to be false without --check.
        return "ansible_check_mode" in said
    return not isinstance(said, bool)


def read_entries(place: str, task: Any) -> list[Entry]:
    """Return the predictions of other tasks for ``place``.

    On another machine, the same address may mean another hub. Predictions of ``task`` itself are left out: they are from earlier
    attempts (``until``), which this attempt replaces.
    """
    lines = read_lines("predicted")
    own = _task_id(task)
    # Of several attempts the last one counts.
    kept = {item["task"]: item["entries"] for item in lines if item["place"] == place and item["task"] != own}
    return [entry for entries in kept.values() for entry in entries]


def add_entries(place: str, task: Any, entries: list[Entry]) -> None:
    """Add what a task predicts."""
    add_line("predicted", {"place": place, "task": _task_id(task), "entries": entries})


def _task_id(task: Any) -> str:
    """Return an id that all attempts of a task share, but no other task, host or item of a loop: the id of its object."""
    return _task_ids.setdefault(task, uuid.uuid4().hex)
