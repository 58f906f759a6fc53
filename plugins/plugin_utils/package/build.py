# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds packages on the controller: the option ``build``.

A command runs in a copy of the directory. The result is kept under the digest of the sources and the command. So the next run
finds it, also in check mode.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry, content_digest
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import cache_directory, keep_newest, sha256_of
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import HUB
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import in_turns, take_lock

# Not sources: version control, caches and results of a build, which differ on every machine.
NO_SOURCES = (
    ".git", ".hg", ".svn", "node_modules", "__pypackages__", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache",
    ".nyc_output", ".DS_Store", "Thumbs.db",
)  # fmt: skip
# How many results to keep for one directory and command, so that switching between branches is quick.
MOST_BUILDS = 3
# How many characters from the end of the output of a command a failure shows.
SHOWN_OUTPUT = 2000
# The variables with secrets for a hub. A command does not need them, and may run code that others have written.
OF_HUBS = frozenset(name for option in HUB.values() if option.get("no_log") for name in option["fallback"][1])
# How many bytes are read for that, for the secrets in them.
SEARCHED_OUTPUT = 64 * 1024


def place_of_build(source: str, command: str) -> str:
    """Return the directory for the result of ``command`` with the current content of ``source``. It exists if that is built already."""
    real = os.path.realpath(source)
    of_source = hashlib.sha256(f"{real}\n{command}".encode()).hexdigest()[:12]
    with _local_errors():
        digest = content_digest(_sources(real))
    name = os.path.basename(real)
    return os.path.join(cache_directory("scramjet-sth-builds"), f"{name}-{of_source}", digest[:16], name)


def build(source: str, command: str, place: str, environment: Mapping[str, str], secrets: Collection[str]) -> None:
    """Run ``command`` in a copy of ``source`` and keep the result at ``place``. Raises ``BUILD_FAILED`` if it fails.

    If another task is building the same, wait for its result instead. ``secrets``: what the failure must not show.
    """
    kept = os.path.dirname(os.path.dirname(place))
    with _local_errors():
        os.makedirs(kept, mode=0o700, exist_ok=True)
        with open(os.path.join(kept, ".lock"), "wb") as lock:
            take_lock(lock)
            if os.path.isdir(place):
                return
            working = tempfile.mkdtemp(prefix=".working-", dir=kept)
            try:
                copy = os.path.join(working, os.path.basename(place))
                shutil.copytree(
                    os.path.realpath(source), copy, symlinks=True, ignore=shutil.ignore_patterns(*NO_SOURCES)
                )
                _run(source, command, copy, environment, secrets)
                os.rename(working, os.path.dirname(place))
            finally:
                shutil.rmtree(working, ignore_errors=True)
            keep_newest(kept, MOST_BUILDS)


def _run(source: str, command: str, directory: str, environment: Mapping[str, str], secrets: Collection[str]) -> None:
    variables = {**os.environ, "PWD": directory, **environment}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            ["/bin/sh", "-ec", command],
            cwd=directory,
            env={name: value for name, value in variables.items() if name not in OF_HUBS},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            in_turns(partial(_process_ended, process))
            status = process.returncode
        except BaseException:
            # If the task ends early, for example by the keyword timeout, the command and all its processes end too.
            os.killpg(process.pid, signal.SIGKILL)
            in_turns(partial(_process_ended, process), REAL.interrupted)
            raise
        if status != 0:
            how = f"exit code {status}" if status > 0 else f"signal {-status}"
            raise SthError(
                "BUILD_FAILED",
                f"The build of {source} failed with {how}: correct the command or the sources. The end of its output: {_tail(said, secrets)}",
            )


def _process_ended(process: subprocess.Popen[bytes], turn: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(turn)
    return process.returncode is not None


def _tail(said: IO[bytes], secrets: Collection[str]) -> str:
    size = said.seek(0, os.SEEK_END)
    # Read more than is shown: a secret that is cut in two would not be found.
    said.seek(max(0, size - SEARCHED_OUTPUT))
    text = said.read().decode("utf-8", "replace").strip()
    return str(Masker().failure(text, secrets))[-SHOWN_OUTPUT:] or "nothing"


def _sources(source: str) -> Iterator[Entry]:
    for directory, names, files in os.walk(source):
        links = [name for name in names if os.path.islink(os.path.join(directory, name))]
        names[:] = [name for name in names if name not in NO_SOURCES and name not in links]
        for name in (*files, *links):
            if name in NO_SOURCES:
                continue
            full = os.path.join(directory, name)
            path, mode = os.path.relpath(full, source), os.lstat(full).st_mode
            if stat.S_ISLNK(mode):
                yield Entry(path, "l", os.fsencode(os.readlink(full)))
            elif stat.S_ISREG(mode):
                yield Entry(path, "x" if mode & stat.S_IXUSR else "f", sha256_of(full))
            else:
                raise refusal(source, f"{path!r} is a socket, pipe or device, which cannot be built from; remove it")


@contextmanager
def _local_errors() -> Iterator[None]:
    """Wrap code that may fail because a file cannot be read or the disk is full."""
    try:
        yield
    except (OSError, shutil.Error) as error:
        raise SthError(
            "LOCAL_ERROR",
            f"The package could not be built on the controller ({error}): check the permissions and the free space there.",
        ) from None
