# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the machine where the code runs. They are replaced completely or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError

# The suffix of an incomplete file.
PARTIAL = ".partial"
# A file is renamed to its name, which would remove a device, such as /dev/null, from the machine.
_SPECIAL = "a device, a pipe or another special file, which would be replaced: set the name of a regular file."


def require_writable(option: str, path: str) -> None:
    """Raise ``INVALID_OPTION`` if no file can be created at ``path``. Call it before a stream is read into the file."""
    directory = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise SthError("INVALID_OPTION", f"{option} {path} is a directory: set the name of a file.")
    refuse_special(option, path)
    if not os.path.isdir(directory):
        raise SthError("INVALID_OPTION", f"{option} {path} is in a directory that does not exist: create it first.")
    if not os.access(directory, os.W_OK):
        raise SthError(
            "INVALID_OPTION",
            f"{option} {path} is in a directory that this task cannot write to: correct its permissions.",
        )


def refuse_special(option: str, path: str) -> None:
    """Raise ``INVALID_OPTION`` if there is a device, a pipe or another special file at ``path``."""
    if _is_special(path):
        raise SthError("INVALID_OPTION", f"{option} {path} is {_SPECIAL}")


def require_finite(option: str, path: str) -> None:
    """Raise ``INVALID_OPTION`` for a device, a pipe or another special file to read from. ``/dev/null`` is an empty file.

    Call it before the file is opened, because that alone can wait for ever.
    """
    if _is_special(path) and os.path.abspath(path) != os.devnull:
        raise SthError(
            "INVALID_OPTION",
            f"{option} {path} is a device, a pipe or another special file, which may never end or can be read only once: write its data "
            "to a regular file, and set the name of that.",
        )


def sha256_of(path: str) -> bytes:
    """Return the SHA-256 digest of a file. Raises `OSError`."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.digest()


def cache_directory(name: str) -> str:
    """Return the path of the cache ``name`` of this user, for files that later runs can create again. It may not exist."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, name)


def keep_newest(directory: str, most: int) -> None:
    """Remove all but the ``most`` newest files and directories of a cache. Raises `OSError`.

    Names that begin with a dot stay, because they are still being written.
    """
    kept = [item for item in os.scandir(directory) if not item.name.startswith(".")]
    kept.sort(key=lambda item: item.stat().st_mtime, reverse=True)
    for item in kept[most:]:
        if item.is_dir():
            shutil.rmtree(item.path, ignore_errors=True)
        else:
            os.remove(item.path)


class NewFile:
    """A file that replaces ``path`` when it is complete."""

    def __init__(self, path: str, file: IO[bytes]) -> None:
        self.path = path
        self.is_whole = True
        self._file = file

    def write(self, data: bytes) -> None:
        """Write ``data`` without leaving it in a buffer. Raises ``LOCAL_ERROR`` if it cannot be written."""
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise _not_written(self.path, error) from None

    def keep_part(self) -> str:
        """Keep the incomplete file next to ``path``, which is not changed; return its name."""
        self.is_whole = False
        return self.path + PARTIAL


@contextlib.contextmanager
def replacing(path: str, mode: int = 0o600) -> Iterator[NewFile]:
    """Write to a file next to ``path`` and rename it, so that a failed run does not change ``path``.

    An incomplete file is removed, or kept as ``path`` + `PARTIAL`. Raises ``LOCAL_ERROR`` if it cannot be written.
    """
    if _is_special(path):
        raise SthError("LOCAL_ERROR", f"{path} is {_SPECIAL}")
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
            # If a write has failed, closing tries it again and fails too. Report the first failure.
            with contextlib.suppress(OSError):
                file.close()
            with contextlib.suppress(OSError):
                if new.is_whole:
                    os.unlink(temporary)
                else:
                    os.replace(temporary, path + PARTIAL)


def _is_special(path: str) -> bool:
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _put_in_place(file: IO[bytes], temporary: str, path: str) -> None:
    try:
        file.close()
        os.replace(temporary, path)
    except OSError as error:
        raise _not_written(path, error) from None


def _not_written(path: str, error: OSError) -> SthError:
    return SthError(
        "LOCAL_ERROR",
        f"{path} could not be written to its end ({error.strerror or error}): check the permissions and the free space of its directory.",
    )
