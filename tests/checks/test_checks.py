# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Linters, types, documentation, sanity: every check of noxfile.py that is not for ``make matrix`` or ``make artifact-check``."""

from __future__ import annotations

import hashlib
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
    "typing",
    "docs-check",
    "license-check",
    "yamllint",
    "formatters",
    "codeqa",
    "extra-checks",
    "antsibull-nox-config",
]


# What says what a session installs.
INSTALLED_BY = ("noxfile.py", "antsibull-nox.toml", "requirements-dev.txt", "tests/unit/requirements.txt")


@pytest.mark.parametrize("session", CHECKS)
def test_check(session: str) -> None:
    """A session that has passed once installs again only where one of these files has changed, so it needs no network then."""
    files = b"".join(ROOT.joinpath(name).read_bytes() for name in INSTALLED_BY)
    wanted = hashlib.sha256(files).hexdigest()
    installed = ROOT / ".nox" / session / "installed"
    keep = ["--no-install"] if installed.exists() and installed.read_text(encoding="utf-8") == wanted else []
    run_command([NOX, *keep, "--session", session], environment=os.environ, seconds=300, directory=ROOT)
    if installed.parent.exists():
        installed.write_text(wanted, encoding="utf-8")


def test_every_check_is_run() -> None:
    listed = subprocess.run([NOX, "--list"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    selected = {line.split()[1] for line in listed.splitlines() if line.startswith("* ")}
    assert {*CHECKS, *CALLING} == selected
