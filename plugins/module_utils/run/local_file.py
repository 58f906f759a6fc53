# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the machine where the code runs. They are replaced completely or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError

# The suffix of an incomplete file.
PARTIAL = ".partial"
# A file is renamed to its name, which would remove a device, such as /dev/null, from the machine.
_SPECIAL = "a device, a pipe or another special file, which would be replaced: set the name of a regular file."
# Files of the kernel look like regular files, but their size is wrong, so they would arrive empty. /proc/kmsg never ends.
_OF_THE_KERNEL = ("/proc/", "/sys/")


def require_writable(option: str, path: str) -> None:
    """Raise ``INVALID_OPTION`` if no file can be created at ``path``. Call it before a stream is read into the file."""
    directory = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise SthError("INVALID_OPTION", f"{option} {path} is a directory: set the name of a file.")
    refuse_special(option, path)
    if not os.path.isdir(directory):
        raise SthError("INVALID_OPTION", f"{option} {path} is in a directory that does not exist: create it first.")
    # Where possible with the rights with which files are opened, which may differ from those of the user.
    if not os.access(directory, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
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
    is_kernels = os.path.isfile(path) and os.path.realpath(path).startswith(_OF_THE_KERNEL)
    if (is_kernels or _is_special(path)) and os.path.abspath(path) != os.devnull:
        raise SthError(
            "INVALID_OPTION",
            f"{option} {path} is a device, a pipe, a file of the kernel or another special file, which may never end, has no known size, "
            "or can be read only once: write its data to a regular file, and set the name of that.",
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

    An incomplete file is removed, or kept as ``path`` + `PARTIAL`. What a killed task has left of it is removed; to keep it, call
    `keep_left_over` before. Raises ``LOCAL_ERROR`` if the file cannot be written.
    """
    if _is_special(path):
        raise SthError("LOCAL_ERROR", f"{path} is {_SPECIAL}")
    try:
        handle, temporary = _new_file(path)
        # The lock on the file lasts until this copy of its handle is closed too, when the file has its name.
        lock = os.dup(handle)
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
        os.close(lock)


def _new_file(path: str) -> tuple[int, str]:
    """Create the file that will replace ``path``. Return its handle and its name. Raises `OSError`.

    Its name follows from ``path``, so that a later task finds what a killed task has left. Its lock shows that its task is alive.
    """
    temporary = _temporary_name(path)
    _remove_left_over(temporary)
    with contextlib.suppress(FileExistsError):
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            if _is_locked(handle, temporary):
                return handle, temporary
        except OSError:
            # The file system has no locks.
            os.unlink(temporary)
        os.close(handle)
    # No lock, or another task writes to the same path.
    return tempfile.mkstemp(prefix=".sth-", dir=os.path.dirname(temporary))


def _temporary_name(path: str) -> str:
    directory, name = os.path.split(os.path.abspath(path))
    return os.path.join(directory, f".sth-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}")


def keep_left_over(path: str) -> str | None:
    """Keep what a killed task has written for ``path`` under the name ``path`` + `PARTIAL`; return this name, or None if there is nothing."""
    part = path + PARTIAL
    return part if _remove_left_over(_temporary_name(path), part) else None


def _remove_left_over(temporary: str, part: str | None = None) -> bool:
    """Remove the file of a task that was killed, or rename it to ``part`` if it has content. Return whether it was renamed.

    Files of living tasks and of other users stay.
    """
    with (
        contextlib.suppress(OSError),
        open(os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file,
    ):
        handle = file.fileno()
        found = os.fstat(handle)
        is_own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
        if is_own and _is_locked(handle, temporary):
            if part is not None and found.st_size:
                os.replace(temporary, part)
                return True
            os.unlink(temporary)
    return False


def _is_locked(handle: int, path: str) -> bool:
    """Lock an open file. Return whether no other task has locked it, and it still has the name ``path``. Raises `OSError`."""
    with contextlib.suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    return False


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
