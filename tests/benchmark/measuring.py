# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times commands, and prints and records tables."""

from __future__ import annotations

import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import role_hub

# The tables of this run by their titles: columns, and rows of the texts that are shown.
TABLES: dict[str, dict[str, list[Any]]] = {}


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table as Markdown, so that it can be copied to the documentation, and record it."""
    texts = [[str(cell) for cell in row] for row in rows]
    TABLES[title] = {"columns": list(columns), "rows": texts}
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


def run_measured(command: Sequence[str]) -> tuple[float, int, str]:
    """Run ``command`` and return its seconds, its peak memory in bytes and what it wrote. Raises if it fails.

    Not by ``ru_maxrss``, in which a child begins with the memory of the process that started it.
    """
    over, peaks = threading.Event(), [0]

    def watch(pid: int) -> None:
        while not over.wait(0.005):
            peaks.append(_peak_of(pid))

    begin = time.monotonic()
    # Not a pipe, because nobody reads it before the end.
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stdout=said) as process:
        watching = threading.Thread(target=watch, args=(process.pid,))
        watching.start()
        process.wait()
        seconds = time.monotonic() - begin
        over.set()
        watching.join()
        said.seek(0)
        written = said.read()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {written}")
    return seconds, max(peaks), written


def _peak_of(pid: int) -> int:
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        # It has ended.
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) * 1024 if found else 0


@contextmanager
def real_hub(directory: pathlib.Path) -> Iterator[str]:
    """Yield the address of a real hub: the one in ``STH_TEST_API_URL``, else one that the role installs and runs."""
    if os.environ.get("STH_TEST_API_URL"):
        yield os.environ["STH_TEST_API_URL"]
        return
    data = directory / "hub"
    data.mkdir(exist_ok=True)
    with role_hub(data) as (api_url, dummy):
        yield api_url
