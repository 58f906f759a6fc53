# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of the machine, measured once at the start of a run, and time limits of tests that depend on it.

A time limit ends a test that hangs. It does not check how fast the machine is. So each limit is ample on an idle machine with two
cores, and grows with the pace.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

VARIABLE = "STH_TEST_PACE"
# Seconds that a play and a start of Node.js take on an idle machine with two cores of 2025.
_PLAY = 0.6
_NODE = 0.06
# A reserve, because the machine may be busier later than when it was measured.
_GENEROUS = 3.0


def pace() -> float:
    """Return how many times slower this machine is than the one that the time limits are written for; at least 1."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = f"{max(1.0, _of_play(), _of_node()):.2f}"
    return float(os.environ[VARIABLE])


def bound(seconds: float) -> float:
    """Return the time limit for something that takes less than ``seconds`` on an idle machine."""
    return seconds * pace() * _GENEROUS


def _of_play() -> float:
    """Measure one ``ansible-playbook`` with one ``debug``."""
    with tempfile.TemporaryDirectory() as directory:
        book = pathlib.Path(directory, "debug.yml")
        book.write_text("[{hosts: all, gather_facts: false, tasks: [{debug: {}}]}]", encoding="ascii")
        command = [
            f"{pathlib.Path(sys.executable).parent}/ansible-playbook",
            "-i",
            "localhost,",
            "-c",
            "local",
            str(book),
        ]
        # The first run may have to compile everything.
        return min(_seconds(command), _seconds(command)) / _PLAY


def _of_node() -> float:
    node = shutil.which("node")
    command = [node or "", "-e", "0"]
    return min(_seconds(command), _seconds(command)) / _NODE if node else 0.0


def _seconds(command: list[str]) -> float:
    start = time.monotonic()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start
