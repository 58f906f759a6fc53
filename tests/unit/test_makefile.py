# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message of make if a Python cannot create a virtual environment."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

from ansible_collections.scramjet.sth.tests.running.pace import bound

MAKE = shutil.which("make") or ""
ROOT = pathlib.Path(__file__).resolve().parents[2]
# As on Debian without python3-venv: the directory is made, and then there is no pip for it.
NO_ENSUREPIP = """#!/bin/sh
case "$*" in
*version_info*) ;;
*ensurepip*) echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1 ;;
"-m venv "*) mkdir -p "$3/bin"; : > "$3/bin/python"; echo "was not created successfully"; exit 1 ;;
*) echo "what for? $*" >&2; exit 1 ;;
esac
"""
TOO_OLD = "#!/bin/sh\nexit 1\n"

pytestmark = pytest.mark.skipif(not MAKE, reason="there is no make on this machine")


def make(directory: pathlib.Path, python: str) -> str:
    """Run make for the virtual environment, with a Python that is this script, and return the last sentence before make's own."""
    for name in ("Makefile", "requirements-run.txt"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, directory / name)
    script = directory / "python"
    script.write_text(python)
    script.chmod(0o755)
    command = [MAKE, "-C", str(directory), ".venv/.run", f"PYTHON={script}", "VENV=.venv"]
    # Those of a make that runs the tests are not for this one.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=bound(20), check=False)
    assert done.returncode != 0
    *_others, said, own = [line for line in done.stderr.splitlines() if "Leaving directory" not in line]
    assert own.startswith("make"), own
    # It is the only advice: what venv says of it names another package.
    assert "was not created" not in done.stdout + done.stderr
    return said


def test_without_ensurepip_make_says_what_to_install_and_leaves_nothing(tmp_path: pathlib.Path) -> None:
    for _again in range(2):
        said = make(tmp_path, NO_ENSUREPIP)
        assert "has no ensurepip" in said
        assert "apt install python3-venv" in said
        assert not (tmp_path / ".venv").exists()


def test_a_virtual_environment_that_was_there_is_left(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".venv").mkdir()
    assert "has no ensurepip" in make(tmp_path, NO_ENSUREPIP)
    assert (tmp_path / ".venv").exists()


def test_make_says_that_python_is_too_old(tmp_path: pathlib.Path) -> None:
    assert "is older than Python 3.11" in make(tmp_path, TOO_OLD)
