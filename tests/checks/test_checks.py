# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Linters, types, documentation, sanity, package import: every check of noxfile.py that is not for ``make matrix``."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.scramjet.sth.tests.running.commands import ROOT, run_command

NOX = str(pathlib.Path(sys.executable).parent / "nox")
# Sessions that only call others.
CALLING = {"lint"}
CHECKS = [
    "sanity",
    "ansible-lint",
    "build-import-check",
    "typing",
    "docs-check",
    "license-check",
    "yamllint",
    "formatters",
    "codeqa",
    "extra-checks",
    "antsibull-nox-config",
]


@pytest.mark.parametrize("session", CHECKS)
def test_check(session: str) -> None:
    run_command([NOX, "--session", session], environment=os.environ, seconds=300, directory=ROOT)


def test_no_check_is_left_out() -> None:
    listed = subprocess.run([NOX, "--list"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    selected = {line.split()[1] for line in listed.splitlines() if line.startswith("* ")}
    assert {*CHECKS, *CALLING} == selected
