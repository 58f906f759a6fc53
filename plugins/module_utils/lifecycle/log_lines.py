# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of a log: who wrote each, and which of them are kept. Pure (hub-behaviour.md#the-log)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON_RUNNER

Source = Literal["program", "all"]
LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
# The levels of Python that have another name in Node.js.
_OTHER_NAMES = {"warning": "warn", "critical": "fatal"}
# The names of the loggers of a Node.js program and of its runner.
_PROGRAM = "Sequence"
_RUNNER = "Runner"
_COMPLETED = "Sequence completed."
# The Python runner logs under the same name as the program. Its own lines begin with one of these.
_PYTHON_RUNNER_SAYS = (
    "Starting up...",
    "server_host: ",
    "server_port: ",
    "instance_id: ",
    "sequence_path: ",
    "Connecting to ",
    "Connected.",
    "Sent ID ",
    "Stdio connected.",
    "Switching to main log stream...",
    "Log stream connected.",
    "Sending PING",
    "Sending PANG",
    "Got message: ",
    "Got configuration: ",
    "Communication established.",
    "Control message received: ",
    "Gracefully shutting down...",
    "Loading sequence from ",
    "Sequence loaded: ",
    "Running instance...",
    "Sequence returned no output.",
    "Finished.",
    "Input headers: ",
    "Decoding input stream...",
    "Opening input in binary mode...",
    "Input stream forwarded to the instance.",
    "Output type: ",
    "Output type not set, using default",
    "Content-type: ",
    "Output stream will be treated as text and encoded",
    "Output will be converted to JSON",
)


@dataclass(frozen=True)
class LogFilter:
    """Which lines are kept: those of ``source`` from ``level`` on. Text that is not a line of a log is always kept."""

    level: str = "trace"
    source: Source = "program"

    def keeps(self, line: bytes) -> bool:
        """Whether ``line`` is kept."""
        entry = read_line(line)
        if entry is None:
            return bool(line.strip())
        rank = _rank(entry)
        if rank is not None and rank < LEVELS.index(self.level):
            return False
        # The runner logs the error of the program. Errors that the hub logs only say that the process has ended.
        is_error = entry.get("from") == _RUNNER and (rank or 0) >= LEVELS.index("error")
        return self.source == "all" or is_error or _is_of_program(entry)


def read_line(line: bytes) -> Mapping[str, Any] | None:
    """Parse one line of a log; None if it is not one."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, Mapping) else None


def reports_completion(line: bytes) -> bool:
    """Whether the runner of a program in Node.js says in ``line`` that the program has completed.

    A program cannot say so: what it logs has another ``from``.
    """
    # Search the bytes first, because parsing every line of a long log would be slow.
    if _COMPLETED.encode() not in line:
        return False
    entry = read_line(line)
    return entry is not None and entry.get("from") == _RUNNER and str(entry.get("msg")).startswith(_COMPLETED)


def _rank(entry: Mapping[str, Any]) -> int | None:
    name = str(entry.get("level")).lower()
    name = _OTHER_NAMES.get(name, name)
    return LEVELS.index(name) if name in LEVELS else None


def _is_of_program(entry: Mapping[str, Any]) -> bool:
    source = entry.get("from", _PROGRAM)
    if source == PYTHON_RUNNER:
        return not str(entry.get("msg")).startswith(_PYTHON_RUNNER_SAYS)
    return bool(source == _PROGRAM)
