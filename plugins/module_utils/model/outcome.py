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

# The key in ``engines`` of a Python program, and the ``from`` of its lines in the log (hub-behaviour.md#python-sequences).
PYTHON = "python3"
PYTHON_RUNNER = "PythonRunner"
# Lines of the Python runner: before it calls the program; when the program has returned ("Content-type" from 0.28.0 on, "Output
# type" before); and at the end.
_RUNS = "Running instance..."
_RETURNED = ("Sequence returned no output.", "Output type", "Content-type: ")
_FINISHED = "Finished."


def ended_record(
    last: InstanceRecord, now: InstanceRecord | None, output_ended: float | None, lingers_at_least: float
) -> InstanceRecord:
    """Return the record of an instance that has ended, with its outcome.

    ``last``: its record when it was last seen alive. ``now``: its record now, None on 0.18. ``output_ended``: when the
    hub ended the output stream (monotonic clock). ``lingers_at_least``: for how many seconds after that a 0.18 hub lists an
    instance that has completed (hub-behaviour.md#no-outcome-on-018).
    """
    if now is not None:
        return now
    return replace(last, status="ended", outcome=_outcome_018(output_ended, lingers_at_least))


class PythonEnd:
    """Reads from the log of a Python program whether its runner has finished. No hub reports this (hub-behaviour.md#python-programs).

    A program can log a line like the runner's ``Finished.`` itself. So that line counts only if it is the last one, and comes after
    the line about the output, which the runner logs when the program has returned. Lines of the hub may follow.
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.is_unread = True
        self._runs = False
        self._has_returned = False
        self.has_finished = False

    def take(self, line: bytes) -> None:
        """Take the next line of the log. Lines of the hub change nothing."""
        message = _said_by_python(line)
        if message is None:
            return
        self.is_unread = False
        self._runs = self._runs or message == _RUNS
        self._has_returned = self._has_returned or message.startswith(_RETURNED)
        # If the log was read without its beginning, the line about the output may be missing, so only the last line counts.
        self.has_finished = message == _FINISHED and (self._has_returned or not self._runs)


def from_the_log(record: InstanceRecord, log: str) -> InstanceRecord:
    """Return the ``record`` of a Python program that has ended, as ``completed`` if the end of its log says so.

    A 0.18 hub may forget a short program before its log is asked for. Without any line of the runner, the outcome is not known.
    """
    if record.outcome not in ("failed", "unknown", None):
        return record
    end = _read_end(log)
    if end.has_finished:
        return replace(record, outcome="completed")
    return replace(record, outcome="unknown") if end.is_unread and record.exit_code is None else record


def has_finished(log: str) -> bool:
    """Whether ``log``, or the end of a log, says that the runner of a Python program has finished."""
    return _read_end(log).has_finished


def _read_end(log: str) -> PythonEnd:
    end = PythonEnd()
    for line in log.splitlines():
        end.take(line.encode())
    return end


def _said_by_python(line: bytes) -> str | None:
    """Return the message in ``line`` of a log that a Python program or its runner has written; None for any other line."""
    if PYTHON_RUNNER.encode() not in line:
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, Mapping) or entry.get("from") != PYTHON_RUNNER:
        return None
    return str(entry.get("msg"))


def _outcome_018(output_ended: float | None, lingers_at_least: float) -> Outcome:
    if output_ended is None:
        return "failed"
    return "completed" if time.monotonic() - output_ended >= lingers_at_least else "failed"
