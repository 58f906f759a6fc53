# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run of ``ansible-playbook`` leave for the tasks after them, as lines of JSON.

In a file, since each task has a process of its own; in the directory that ansible-core makes for the run and removes after it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible import constants


def read_lines(name: str) -> list[dict[str, Any]]:
    """Return what was added under ``name`` in this run, the oldest first."""
    try:
        with open(_path(name), encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def add_line(name: str, item: Mapping[str, Any]) -> None:
    """Add ``item`` under ``name``. In one write, since tasks for other hosts do so at the same time."""
    handle = os.open(_path(name), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(handle, "ab", buffering=0) as file:
        file.write((json.dumps(item) + "\n").encode())


def _path(name: str) -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, f"scramjet.sth-{name}.jsonl")  # type: ignore[attr-defined]
