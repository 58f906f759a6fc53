# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the benchmarks, all or those that are named, prints their tables, and puts them into a JSON file if it is named."""

from __future__ import annotations

import argparse
import json
import pathlib
import platform
import tempfile

from ansible.release import __version__ as core_version

from ansible_collections.scramjet.sth.tests.benchmark import (
    events,
    many_hubs,
    profile,
    roles,
    starts,
    tasks,
    unchanged,
    uploads,
)
from ansible_collections.scramjet.sth.tests.benchmark.measuring import TABLES

SUBJECTS = {
    "tasks": tasks.run,
    "profile": profile.run,
    "roles": roles.run,
    "hub": roles.run_hub,
    "unchanged": unchanged.run,
    "events": events.run,
    "many_hubs": many_hubs.run,
    "starts": starts.run,
    "uploads": uploads.run,
}


def main() -> None:
    """Run them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"one of {', '.join(SUBJECTS)}; default: all")
    parser.add_argument(
        "--json", type=pathlib.Path, metavar="FILE", help="file whose tables of the same titles are replaced"
    )
    asked = parser.parse_args()
    by = f"ansible-core {core_version}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    print(by)
    with tempfile.TemporaryDirectory(prefix="sth-benchmark-") as directory:
        for name in asked.subjects or SUBJECTS:
            # Each has a folder of its own, because several of them run a hub there.
            own = pathlib.Path(directory, name)
            own.mkdir(exist_ok=True)
            SUBJECTS[name](own)
            if asked.json:
                record(asked.json, by)


def record(path: pathlib.Path, by: str) -> None:
    """Put the tables of this run into the file at ``path``: ``{title: {"by": versions, "columns": […], "rows": [[text, …], …]}}``."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known.update({title: {"by": by, **content} for title, content in TABLES.items()})
    path.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
