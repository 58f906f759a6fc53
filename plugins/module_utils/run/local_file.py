# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the machine where the task runs that take what is read from a stream."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError


def require_writable(option: str, path: str) -> None:
    """Raise ``INVALID_OPTION`` where no file can be made at ``path``: before a stream is drained for it."""
    directory = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise SthError("INVALID_OPTION", f"{option} {path} is a directory: give the name of a file.")
    if not os.path.isdir(directory):
        raise SthError("INVALID_OPTION", f"{option} {path} lies in a directory that does not exist: create it first.")
    if not os.access(directory, os.W_OK):
        raise SthError("INVALID_OPTION", f"{option} {path} lies in a directory that this task may not write to.")


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """Write beside ``path`` and rename, so that a run that fails leaves what was there. Mode 0600."""
    handle, temporary = tempfile.mkstemp(prefix=".sth-", dir=os.path.dirname(os.path.abspath(path)))
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
