# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps which packages the tasks of one run of ``ansible-playbook`` uploaded, to warn where one replaces the other.

In a file, since each task has a process of its own; in the directory that ansible-core makes for the run and removes after it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible import constants


def note_upload(place: str, src: str, result: Mapping[str, Any]) -> str | None:
    """Keep what a task of sth_sequence uploaded from ``src``; return a warning if that replaced the package of another task.

    ``place`` is where the task ran: a hub's address may mean another hub on another machine. A newer content of the same
    ``src`` is no other package.
    """
    if result.get("failed") or not any(action["action"] == "upload" for action in result.get("actions") or ()):
        return None
    src = os.path.normpath(src)
    hub, sequence = [place, result["hub"]["api_url"]], result["sequence"]
    removed = {item["ref"] for item in result["removed"]}
    # Of one reference the last upload counts.
    uploaded = {item["ref"]: item for item in _read() if item["hub"] == hub}
    twins = [item for item in uploaded.values() if item["ref"] in removed and item["src"] != src]
    _add({"hub": hub, "src": src, "ref": sequence["ref"]})
    if not twins:
        return None
    return (
        f"{sequence['ref']} from {src} replaced {twins[-1]['ref']}, which an earlier task of this play uploaded from "
        f"{twins[-1]['src']}: both are named {sequence['name']!r}, so they replace each other in every run. To keep both, "
        "give one of them another name in its package.json, or set keep_old: true in both tasks."
    )


def _read() -> list[dict[str, Any]]:
    try:
        with open(_path(), encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def _add(item: Mapping[str, Any]) -> None:
    """Add a line in one write, since tasks for other hosts do so at the same time."""
    handle = os.open(_path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(handle, "ab", buffering=0) as file:
        file.write((json.dumps(item) + "\n").encode())


def _path() -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, "scramjet.sth-uploads.jsonl")  # type: ignore[attr-defined]
