# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a package archive (``.tar.gz``), once and as a stream, more strictly than ``tar zxf`` does.

A large body that is not a sound archive kills the hub (hub-contract.md section 9, trap 1), so everything is decompressed to
the last byte and nothing may follow the archive's end.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import CHUNK, MANIFEST, Contents
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.verifying import Checksums

# Names and PAX records are read into memory as a whole; real ones are a few kilobytes.
_HEADER_LIMIT = 1024 * 1024
# mode, uid, gid, size, mtime and checksum: octal, or base 256.
_NUMBERS = ((100, 108), (108, 116), (116, 124), (124, 136), (136, 148), (148, 156))
_NUMBER = re.compile(rb" *[0-7]*[ \0]*|[\x80\xff].*", re.DOTALL)
_GNU_MAGIC = b"ustar  \0"
_HEADERS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


class _Watched(io.RawIOBase):
    """Passes a file's bytes on in order and takes their checksums."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.checksums = Checksums()

    def readable(self) -> bool:
        """Tell that it is read from."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with the next bytes and return how many."""
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        self.checksums.add(piece)
        return len(piece)


class _StrictInfo(tarfile.TarInfo):
    """A header that must be sound: tarfile itself takes a broken one for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _StrictInfo:
        """Read one header block."""
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf) or len(buf) % tarfile.BLOCKSIZE:
                raise tarfile.ReadError(str(error)) from None
            raise
        if buf[257:265] == _GNU_MAGIC and buf[345]:
            # GNU tar keeps times there in incremental archives; tarfile takes them for the beginning of the name.
            raise tarfile.ReadError("an incremental GNU archive")
        if not all(_NUMBER.fullmatch(buf, start, end) for start, end in _NUMBERS):
            raise tarfile.ReadError("a header has a number that not every tar reads")
        if not 0 <= info.size < 2**63 or (info.type in _HEADERS and info.size > _HEADER_LIMIT):
            raise tarfile.ReadError("a header has an impossible size")
        return info


def read_archive(source: str) -> Contents:
    """Take in every member of the archive."""
    contents = Contents(source)
    try:
        with open(source, "rb") as file:
            _refuse_other_formats(source, file)
            raw = _Watched(file)
            # gzip asks for 8 KiB at a time before Python 3.12.
            with gzip.GzipFile(fileobj=io.BufferedReader(raw, CHUNK), mode="rb") as stream:
                _read_members(contents, stream)
                _read_rest(contents, stream)
            contents.checksums = raw.checksums.result()
    except EOFError:
        raise refusal(source, "the archive is truncated; build or copy it again") from None
    except gzip.BadGzipFile as error:
        raise refusal(source, f"it is not a sound gzip file to its end ({error}); build or copy it again") from None
    except zlib.error as error:
        raise refusal(source, f"its compressed data is damaged ({error}); build or copy it again") from None
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise refusal(source, f"it does not hold a sound tar archive ({error}); build or copy it again") from None
    except OSError as error:
        raise refusal(
            source, f"it cannot be read ({error.strerror or error}); correct the path or permissions"
        ) from None
    return contents


def _refuse_other_formats(source: str, file: BinaryIO) -> None:
    head = file.read(263)
    file.seek(0, os.SEEK_SET)
    if not head:
        raise refusal(source, "the file is empty; build or copy it again")
    if head.startswith(b"\x1f\x8b"):
        return
    if head[257:262] == b"ustar":
        raise refusal(source, "it is an uncompressed tar archive; compress it with gzip")
    raise refusal(
        source, "it is neither a directory nor a gzip-compressed tar archive; pack it with tar czf, or give a directory"
    )


def _read_members(contents: Contents, stream: gzip.GzipFile) -> None:
    tar = tarfile.TarFile(fileobj=stream, tarinfo=_StrictInfo, encoding="utf-8", errors="surrogateescape")
    while (info := tar.next()) is not None:
        # tarfile would remember every member.
        tar.members = []  # type: ignore[attr-defined]
        _read_member(contents, stream, info)


def _read_member(contents: Contents, stream: gzip.GzipFile, info: tarfile.TarInfo) -> None:
    source = contents.source
    path = _member_path(source, info.name)
    if info.size < 0:
        raise tarfile.ReadError("a header has an impossible size")
    if info.isdir():
        if path:
            contents.add(Entry(path, "d"))
    elif not path:
        raise refusal(source, f"its member {info.name!r} has no name; pack it again")
    elif info.issym():
        _refuse_text(source, info.linkname)
        contents.add(Entry(path, "l", info.linkname.encode()))
    elif info.islnk():
        _read_hard_link(contents, path, info)
    elif info.isreg() and not info.issparse():
        contents.add_file(path, bool(info.mode & 0o100), _content(stream, info.size), info.offset_data)
    else:
        raise refusal(
            source, f"{path!r} is a device, pipe, sparse file or the like; leave it out, or pack it as a plain file"
        )


def _content(stream: gzip.GzipFile, size: int) -> Callable[[int], bytes]:
    """Return what reads the next ``size`` bytes of ``stream``, piece by piece; tarfile itself would copy them twice more."""
    left = size

    def read(most: int) -> bytes:
        nonlocal left
        piece = stream.read(min(most, left))
        left -= len(piece)
        if left and not piece:
            raise tarfile.ReadError("unexpected end of data")
        return piece

    return read


def _read_hard_link(contents: Contents, path: str, info: tarfile.TarInfo) -> None:
    """Take the file in that the link names, which comes earlier in the archive."""
    target = contents.entries.get(_member_path(contents.source, info.linkname))
    if not target or not target.is_file or path == MANIFEST:
        raise refusal(
            contents.source,
            f"{path!r} is a hard link to {info.linkname!r}, which cannot be followed here; pack with tar --hard-dereference",
        )
    contents.add(target._replace(path=path))


def _read_rest(contents: Contents, stream: gzip.GzipFile) -> None:
    for piece in iter(lambda: stream.read(CHUNK), b""):
        if piece.count(0) != len(piece):
            raise refusal(contents.source, "something follows the end of its tar archive; build or copy it again")


def _member_path(source: str, name: str) -> str:
    _refuse_text(source, name)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts:
        raise refusal(source, f"its member {name!r} lies outside the package; pack it again with relative paths")
    return "/".join(parts)


def _refuse_text(source: str, text: str) -> None:
    """Refuse a name that two programs could read differently."""
    try:
        clean = "\0" not in text and bool(text.encode())
    except UnicodeEncodeError:
        clean = False
    if not clean:
        raise refusal(source, f"the name {text!r} in it is empty or not UTF-8; rename the file and pack it again")
