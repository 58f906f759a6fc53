# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks as an operator would, and fails on what an operator should never see."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = ROOT / "tests" / "integration" / "targets"
NOISE = (
    "[WARNING]",
    "[DEPRECATION WARNING]",
    "[ERROR]: Task failed: Action failed: Traceback",
    "Traceback (most recent",
)


# role_hub brings hubs of its own; setup_* are what other targets include.
ON_EVERY_HUB = sorted(
    entry.name for entry in TARGETS.iterdir() if not entry.name.startswith("setup_") and entry.name != "role_hub"
)
# They take longest, and so have files of their own, and of the 0.18 hubs only the real one.
WITH_ROLES = ["playbooks", "role_run_job"]


class PlaybookFailedError(AssertionError):
    """A playbook ended with a failure; its whole output is the message."""


def run_playbook(
    playbook: pathlib.Path | str,
    variables: Mapping[str, Any],
    *options: str,
    environment: Mapping[str, str] | None = None,
    seconds: float = 600,
    directory: pathlib.Path | None = None,
    warned: bool = False,
) -> str:
    """Run ``playbook`` (a file or an FQCN) and return its output. Raises on failure and on an unexpected warning.

    ``directory``: where it is started. ``warned``: warnings are expected.
    """
    command = [
        str(pathlib.Path(sys.executable).parent / "ansible-playbook"),
        "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}",
        "-e", json.dumps(dict(variables)), *options, str(playbook),
    ]  # fmt: skip
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STH_", "ANSIBLE_"))}
    done = subprocess.run(
        command,
        env={
            **clean,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_ROLES_PATH": str(TARGETS),
            # Not below a home directory, of which ansible finds two where HOME is not that of the account.
            "ANSIBLE_ASYNC_DIR": str(pathlib.Path(tempfile.gettempdir()) / "sth-async"),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=directory,
    )
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise PlaybookFailedError(f"{' '.join(command)}\n{output[-12000:]}")
    noise = NOISE[1:] if warned else NOISE
    unexpected = [line for line in output.splitlines() if line.startswith(noise)]
    assert not unexpected, f"unexpected warnings: {unexpected}\n{output[-8000:]}"
    return output


def play(path: pathlib.Path, *plays: Mapping[str, Any]) -> pathlib.Path:
    """Write plays (JSON is YAML) for localhost to ``path`` and return it."""
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, **item} for item in plays]), encoding="utf-8")
    return path


def run_target(
    target: str,
    variables: Mapping[str, Any],
    directory: pathlib.Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = 600,
) -> None:
    """Run an integration target, with ``directory`` for what it writes."""
    book = play(directory / "target.yml", {"roles": [target]})
    run_playbook(book, {**variables, "work_dir": str(directory)}, environment=environment, seconds=seconds)
