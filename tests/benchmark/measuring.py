# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times commands and prints tables."""

from __future__ import annotations

import os
import pathlib
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table as Markdown, so that it can be copied to the documentation."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[at]) for line in [columns, *texts]) for at in range(len(columns))]
    print(f"\n### {title}\n")
    for line in (columns, ["-" * width for width in widths], *texts):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |", flush=True)


def milliseconds(seconds: float) -> str:
    """Return a time as it is shown."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def times(value: float, base: float) -> str:
    """Return a ratio as it is shown; ``base`` is what ``value`` is compared with."""
    return f"{value / base:.2f}" if base > 0 else "–"


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long ``action`` takes."""
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def median_of(action: Callable[[], object], runs: int = 3) -> float:
    """Return the median time of several runs."""
    return statistics.median(seconds_of(action) for _dummy in range(runs))


def play_of(
    directory: pathlib.Path, tasks: Sequence[Mapping[str, Any]], variables: Mapping[str, Any], **keywords: Any
) -> Callable[[], str]:
    """Return what runs a play of ``tasks`` on localhost, or on the hosts of ``keywords``."""
    book = play(directory / "benchmark.yml", {"tasks": list(tasks), **keywords})
    content = book.read_bytes()

    def run() -> str:
        book.write_bytes(content)
        return run_playbook(book, variables)

    return run


def run_measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[float, int]:
    """Run ``command`` without its output; return its seconds and its peak memory in bytes. Raises if it fails."""
    begin = time.monotonic()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        pid = os.posix_spawnp(
            command[0],
            list(command),
            {**os.environ, **(environment or {})},
            file_actions=[(os.POSIX_SPAWN_DUP2, nowhere, 1)],
        )
        _pid, status, usage = os.wait4(pid, 0)
    finally:
        os.close(nowhere)
    if status:
        raise RuntimeError(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - begin, usage.ru_maxrss * 1024


class QuickHub(FakeHub):
    """A fake hub that answers at once, as a real one does.

    Without TCP_NODELAY, which Node.js sets, an answer in several pieces waits 40 ms for the client's acknowledgement.
    """

    def __init__(self, generation: str = "1.x") -> None:
        super().__init__(generation)
        self._server.RequestHandlerClass.disable_nagle_algorithm = True  # type: ignore[attr-defined]
