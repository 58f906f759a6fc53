# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run ended, on hubs that report it and on hubs that do not (hub-behaviour.md#start-and-life-cycle)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Outcome

# The key of ``engines`` of a program in Python, and how its runner calls itself in the log.
PYTHON = "python3"
PYTHON_RUNNER = "PythonRunner"
_FINISHED = "Finished."


def ended_record(
    last: InstanceRecord, now: InstanceRecord | None, output_ended: float | None, lingers_at_least: float
) -> InstanceRecord:
    """Return the record of an instance that has ended, with its outcome.

    ``last``: its record when it was last seen alive. ``now``: its record now, None on 0.18. ``output_ended``: when the
    hub ended the output stream (monotonic clock). ``lingers_at_least``: seconds for which a hub lists a completed one after that.
    """
    if now is not None:
        return now
    return replace(last, status="ended", outcome=_outcome_018(output_ended, lingers_at_least))


def as_the_log_says(record: InstanceRecord, log: str) -> InstanceRecord:
    """Return the record of a Python program that has ended, with the outcome that the end of its log shows."""
    if record.outcome in ("failed", "unknown", None) and has_finished(log):
        return replace(record, outcome="completed")
    return record


def has_finished(log: str) -> bool:
    """Whether the last line of a Python runner says that it has finished. No hub reports this (hub-behaviour.md#python-programs).

    A line of the program itself looks the same, but is not the last one. On 1.x, lines of the hub follow.
    """
    said = (finishes(line.encode()) for line in reversed(log.splitlines()))
    return next((item for item in said if item is not None), False)


def finishes(line: bytes) -> bool | None:
    """Whether a Python runner says in ``line`` of a log that it has finished; None if it is the line of someone else."""
    if PYTHON_RUNNER.encode() not in line:
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, Mapping) or entry.get("from") != PYTHON_RUNNER:
        return None
    return bool(entry.get("msg") == _FINISHED)


def _outcome_018(output_ended: float | None, lingers_at_least: float) -> Outcome:
    if output_ended is None:
        return "failed"
    return "completed" if time.monotonic() - output_ended >= lingers_at_least else "failed"
