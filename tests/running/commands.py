# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command for a test, up to a time limit, keeps its whole output, and ends all of its processes."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.scramjet.sth.tests.running.pace import bound

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The folder for the whole output of every command: a subfolder for each of the last runs, with files named after the tests.
OUTPUT = ROOT / ".pytest_cache" / "d" / "output"
OUTPUT_VARIABLE = "STH_TEST_OUTPUT"
# The folder of this run for what playbooks share (tests/integration/callback/shared_modules.py).
MODULES_VARIABLE = "STH_TEST_MODULES"
# The folder in which the built collection is installed, if commands are to find it and not this checkout (noxfile.py sets it).
ARTIFACT_VARIABLE = "STH_TEST_ARTIFACT"
_INSTALLED = os.environ.get(ARTIFACT_VARIABLE)
# Where the files are that users read, copy and run: in the installed collection, or in this checkout.
COLLECTION = pathlib.Path(_INSTALLED, "ansible_collections", "scramjet", "sth") if _INSTALLED else ROOT
_MARK = "STH_TEST_COMMAND"
_TAIL = 12000


def without_own_variables() -> dict[str, str]:
    """Return the environment without what tests or users have set for Ansible and for this collection.

    With it, commands find the installed artifact, if there is one, and no checkout.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STH_", "ANSIBLE_"))}
    if _INSTALLED:
        # pytest alone finds the checkout, with this variable.
        clean.pop("PYTHONPATH", None)
        clean["ANSIBLE_COLLECTIONS_PATH"] = _INSTALLED
    return clean


class CommandFailedError(AssertionError):
    """A command failed, or did not end in time. The end of its output is in the message."""


def run_command(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    seconds: float,
    directory: pathlib.Path | None = None,
) -> str:
    """Run ``command`` and return its whole output. ``seconds``: time limit on an idle machine, see pace.py."""
    mark = uuid.uuid4().hex
    path = _output_file()
    limit = bound(seconds)
    with path.open("wb") as said:
        process = subprocess.Popen(
            command,
            env={**environment, _MARK: mark},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            # Not a pipe, because processes that the command leaves running would keep it open.
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            status: int | None = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        except BaseException:
            end_processes(mark)
            raise
        if status != 0:
            end_processes(mark)
            process.wait()
    output = path.read_text(encoding="utf-8", errors="replace")
    if status != 0:
        how = f"had not ended after {limit:.0f} s" if status is None else f"ended with {status}"
        raise CommandFailedError(
            f"{' '.join(command)}\n{how}{where(output)}; its whole output: {path}\n{output[-_TAIL:]}"
        )
    return output


def where(output: str) -> str:
    """Return which task of a playbook failed, or which was the last one; "" if the output shows no task."""
    head, failed, _rest = output.rpartition("\nfatal: ")
    tasks = re.findall(r"^(?:TASK|RUNNING HANDLER) \[(.*)\]", head if failed else output, re.MULTILINE)
    return f" in the task {tasks[-1]!r}" if tasks else ""


@contextlib.contextmanager
def ending_processes(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield ``environment`` for commands that a test starts by itself. At the end, kill every process that they have left."""
    mark = uuid.uuid4().hex
    try:
        yield {**environment, _MARK: mark}
    finally:
        end_processes(mark)


def end_processes(mark: str) -> None:
    """Kill every process that the command with this mark has started, even outside of its process group."""
    for pid in _marked(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _marked(mark: str) -> Iterator[int]:
    wanted = f"{_MARK}={mark}".encode()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def output_name(test: str) -> str:
    """Return the beginning of the names of the files with the output of a test."""
    return re.sub(r"[^\w.-]+", "_", test.partition("tests/")[2] or test)[-180:]


def output_of_run() -> pathlib.Path:
    """Return the folder for the output of this run."""
    return pathlib.Path(os.environ.get(OUTPUT_VARIABLE) or OUTPUT / "no-run")


def _output_file() -> pathlib.Path:
    directory = output_of_run()
    directory.mkdir(parents=True, exist_ok=True)
    name = output_name(os.environ.get("PYTEST_CURRENT_TEST", "no test").rpartition(" (")[0])
    number = len(list(directory.glob(f"{name}.*.txt"))) + 1
    return directory / f"{name}.{number}.txt"
