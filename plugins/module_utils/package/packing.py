# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the archive of a package for a hub, as a stream and, if asked for, reproducibly.

The archive has no times and owners, only the modes 0644 and 0755, and no directories except empty ones. A reproducible one is
sorted by path. The format is that of GNU tar: every tar on a hub reads long and non-ASCII names in it, while busybox does not
read PAX. The same version of zlib always compresses to the same bytes. The content digest does not depend on the compression.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any, Callable, Protocol, cast

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.package.compressing import GzipWriter
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST, READ_SIZE
from ansible_collections.scramjet.sth.plugins.module_utils.package.directory import open_file
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package, refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import BLOCK, PieceReader
from ansible_collections.scramjet.sth.plugins.module_utils.package.verifying import VerifiedFile

_TYPES = {"f": tarfile.REGTYPE, "x": tarfile.REGTYPE, "l": tarfile.SYMTYPE, "d": tarfile.DIRTYPE}
# The size of a record of GNU tar: twenty blocks.
_RECORD = 20 * BLOCK
_Opened = Callable[[Entry], AbstractContextManager[Any]]
_MODES = {"f": 0o644, "x": 0o755, "l": 0o777, "d": 0o755}


class Writable(Protocol):
    """Something to which bytes can be written."""

    def write(self, data: bytes, /) -> object:
        """Write all of ``data``."""


class _Hashing(io.RawIOBase):
    """Passes on the data that is written to it, and computes its SHA-256."""

    def __init__(self, target: Writable) -> None:
        self._target = target
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write all of ``data``."""
        self._target.write(data)
        self.digest.update(data)
        return len(data)


class _Checked(io.RawIOBase):
    """Passes on the content of a file, and fails if it is not the content that ``entry`` had when it was read."""

    def __init__(self, package: Package, file: IO[bytes], entry: Entry) -> None:
        self._package = package
        self._file = file
        self._entry = entry
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next ``size`` bytes, never beyond the entry's size."""
        piece = self._file.read(size)
        if len(piece) < size:
            raise _changed(self._package, self._entry.path)
        self._digest.update(piece)
        return piece

    def finish(self) -> None:
        """Compare the content after all of it was read."""
        if self._digest.digest() != self._entry.payload:
            raise _changed(self._package, self._entry.path)


def write_package(package: Package, target: Writable, *, reproducible: bool = False) -> str:
    """Write the archive to ``target`` and return its SHA-256 (64 hex digits).

    The archive has a stamp, except with compare: version: then an archive is copied unchanged, and a directory is packed without
    a stamp. ``reproducible``: write the same bytes for a directory and any of its archives. A hub does not need that. So without
    it, an archive with a stamp is copied unchanged, and the members of any other archive keep their order. Raises
    ``INVALID_PACKAGE`` if the source has changed since it was read. Then discard what was written.
    """
    hashing = _Hashing(target)
    if package.as_it_is and not reproducible:
        with _verified(package) as file:
            shutil.copyfileobj(file, hashing, READ_SIZE)
    else:
        _pack(package, hashing, reproducible)
    return hashing.digest.hexdigest()


@contextmanager
def packed_package(package: Package) -> Iterator[IO[bytes]]:
    """Yield the archive for a hub as a file with a known length. It is read from the beginning."""
    if package.as_it_is:
        with _verified(package) as file:
            yield cast("IO[bytes]", file)
        return
    # Pack before sending: if the source changed during an upload, half of it would stay on the hub
    # (hub-behaviour.md#failed-uploads-leave-a-directory).
    with tempfile.TemporaryFile(prefix="sth-") as packed:
        _pack(package, packed, reproducible=False)
        packed.seek(0)
        yield packed


def _pack(package: Package, target: IO[bytes] | _Hashing, reproducible: bool) -> None:
    entries = package.entries
    if package.kind == "archive" and not reproducible:
        entries = tuple(sorted(entries, key=lambda entry: entry.offset))
    with _opener(package, entries) as opened, GzipWriter(target.write) as stream:
        for entry in entries:
            _add(package, stream, entry, opened)
        # Every tar ends an archive with two blocks of zeros, and more zeros up to a whole record.
        stream.write(bytes(2 * BLOCK + -(stream.tell() + 2 * BLOCK) % _RECORD))


def _add(package: Package, stream: GzipWriter, entry: Entry, opened: _Opened) -> None:
    """Write one member."""
    info = tarfile.TarInfo(entry.path)
    info.type = _TYPES[entry.kind]
    info.mode = _MODES[entry.kind]
    if entry.is_file:
        info.size = len(package.manifest) if entry.path == MANIFEST else entry.size
    else:
        info.linkname = entry.payload.decode()
    stream.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))
    if entry.is_file:
        with opened(entry) as file:
            _add_content(package, stream, entry, file)
        stream.write(bytes(-info.size % BLOCK))


def _add_content(package: Package, stream: GzipWriter, entry: Entry, file: Any) -> None:
    left = entry.size
    while left:
        piece = file.read(min(READ_SIZE, left))
        if not piece:
            raise _changed(package, entry.path)
        left -= len(piece)
        if entry.path != MANIFEST:
            stream.write(piece)
    if entry.path == MANIFEST:
        stream.write(package.manifest)


@contextmanager
def _opener(package: Package, entries: tuple[Entry, ...]) -> Iterator[_Opened]:
    """Yield a function that opens the file of an entry at its first byte. Call it in the order of ``entries``."""
    if package.kind == "directory":
        yield lambda entry: _unchanged_file(package, entry)
        return
    offsets = [entry.offset for entry in entries if entry.is_file]
    with _verified(package) as file, gzip.GzipFile(fileobj=io.BufferedReader(file, READ_SIZE), mode="rb") as stream:
        # Hard links share an offset.
        if all(one < other for one, other in zip(offsets, offsets[1:])):
            yield lambda entry: _seek(stream, entry)
            # Read the data after the last file too, so that its checksum is verified.
            while stream.read(READ_SIZE):
                pass
            return
        # The order of the entries differs from that of the archive, so unpack the content into a temporary file first.
        with tempfile.TemporaryFile(prefix="sth-") as spool:
            shutil.copyfileobj(stream, spool, READ_SIZE)
            yield lambda entry: _seek(spool, entry)


@contextmanager
def _seek(file: IO[bytes] | gzip.GzipFile, entry: Entry) -> Iterator[Any]:
    file.seek(entry.offset)
    yield PieceReader(file.read, entry.pieces, entry.size) if entry.pieces else file


@contextmanager
def _unchanged_file(package: Package, entry: Entry) -> Iterator[_Checked]:
    with open_file(package.source, entry.path) as file:
        if os.fstat(file.fileno()).st_size != entry.size:
            raise _changed(package, entry.path)
        checked = _Checked(package, file, entry)
        yield checked
        checked.finish()


def _verified(package: Package) -> VerifiedFile:
    """Open an archive that was read before."""
    try:
        return VerifiedFile(open(package.source, "rb"), given(package.checksums), lambda: _changed(package))
    except OSError:
        raise _changed(package) from None


def _changed(package: Package, path: str | None = None) -> SthError:
    what = repr(path) if path else "it"
    return refusal(
        package.source, f"{what} changed while being packed; run the task again when nothing changes the source"
    )
