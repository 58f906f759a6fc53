# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a task takes at most: the formula of docs/failures.md#how-long-a-task-takes-at-most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings

# Reads in a row, for the task and for each step.
READS = 10


def longest(options: Mapping[str, Any], timings: Timings, *, instances: int = 0) -> float:
    """Return the seconds that a task takes at most. ``options``: all of them, with their defaults. ``instances``: it starts or ends.

    ``timings``: those that the page gives as numbers of seconds.
    """
    given: dict[str, float] = {"request_retries": 3, **options}
    answer = given["connect_timeout"] + given["request_timeout"] + timings.longest_answer
    read = 2 * (1 + given["request_retries"]) * answer

    def write(hold: float) -> float:
        return float(given["request_retries"] * given["connect_timeout"] + answer + hold)

    start = (
        given.get("overload_timeout", 0)
        + write(timings.start_hold)
        + timings.lost_start_shows
        + given.get("wait_timeout", 0)
        + given.get("stable_for", 0)
    )
    stop = given.get("stop_timeout", 0)
    end = stop + write(stop) + timings.end_grace + timings.kill_grace
    if given.get("can_keepalive"):
        end += timings.keepalive_cap
    steps = math.ceil(instances / given.get("max_parallel", 4))
    waits = sum(given.get(name, 0) for name in ("removal_timeout", "run_timeout", "wait_timeout"))
    waits += timings.busy_after_end + timings.reconnect + timings.silence + timings.outage
    waits += timings.settles_within + timings.end_grace
    return READS * read + steps * (given.get("start_attempts", 1) * start + end + READS * read) + waits
