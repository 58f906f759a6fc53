# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data that tasks in one run of ``ansible-playbook`` pass on to later tasks, as lines of JSON.

The data is in a file, because each task has its own process. ansible-core creates its directory for the run and removes it.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ansible import constants

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError


def read_lines(name: str) -> list[dict[str, Any]]:
    """Return the items that were added under ``name`` in this run, the oldest first."""
    found = []
    with suppress(FileNotFoundError), open(_path_in_run(name), encoding="utf-8", errors="replace") as file:
        for line in file:
            # On a full disk, a line may have been written only in part.
            with suppress(ValueError):
                found.append(json.loads(line))
    return found


def add_line(name: str, item: Mapping[str, Any]) -> None:
    """Add ``item`` under ``name``, with one write, because tasks for other hosts write at the same time. Raises ``LOCAL_ERROR``."""
    path = _path_in_run(name)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(handle, "ab", buffering=0) as file:
            line = (json.dumps(item) + "\n").encode()
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        raise SthError(
            "LOCAL_ERROR",
            f"{path} could not be written on the controller ({error.strerror or error}): check the permissions and the free space of its directory.",
        ) from None


def _path_in_run(name: str) -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, f"scramjet.sth-{name}.jsonl")  # type: ignore[attr-defined]
