# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares the time and memory of uploads to a real hub with those of curl."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.benchmark.measuring import (
    median_of,
    milliseconds,
    real_hub,
    run_measured,
    seconds_of,
    table,
    times,
)
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT

MIB = 1024 * 1024
# Megabytes, of what, and how often.
SIZES = (
    (1, "random bytes", 5),
    (10, "random bytes", 5),
    (100, "random bytes", 3),
    (100, "source code", 3),
    (1000, "random bytes", 1),
)
MANIFEST = {"name": "benchmark", "version": "1.0.0", "main": "index.js"}
# Seconds and bytes.
Measured = tuple[float, int]


def run(directory: pathlib.Path) -> None:
    """Print the tables."""
    with real_hub(directory) as api_url:
        for size, content, runs in SIZES:
            packages = _packages(directory / "packages", size, content)
            try:
                table(
                    f"Upload of a package of {size} MB of {content}, to a real hub (turns: {runs})",
                    ["package", "by", "time", "to curl", "peak memory"],
                    _rows(packages, api_url, runs),
                )
                table(
                    f"Reading an archive of {size} MB of {content} without uploading it",
                    ["what is done", "time"],
                    _reading(packages[2]),
                )
            finally:
                shutil.rmtree(directory / "packages")


def _reading(stamped: pathlib.Path) -> list[list[str]]:
    """Return what reading an archive costs, which `sth_sequence` does before it sends one."""

    def decompress(digest: Any = None) -> None:
        with gzip.open(stamped) as file:
            while piece := file.read(MIB):
                if digest is not None:
                    digest.update(piece)

    ways: dict[str, Callable[[], object]] = {
        "decompress it": decompress,
        "decompress it, with SHA-256": lambda: decompress(hashlib.sha256()),
        "read, validate and digest it as `sth_sequence` does": lambda: read_package(str(stamped)),
    }
    return [[name, milliseconds(median_of(way))] for name, way in ways.items()]


def _rows(packages: tuple[pathlib.Path, pathlib.Path, pathlib.Path], api_url: str, runs: int) -> list[list[str]]:
    source, foreign, stamped = packages
    curl, tar_curl = "`curl -T`", "`tar -cz` and `curl -T -`"
    # What, by what, beside which of them, how.
    ways: list[tuple[str, str, str, Callable[[], Measured]]] = [
        ("archive", curl, curl, lambda: _curl(api_url, stamped)),
        ("archive", "the client alone", curl, lambda: _client(api_url, stamped)),
        ("archive of `sth_package`", "`sth_sequence`", curl, lambda: _task(api_url, stamped)),
        ("archive of `tar`", "`sth_sequence`", curl, lambda: _task(api_url, foreign)),
        ("directory", tar_curl, tar_curl, lambda: _tar_and_curl(api_url, source)),
        ("directory", "`sth_sequence`", tar_curl, lambda: _task(api_url, source)),
        ("directory, unchanged", "`sth_sequence`", tar_curl, lambda: _task(api_url, source)),
        ("directory, packed already", "`sth_package`", tar_curl, lambda: _package(source, stamped)),
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
    seconds = [statistics.median(one for one, _peak in measured) for measured in found]
    bases = {by: one for (_what, by, _base, _upload), one in zip(ways, seconds)}
    return [
        [what, by, milliseconds(one), times(one, bases[base]), _peak(measured)]
        for (what, by, base, _upload), one, measured in zip(ways, seconds, found)
    ]


def _peak(measured: list[Measured]) -> str:
    peak = max(peak for _seconds, peak in measured)
    return f"{peak / MIB:.0f} MB" if peak else ""


def _packages(directory: pathlib.Path, size: int, content: str) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    """Make a package of ``size`` MB in ten files, and return it as directory, archive and stamped archive."""
    code = b"".join(path.read_bytes() for path in sorted((ROOT / "plugins").rglob("*.py")))[: MIB // 10]
    source, foreign, stamped = directory / "package", directory / "foreign.tar.gz", directory / "stamped.tar.gz"
    source.mkdir(parents=True)
    (source / "package.json").write_text(json.dumps(MANIFEST))
    (source / "index.js").write_text("module.exports = async () => {};\n")
    for number in range(10):
        with (source / f"{number}.bin").open("wb") as file:
            for _dummy in range(size):
                file.write(code if content == "source code" else os.urandom(MIB // 10))
    subprocess.run(["tar", "-czf", foreign, "-C", source, "."], check=True)
    with stamped.open("wb") as file:
        write_package(read_package(str(source)), file, reproducible=True)
    return source, foreign, stamped


def _task(api_url: str, source: pathlib.Path) -> Measured:
    return _one_task("sth_sequence", {"api_url": api_url, "src": str(source)})


def _package(source: pathlib.Path, stamped: pathlib.Path) -> Measured:
    """Pack what has been packed to the same place before."""
    return _one_task("sth_package", {"src": str(source), "dest": str(stamped)})


def _one_task(module: str, options: Mapping[str, Any]) -> Measured:
    """Return what a task takes without the start of Python, as curl's own time is without its start."""
    script = "ansible_collections.scramjet.sth.tests.benchmark.one_task"
    _seconds, peak, written = run_measured([sys.executable, "-m", script, module, json.dumps(options)])
    return float(written), peak


_SENT = ("-sf", "-o", "/dev/null", "-X", "POST", "-H", "Content-Type: application/octet-stream")


def _curl(api_url: str, archive: pathlib.Path) -> Measured:
    told = ("-w", "%{time_total}")
    _seconds, peak, written = run_measured(["curl", "-T", str(archive), *_SENT, *told, f"{api_url}/sequence"])
    return float(written), peak


def _tar_and_curl(api_url: str, source: pathlib.Path) -> Measured:
    """Pack and upload at once; the memory of several processes is not measured."""
    sent = shlex.join(["curl", "-T", "-", *_SENT, f"{api_url}/sequence"])
    seconds, _peak, _written = run_measured(["sh", "-c", f"tar -czf - -C {source} . | {sent}"])
    return seconds, 0


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
