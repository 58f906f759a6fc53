# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a package as the archive that goes to a hub, reproducibly and as a stream.

Sorted by path, no times, no owners, modes 0644 and 0755, no directories but empty ones. GNU tar format: long and non-ASCII
names are read by every tar that a hub may use, while busybox does not know PAX. The bytes are the same wherever the same
zlib compresses them; the digest does not depend on that.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, BinaryIO, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.archive import decompress
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import CHUNK, MANIFEST
from ansible_collections.scramjet.sth.plugins.module_utils.package.directory import open_file
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package, refusal

_LEVEL = 6
_TYPES = {"f": tarfile.REGTYPE, "x": tarfile.REGTYPE, "l": tarfile.SYMTYPE, "d": tarfile.DIRTYPE}
_MODES = {"f": 0o644, "x": 0o755, "l": 0o777, "d": 0o755}


class _Hashing(io.RawIOBase):
    """Passes on what is written, and knows its SHA-256."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write all of ``data``."""
        self._target.write(data)
        self.digest.update(data)
        return len(data)


class _Checked(io.RawIOBase):
    """Passes a file's content on and refuses any other than ``entry`` had when it was read."""

    def __init__(self, package: Package, file: IO[bytes], entry: Entry) -> None:
        self._package = package
        self._file = file
        self._entry = entry
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next ``size`` bytes, which tarfile never asks for beyond the entry's size."""
        piece = self._file.read(size)
        if len(piece) < size:
            raise _changed(self._package, self._entry.path)
        self._digest.update(piece)
        return piece

    def finish(self) -> None:
        """Compare, once all was read."""
        if self._digest.digest() != self._entry.payload:
            raise _changed(self._package, self._entry.path)


def write_package(package: Package, target: IO[bytes]) -> str:
    """Write the archive to ``target`` and return its SHA-256 (64 hex digits).

    Stamped, or with compare: version as it is: an archive byte for byte, a directory packed without mark. Raises
    ``INVALID_PACKAGE`` if the source has changed since it was read; what was written is worthless then.
    """
    hashing = _Hashing(target)
    if package.archive_sha256:
        with _open_archive(package) as file:
            for piece in iter(lambda: file.read(CHUNK), b""):
                hashing.write(piece)
        if hashing.digest.hexdigest() != package.archive_sha256:
            raise _changed(package)
    else:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=hashing, mtime=0) as stream:
            _pack(package, stream)
    return hashing.digest.hexdigest()


def _pack(package: Package, stream: gzip.GzipFile) -> None:
    with (
        _opener(package) as opened,
        tarfile.TarFile(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="strict") as tar,
    ):
        for entry in package.entries:
            info = tarfile.TarInfo(entry.path)
            info.type = _TYPES[entry.kind]
            info.mode = _MODES[entry.kind]
            if entry.is_file:
                with opened(entry) as file:
                    checked = _Checked(package, file, entry)
                    _add_file(package, tar, info, entry, checked)
                    checked.finish()
            else:
                info.linkname = entry.payload.decode()
                tar.addfile(info)
            # tarfile would remember every member.
            tar.members = []  # type: ignore[attr-defined]


def _add_file(package: Package, tar: tarfile.TarFile, info: tarfile.TarInfo, entry: Entry, content: _Checked) -> None:
    info.size = entry.size
    if entry.path == MANIFEST:
        content.read(entry.size)
        info.size = len(package.manifest)
        tar.addfile(info, io.BytesIO(package.manifest))
    else:
        tar.addfile(info, content)


@contextmanager
def _opener(package: Package) -> Iterator[Callable[[Entry], AbstractContextManager[IO[bytes]]]]:
    """Yield a function that opens an entry's file at its first byte."""
    if package.kind == "directory":
        yield lambda entry: _open_unchanged(package, entry)
        return
    # Members come in another order than they are packed in; the disk takes them, not the memory.
    with tempfile.TemporaryFile(prefix="sth-") as spool:
        with _open_archive(package) as file:
            try:
                decompress(file, spool)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise _changed(package) from None
        yield lambda entry: _seek(spool, entry)


@contextmanager
def _seek(spool: IO[bytes], entry: Entry) -> Iterator[IO[bytes]]:
    spool.seek(entry.offset)
    yield spool


def _open_unchanged(package: Package, entry: Entry) -> BinaryIO:
    file = open_file(package.source, entry.path)
    if os.fstat(file.fileno()).st_size != entry.size:
        file.close()
        raise _changed(package, entry.path)
    return file


def _open_archive(package: Package) -> BinaryIO:
    try:
        return open(package.source, "rb")
    except OSError:
        raise _changed(package) from None


def _changed(package: Package, path: str | None = None) -> SthError:
    what = repr(path) if path else "it"
    return refusal(
        package.source, f"{what} changed while being packed; run the task again when nothing changes the source"
    )
