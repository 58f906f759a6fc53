# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many tests run at once: several for each CPU that this process may use, because many tests wait.

``python3 jobs.py`` prints the number. The Makefile uses it if JOBS is not set.
"""

from __future__ import annotations

import os
import pathlib

# Tests for each CPU. They often wait for hubs, and those that scheduling.py takes from the end of the list mostly wait.
_AT_ONCE = 4
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def usable_cpus(cgroups: pathlib.Path = CGROUPS, own: pathlib.Path = pathlib.Path("/proc/self/cgroup")) -> float:
    """Return the CPUs that this process may use: those of its affinity, or fewer if its cgroup has a quota."""
    quotas = [quota for quota in (_quota_v2(cgroups, own), _quota_v1(cgroups)) if quota]
    return min([float(len(os.sched_getaffinity(0))), *quotas])


def jobs() -> int:
    """Return the default of JOBS."""
    return max(2, round(_AT_ONCE * usable_cpus()))


def _quota_v2(cgroups: pathlib.Path, own: pathlib.Path) -> float | None:
    """Return the lowest quota, in CPUs, of the process's cgroup and of those above it; None if there is none."""
    paths = [line[3:].strip("/") for line in _lines(own) if line.startswith("0::")]
    found = []
    for path in paths or [""]:
        parts = path.split("/") if path else []
        for depth in range(len(parts) + 1):
            for line in _lines(cgroups.joinpath(*parts[:depth], "cpu.max")):
                quota, _space, period = line.partition(" ")
                if quota.isdigit() and period.isdigit():
                    found.append(int(quota) / int(period))
    return min(found, default=None)


def _quota_v1(cgroups: pathlib.Path) -> float | None:
    quota = _lines(cgroups / "cpu" / "cpu.cfs_quota_us")
    period = _lines(cgroups / "cpu" / "cpu.cfs_period_us")
    return int(quota[0]) / int(period[0]) if quota and period and int(quota[0]) > 0 else None


def _lines(path: pathlib.Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return []


if __name__ == "__main__":
    print(jobs())
