# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what the tasks of one run of ``ansible-playbook --check`` foresee, for the tasks after them.

In a file, since each task has a process of its own; in the directory that ansible-core makes for the run and removes after it.
A task that is in check mode in a run that is not changes what the next task finds, which then is what counts.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ansible import constants, context

from ansible_collections.scramjet.sth.plugins.module_utils.run.foreseen import Entry


def foresees(action: Any) -> bool:
    """Whether the task of an action plugin is to be predicted together with those before it."""
    return bool(context.CLIARGS.get("check") and action._task.check_mode and not action._task.async_val)


def read_entries(place: str) -> list[Entry]:
    """Return what was foreseen by tasks that ran in ``place``: a hub's address may mean another hub on another machine."""
    try:
        with open(_path(), encoding="utf-8") as file:
            kept = [json.loads(line) for line in file]
    except FileNotFoundError:
        return []
    return [item["entry"] for item in kept if item["place"] == place]


def add_entries(place: str, entries: list[Entry]) -> None:
    """Add what a task foresees. In one write, since tasks for other hosts do so at the same time."""
    lines = "".join(json.dumps({"place": place, "entry": entry}) + "\n" for entry in entries)
    handle = os.open(_path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(handle, "ab", buffering=0) as file:
        file.write(lines.encode())


def _path() -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, "scramjet.sth-foreseen.jsonl")  # type: ignore[attr-defined]
