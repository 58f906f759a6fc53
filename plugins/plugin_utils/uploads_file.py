# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the packages that tasks in one run of ``ansible-playbook`` uploaded, to warn if one replaces another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.plugin_utils.run_file import add_line, read_lines


def note_upload(place: str, src: str, result: Mapping[str, Any]) -> str | None:
    """Record the upload of ``src`` by a task of sth_sequence; return a warning if it replaced the package of another task.

    ``place``: the machine where the task ran, because the same address may mean another hub on another machine. Changed
    content of the same ``src`` does not count as another package.
    """
    if result.get("failed") or not any(action["action"] == "upload" for action in result.get("actions") or ()):
        return None
    src = os.path.normpath(src)
    hub, sequence = [place, result["hub"]["api_url"]], result["sequence"]
    removed = {item["ref"] for item in result["removed"]}
    # If a ref was uploaded several times, the last upload counts.
    uploaded = {item["ref"]: item for item in read_lines("uploads") if item["hub"] == hub}
    twins = [item for item in uploaded.values() if item["ref"] in removed and item["src"] != src]
    add_line("uploads", {"hub": hub, "src": src, "ref": sequence["ref"]})
    if not twins:
        return None
    return (
        f"{sequence['ref']} from {src} replaced {twins[-1]['ref']}, which an earlier task of this play uploaded from "
        f"{twins[-1]['src']}: both are named {sequence['name']!r}, so they replace each other in every run. To keep both, "
        "give one of them another name in its package.json, or set keep_old: true in both tasks."
    )
