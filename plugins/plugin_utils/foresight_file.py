# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what the tasks of one run of ``ansible-playbook --check`` foresee, for the tasks after them.

A task that is in check mode in a run that is not changes what the next task finds, which then is what counts.
"""

from __future__ import annotations

import uuid
from typing import Any
from weakref import WeakKeyDictionary

from ansible import context

from ansible_collections.scramjet.sth.plugins.module_utils.run.foreseen import Entry
from ansible_collections.scramjet.sth.plugins.plugin_utils.run_file import add_line, read_lines

# Each host has a process of its own, and each item of a loop a copy of the task; attempts have an action plugin of their own.
_task_ids: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def foresees(action: Any) -> bool:
    """Whether the task of an action plugin is to be predicted from what those before it would have left."""
    return bool(context.CLIARGS.get("check") and action._task.check_mode and not action._task.async_val)


def acts_without_check(task: Any) -> bool:
    """Whether a playbook's task that is in check mode would act in a run without ``--check``.

    Not if a keyword keeps it in check mode there too: its own, or one of a block, role or play around it.
    """
    said = (task.get_ds() or {}).get("check_mode")
    if said is None:
        said = task._get_parent_attribute("check_mode", omit=True)
    if isinstance(said, str):
        # What it evaluates to is known (true), but not what it would without --check; this says so by its name.
        return "ansible_check_mode" in said
    return not isinstance(said, bool)


def read_entries(place: str, task: Any) -> list[Entry]:
    """Return what was foreseen in ``place`` by others than a playbook's ``task``.

    A hub's address may mean another hub on another machine. What the task itself foresaw belongs to an attempt (``until``)
    that is now repeated.
    """
    told = read_lines("foreseen")
    own = _task_id(task)
    # Of several attempts the last one counts.
    kept = {item["task"]: item["entries"] for item in told if item["place"] == place and item["task"] != own}
    return [entry for entries in kept.values() for entry in entries]


def add_entries(place: str, task: Any, entries: list[Entry]) -> None:
    """Add what a task foresees."""
    add_line("foreseen", {"place": place, "task": _task_id(task), "entries": entries})


def _task_id(task: Any) -> str:
    """Return what all attempts of a task have in common, and no other task, host or item of a loop: its object."""
    return _task_ids.setdefault(task, uuid.uuid4().hex)
