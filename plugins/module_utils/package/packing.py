# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a package as the archive that goes to a hub, as a stream and, if asked for, reproducibly.

No times, no owners, modes 0644 and 0755, no directories but empty ones, sorted by path if it is to be reproducible. GNU tar format: long and non-ASCII
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
from typing import IO, Any, BinaryIO, Callable, cast

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.compressing import GzipWriter
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import CHUNK, MANIFEST
from ansible_collections.scramjet.sth.plugins.module_utils.package.directory import open_file
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package, refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.verifying import VerifiedFile

# What reading an archive raises that is not the one that was validated.
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)
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
        try:
            piece = self._file.read(size)
        except _DAMAGE:
            raise _changed(self._package) from None
        if len(piece) < size:
            raise _changed(self._package, self._entry.path)
        self._digest.update(piece)
        return piece

    def finish(self) -> None:
        """Compare, once all was read."""
        if self._digest.digest() != self._entry.payload:
            raise _changed(self._package, self._entry.path)


def write_package(package: Package, target: IO[bytes], *, reproducible: bool = False) -> str:
    """Write the archive to ``target`` and return its SHA-256 (64 hex digits).

    Stamped, or with compare: version as it is: an archive byte for byte, a directory packed without mark.
    ``reproducible``: the same bytes for a directory and any of its archives. A hub does not need that, so that otherwise an
    archive that is stamped already is copied as it is, and another one keeps its order. Raises ``INVALID_PACKAGE`` if the
    source has changed since it was read; what was written is worthless then.
    """
    hashing = _Hashing(target)
    if package.as_it_is and not reproducible:
        with _verified(package, package.as_it_is) as file:
            for piece in iter(lambda: file.read(CHUNK), b""):
                hashing.write(piece)
    else:
        with GzipWriter(hashing.write) as stream:
            _pack(package, stream, reproducible)
    return hashing.digest.hexdigest()


@contextmanager
def packed_package(package: Package) -> Iterator[IO[bytes]]:
    """Yield the archive for a hub as a file that is to be read from its beginning; its length is known."""
    if package.as_it_is:
        with _verified(package, package.as_it_is) as file:
            yield cast("IO[bytes]", file)
        return
    # Not packed while it is sent: a source that changes meanwhile would leave half an upload on the hub (trap 4).
    with tempfile.TemporaryFile(prefix="sth-") as packed:
        write_package(package, packed)
        packed.seek(0)
        yield packed


def _pack(package: Package, stream: GzipWriter, reproducible: bool) -> None:
    entries = package.entries
    if package.kind == "archive" and not reproducible:
        entries = tuple(sorted(entries, key=lambda entry: entry.offset))
    with (
        _opener(package, entries) as opened,
        tarfile.TarFile(
            fileobj=stream,
            mode="w",
            format=tarfile.GNU_FORMAT,
            encoding="utf-8",
            errors="strict",
            copybufsize=CHUNK,
        ) as tar,
    ):
        for entry in entries:
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
def _opener(
    package: Package, entries: tuple[Entry, ...]
) -> Iterator[Callable[[Entry], AbstractContextManager[IO[bytes]]]]:
    """Yield a function that opens an entry's file at its first byte, to be called in the order of ``entries``."""
    if package.kind == "directory":
        yield lambda entry: _open_unchanged(package, entry)
        return
    offsets = [entry.offset for entry in entries if entry.is_file]
    with _open_archive(package) as file, gzip.GzipFile(fileobj=file, mode="rb") as stream:
        # Hard links share an offset.
        if all(one < other for one, other in zip(offsets, offsets[1:])):
            yield lambda entry: _seek(package, stream, entry)
            _drain(package, stream, None)
            return
        # The disk takes what comes in another order than it is packed in, not the memory.
        with tempfile.TemporaryFile(prefix="sth-") as spool:
            _drain(package, stream, spool)
            yield lambda entry: _seek(package, spool, entry)


@contextmanager
def _seek(package: Package, file: IO[bytes] | gzip.GzipFile, entry: Entry) -> Iterator[Any]:
    try:
        file.seek(entry.offset)
    except _DAMAGE:
        raise _changed(package) from None
    yield file


def _drain(package: Package, stream: gzip.GzipFile, target: IO[bytes] | None) -> None:
    """Read ``stream`` to its end, into ``target`` if there is one."""
    while True:
        try:
            piece = stream.read(CHUNK)
        except _DAMAGE:
            raise _changed(package) from None
        if not piece:
            return
        if target:
            target.write(piece)


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


def _verified(package: Package, sums: tuple[int, ...]) -> VerifiedFile:
    return VerifiedFile(_open_archive(package), sums, lambda: _changed(package))


def _changed(package: Package, path: str | None = None) -> SthError:
    what = repr(path) if path else "it"
    return refusal(
        package.source, f"{what} changed while being packed; run the task again when nothing changes the source"
    )
