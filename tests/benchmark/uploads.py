# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it takes to bring a package to a real hub, beside curl, and how much memory."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.package import read_package, write_package
from ansible_collections.scramjet.sth.tests.benchmark.measuring import (
    milliseconds,
    real_hub,
    run_measured,
    seconds_of,
    table,
    times,
)

MIB = 1024 * 1024
# Megabytes, and how often.
SIZES = {1: 5, 100: 3, 1000: 1}
MANIFEST = {"name": "benchmark", "version": "1.0.0", "main": "index.js"}
# Seconds and bytes.
Measured = tuple[float, int]


def run(directory: pathlib.Path) -> None:
    """Print the tables."""
    with real_hub(directory) as api_url:
        for size, runs in SIZES.items():
            table(
                f"Upload of a package of {size} MB that do not compress, to a real hub ({runs} turns)",
                ["package", "by", "time", "to curl", "peak memory"],
                _rows(directory / f"{size}", api_url, size, runs),
            )


def _rows(directory: pathlib.Path, api_url: str, size: int, runs: int) -> list[list[str]]:
    source, foreign, stamped = _packages(directory, size)
    curl, tar_curl = "`curl -T`", "`tar -cz` and `curl -T -`"
    # What, by what, beside which of them, how.
    ways: list[tuple[str, str, str, Callable[[], Measured]]] = [
        ("archive", curl, curl, lambda: _curl(api_url, f"curl -T {stamped}")),
        ("archive", "the client alone", curl, lambda: _client(api_url, stamped)),
        ("archive of `sth_package`", "`sth_sequence`", curl, lambda: _task(api_url, stamped)),
        ("archive of `tar`", "`sth_sequence`", curl, lambda: _task(api_url, foreign)),
        ("directory", tar_curl, tar_curl, lambda: _curl(api_url, f"tar -czf - -C {source} . | curl -T -")),
        ("directory", "`sth_sequence`", tar_curl, lambda: _task(api_url, source)),
        ("directory, unchanged", "`sth_sequence`", tar_curl, lambda: _task(api_url, source)),
    ]
    found: list[list[Measured]] = [[] for _way in ways]
    try:
        # In turns, so that what else the machine does meanwhile falls on all of them.
        for _dummy in range(runs):
            for (what, _by, _base, upload), measured in zip(ways, found):
                if "unchanged" not in what:
                    _clear(api_url)
                measured.append(upload())
    finally:
        _clear(api_url)
        shutil.rmtree(directory)
    seconds = [statistics.median(one for one, _peak in measured) for measured in found]
    bases = {by: one for (_what, by, _base, _upload), one in zip(ways, seconds)}
    return [
        [what, by, milliseconds(one), times(one, bases[base]), _peak(measured)]
        for (what, by, base, _upload), one, measured in zip(ways, seconds, found)
    ]


def _peak(measured: list[Measured]) -> str:
    peak = max(peak for _seconds, peak in measured)
    return f"{peak / MIB:.0f} MB" if peak else ""


def _packages(directory: pathlib.Path, size: int) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    """Make a package of ``size`` MB in ten files, and return it as directory, archive and stamped archive."""
    source, foreign, stamped = directory / "package", directory / "foreign.tar.gz", directory / "stamped.tar.gz"
    source.mkdir(parents=True)
    (source / "package.json").write_text(json.dumps(MANIFEST))
    (source / "index.js").write_text("module.exports = async () => {};\n")
    for number in range(10):
        with (source / f"{number}.bin").open("wb") as file:
            for _dummy in range(size):
                file.write(os.urandom(MIB // 10))
    subprocess.run(["tar", "-czf", foreign, "-C", source, "."], check=True)
    with stamped.open("wb") as file:
        write_package(read_package(str(source)), file, reproducible=True)
    return source, foreign, stamped


def _task(api_url: str, source: pathlib.Path) -> Measured:
    options = json.dumps({"api_url": api_url, "src": str(source)})
    module = "ansible_collections.scramjet.sth.tests.benchmark.one_task"
    _seconds, peak, written = run_measured([sys.executable, "-m", module, "sth_sequence", options])
    return float(written), peak


def _curl(api_url: str, command: str) -> Measured:
    """Upload with a command of the shell that ends with its only call of curl, whose memory is measured."""
    sent = f"{command} -sf -X POST -H 'Content-Type: application/octet-stream' {api_url}/sequence"
    seconds, peak, _written = run_measured(["sh", "-c", f"exec {sent}" if "|" not in sent else sent])
    return seconds, peak


def _client(api_url: str, archive: pathlib.Path) -> Measured:
    hub = HubClient(api_url)
    with archive.open("rb") as file:
        seconds = seconds_of(lambda: hub.send_sequence(file))
    hub.close()
    # Its memory is that of this process.
    return seconds, 0


def _clear(api_url: str) -> None:
    hub = HubClient(api_url)
    for sequence in hub.sequences():
        if sequence.name == MANIFEST["name"]:
            hub.delete_sequence(sequence.id)
    hub.close()
