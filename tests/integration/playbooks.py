# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks as a user would, and fails on output that a user should never see."""

from __future__ import annotations

import atexit
import functools
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.tests.running.commands import (
    MODULES_VARIABLE,
    ROOT,
    run_command,
    without_own_variables,
)
from ansible_collections.scramjet.sth.tests.running.pace import pace
from ansible_collections.scramjet.sth.tests.running.served import VARIABLE as SERVERS_VARIABLE

TARGETS = ROOT / "tests" / "integration" / "targets"
# Set by `make matrix`.
EVERYTHING = bool(os.environ.get("STH_TEST_EVERYTHING"))
# Without site packages, which the client does not need and which take longer to find than the client runs.
_SERVED = [sys.executable, "-IS", str(ROOT / "tests" / "running" / "served.py")]
ANSIBLE_PLAYBOOK = [*_SERVED, "ansible-playbook"]
NOISE = (
    "[WARNING]",
    "[DEPRECATION WARNING]",
    "[ERROR]: Task failed: Action failed: Traceback",
    "Traceback (most recent",
)


# The targets of modules. After a colon, the name of a target may have some of its parts, in their order. Each run starts on an empty
# hub, and leaves it empty. role_hub installs its own hubs, and other targets include setup_*.
OF_MODULES = sorted(
    entry.name
    for entry in TARGETS.iterdir()
    if not entry.name.startswith(("setup_", "role_")) and entry.name != "playbooks"
)
OF_ROLES = [
    "playbooks:deploy+scale+rollback+cleanup",
    "playbooks:refused+run_job",
    "role_run_job:refused+missing+completes",
    "role_run_job:input+event",
    "role_run_job:fails+left",
    "role_run_job:cut_off+kept",
]
# They need a real hub, because the fake hub does not simulate their programs.
OF_SAMPLES = ["playbooks:samples", "playbooks:round_robin"]


def own_environment() -> dict[str, str]:
    """Return the environment of playbooks of tests: with callbacks that record results and share modules, if variables ask for that."""
    return {
        **without_own_variables(),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_ROLES_PATH": str(TARGETS),
        # Not below a home directory: if HOME is not that of the account, ansible finds two.
        "ANSIBLE_ASYNC_DIR": str(pathlib.Path(tempfile.gettempdir()) / "sth-async"),
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "integration" / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "shared_modules,recording",
        MODULES_VARIABLE: os.environ.get(MODULES_VARIABLE, ""),
    }


@functools.cache
def servers() -> str:
    """Start the processes in whose copies the playbooks and modules of this process run (running/copies.py), and return their folder.

    Return "" with ``make matrix`` and outside of a test run, as in benchmarks: each playbook and module then has a process of its own.
    """
    if EVERYTHING or MODULES_VARIABLE not in os.environ:
        return ""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sth-servers-"))
    atexit.register(shutil.rmtree, folder)
    for program, server in (("ansible-playbook", "playbook_server.py"), ("python", "module_server.py")):
        _start_server(ROOT / "tests" / "running" / server, folder / program)
    script = folder / "interpreter"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(_SERVED)} python "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    return str(folder)


def _start_server(script: pathlib.Path, path: pathlib.Path) -> None:
    server = subprocess.Popen(
        [sys.executable, script, path], env=own_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    # In the reverse order.
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    assert server.stdout.readline() == b"listening\n"


def interpreter() -> str:
    """Return the Python of modules: one that starts sooner, if there are servers."""
    return f"{servers()}/interpreter" if servers() else sys.executable


def run_playbook(
    playbook: pathlib.Path | str,
    variables: Mapping[str, Any],
    *options: str,
    environment: Mapping[str, str] | None = None,
    seconds: float = 120,
    directory: pathlib.Path | None = None,
    warned: bool = False,
) -> str:
    """Run ``playbook`` (a file or an FQCN) and return its output. Raises on failure and on an unexpected warning.

    ``seconds``: time limit on an idle machine. ``directory``: the working directory. ``warned``: whether warnings are expected.
    """
    command = [
        *ANSIBLE_PLAYBOOK, "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={interpreter()}",
        "-e", json.dumps(dict(variables)), *options, str(playbook),
    ]  # fmt: skip
    output = run_command(
        command,
        environment={**own_environment(), SERVERS_VARIABLE: servers(), **(environment or {})},
        seconds=seconds,
        directory=directory,
    )
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
    seconds: float = 120,
) -> None:
    """Run an integration target, or the named parts of it. It writes its files to ``directory``."""
    name, _colon, parts = target.partition(":")
    book = play(directory / "target.yml", {"roles": [name]})
    chosen = {"sth_parts": parts.split("+")} if parts else {}
    own = {"work_dir": str(directory), "sth_pace": pace(), "sth_ansible_playbook": ANSIBLE_PLAYBOOK, **chosen}
    run_playbook(book, {**variables, **own}, environment=environment, seconds=seconds)
