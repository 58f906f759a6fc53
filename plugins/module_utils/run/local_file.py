# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the machine where the task runs, which are replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError

# What is behind the name of a file that is not whole.
PARTIAL = ".partial"


def require_writable(option: str, path: str) -> None:
    """Raise ``INVALID_OPTION`` where no file can be made at ``path``: before a stream is drained for it."""
    directory = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise SthError("INVALID_OPTION", f"{option} {path} is a directory: set the name of a file.")
    if not os.path.isdir(directory):
        raise SthError("INVALID_OPTION", f"{option} {path} is in a directory that does not exist: create it first.")
    if not os.access(directory, os.W_OK):
        raise SthError(
            "INVALID_OPTION",
            f"{option} {path} is in a directory that this task cannot write to: correct its permissions.",
        )


class NewFile:
    """A file that is to take the place of ``path`` when it is whole."""

    def __init__(self, path: str, file: IO[bytes]) -> None:
        self.path = path
        self.is_whole = True
        self._file = file

    def write(self, data: bytes) -> None:
        """Write now, not when a buffer is full. Raises ``LOCAL_ERROR`` where the disk does not take it."""
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise _not_written(self.path, error) from None

    def keep_part(self) -> str:
        """Let what has been written stay beside ``path``, which is left as it is; return where."""
        self.is_whole = False
        return self.path + PARTIAL


@contextlib.contextmanager
def replacing(path: str, mode: int = 0o600) -> Iterator[NewFile]:
    """Write beside ``path`` and rename, so that a run that fails leaves what was there.

    What is not whole is thrown away, or stays as ``path`` + `PARTIAL`. Raises ``LOCAL_ERROR`` where it cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=".sth-", dir=os.path.dirname(os.path.abspath(path)))
    except OSError as error:
        raise _not_written(path, error) from None
    os.fchmod(handle, mode)
    file = os.fdopen(handle, "wb")
    new, in_place = NewFile(path, file), False
    try:
        yield new
        if new.is_whole:
            _put_in_place(file, temporary, path)
            in_place = True
    finally:
        if not in_place:
            # What the disk has not taken is tried once more at closing; what has failed before is to be told.
            with contextlib.suppress(OSError):
                file.close()
            with contextlib.suppress(OSError):
                if new.is_whole:
                    os.unlink(temporary)
                else:
                    os.replace(temporary, path + PARTIAL)


def _put_in_place(file: IO[bytes], temporary: str, path: str) -> None:
    try:
        file.close()
        os.replace(temporary, path)
    except OSError as error:
        raise _not_written(path, error) from None


def _not_written(path: str, error: OSError) -> SthError:
    return SthError("LOCAL_ERROR", f"{path} could not be written to its end: {error.strerror or error}.")
