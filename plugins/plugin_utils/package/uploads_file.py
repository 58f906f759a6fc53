# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps notes about uploaded packages on the controller.

For one run of ``ansible-playbook``, it keeps their names and sources, to warn if one package replaces another. For later runs, it keeps
the digests of their files, to name in a diff the files that differ: a hub reports only the digest of a whole package.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import MOST_NAMED
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import cache_directory, keep_newest, replacing
from ansible_collections.scramjet.sth.plugins.plugin_utils.run_file import add_line, read_lines

Files = Mapping[str, str]
# For how many packages the digests of the files are kept.
MOST_UPLOADS = 100
_DIGEST = re.compile(r"@sha256:([0-9a-f]{12})\Z")


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
    # The upload is done, and counts more than a later warning.
    with suppress(SthError):
        add_line("uploads", {"hub": hub, "src": src, "ref": sequence["ref"]})
    if not twins:
        return None
    return (
        f"{sequence['ref']} from {src} replaced {twins[-1]['ref']}, which an earlier task of this play uploaded from "
        f"{twins[-1]['src']}: both are named {sequence['name']!r}, so they replace each other in every run. To keep both, "
        "give one of them another name in its package.json, or set keep_old: true in both tasks."
    )


def keep_files(ref: str, files: Files) -> None:
    """Keep ``files`` (`Package.file_digests`) of the package ``ref`` for later runs. Ignores errors: then later diffs only show less."""
    path = _path_of_kept(ref)
    if path is None:
        return
    directory = os.path.dirname(path)
    with suppress(OSError, SthError):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        with replacing(path) as file:
            file.write(json.dumps(files).encode())
        keep_newest(directory, MOST_UPLOADS)


def kept_files(ref: str) -> Files | None:
    """Return the kept files of the package ``ref``; None if this controller has not kept them."""
    path = _path_of_kept(ref)
    with suppress(OSError, ValueError):
        if path is not None:
            with open(path, encoding="utf-8") as file:
                return {str(name): str(content) for name, content in json.load(file).items()}
    return None


def changed_files(before: Files, after: Files) -> dict[str, list[str]]:
    """Return the paths that were ``changed``, ``added`` and ``removed``, by these keys. A key without paths is left out."""
    found = {
        "changed": _first_names(path for path in before if path in after and before[path] != after[path]),
        "added": _first_names(path for path in after if path not in before),
        "removed": _first_names(path for path in before if path not in after),
    }
    return {kind: paths for kind, paths in found.items() if paths}


def _first_names(paths: Iterable[str]) -> list[str]:
    names = sorted(paths)
    more = len(names) - MOST_NAMED
    return names if more <= 0 else [*names[:MOST_NAMED], f"and {more} more"]


def _path_of_kept(ref: str) -> str | None:
    match = _DIGEST.search(ref)
    return os.path.join(cache_directory("scramjet-sth-files"), f"{match.group(1)}.json") if match else None
