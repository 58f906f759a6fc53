# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the benchmarks, all or those that are named, and writes their tables to stdout only."""

from __future__ import annotations

import pathlib
import platform
import sys
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

SUBJECTS = {
    "tasks": tasks.run,
    "profile": profile.run,
    "roles": roles.run,
    "unchanged": unchanged.run,
    "events": events.run,
    "many_hubs": many_hubs.run,
    "starts": starts.run,
    "uploads": uploads.run,
}


def main() -> None:
    """Run them."""
    print(f"ansible-core {core_version}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="sth-benchmark-") as directory:
        for name in sys.argv[1:] or SUBJECTS:
            SUBJECTS[name](pathlib.Path(directory))


if __name__ == "__main__":
    main()
