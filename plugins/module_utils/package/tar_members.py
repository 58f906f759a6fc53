# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the members of a tar stream, header by header, and refuses each header that two programs could read differently.

``tarfile`` only reads single blocks here (``TarInfo.frombuf``), because it treats a broken header as the end of the archive,
reads headers of any length into memory, and reads headers with different methods on Python 3.11.2 and 3.11.2-6+deb12u8. So
this file joins several headers to one member, in the same way on every Python.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import (
    BLOCK,
    MOST_PIECES,
    MOST_ZEROS,
    SPARSE,
    Pieces,
    checked,
    of_header,
    of_pax,
)

# Names and PAX records are read into memory completely. Real ones have a few kilobytes.
_HEADER_LIMIT = 1024 * 1024
# mode, uid, gid, size, mtime and checksum: octal, or base 256, of no more than 32 bits in 8 bytes and 63 in 12.
_NUMBERS = ((100, 108), (108, 116), (116, 124), (124, 136), (136, 148), (148, 156))
_NUMBER = re.compile(rb" *[0-7]*[ \0]*|\x80\0{3}(?:.{4}|[\0-\x7f].{7})|\xff{4}[\x80-\xff].{7}", re.DOTALL)
_GNU_MAGIC = b"ustar  \0"
_USTAR_MAGIC = b"ustar\0"
_GNU_NAMES = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
_EXTENSIONS = {*_GNU_NAMES, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE}
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_PAX_RECORD = re.compile(rb"([1-9][0-9]{0,7}) ([^=\n\0]+)=", re.DOTALL)
# The PAX records that change the extracted files. All others are times, owners and other metadata.
_EXTRACTED = {"path", "linkpath", "size"}
# Other records that GNU tar reads, and the numbers that it accepts in them.
_TIME, _ID = re.compile(r"-?[0-9]{1,15}(\.[0-9]*)?"), re.compile(r"[0-9]{1,10}")
_PLAIN_NUMBERS = {"atime": _TIME, "ctime": _TIME, "mtime": _TIME, "uid": _ID, "gid": _ID}
# The records of a sparse file of version 0.0: one for each number.
_LISTED = {f"{SPARSE}offset", f"{SPARSE}numbytes"}
_MAP = f"{SPARSE}map"
_DUMPDIR, _VOLUME = b"D", b"V"
_SIZE = re.compile(r"[0-9]{1,19}")


class TarMember(NamedTuple):
    """One member of an archive. ``offset`` is where its content begins in the decompressed stream."""

    name: str
    # "file", "directory", "symlink", "hardlink", "label" (not a file), or "other" (not allowed in a package).
    kind: str
    target: str
    executable: bool
    # For a sparse file, which has pieces, the size includes the zeros that are not stored.
    size: int
    offset: int
    pieces: Pieces = ()


class TarMembers:
    """The members of ``stream``, in order. Read the content of a file before you take the next member."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._at = 0
        self._left = 0
        self._padding = 0
        # The number of zeros and of pieces of all sparse files so far.
        self._zeros = self._pieces = 0

    def __iter__(self) -> Iterator[TarMember]:
        """Yield each member. Raises ``tarfile.ReadError`` if a header is not valid."""
        said: dict[str, str] = {}
        awaited = False
        while (block := self._header()) is not None:
            info = _header(block)
            awaited = info.type in _EXTENSIONS
            if awaited:
                _take(_of_next_member(info, self._extension(info)), said)
            else:
                member = self._member(block, info, said)
                said = {}
                yield member
                self._finish()
        if awaited:
            raise tarfile.ReadError("the last header has no member")

    def read(self, most: int) -> bytes:
        """Return the next bytes of the last yielded member; nothing at its end."""
        piece: bytes = self._stream.read(min(most, self._left))
        self._left -= len(piece)
        self._at += len(piece)
        if self._left and not piece:
            raise tarfile.ReadError("unexpected end of data")
        return piece

    def _header(self) -> bytes | None:
        """Return the next header; None at the end of the archive, which may be marked by a block of zeros."""
        block = self._stream.read(BLOCK)
        if not block and self._at:
            return None
        if not block:
            raise tarfile.ReadError("empty file")
        if len(block) != BLOCK:
            raise tarfile.ReadError("truncated header")
        self._at += BLOCK
        return block if any(block) else None

    def _extension(self, info: tarfile.TarInfo) -> bytes:
        """Return the content of a header that extends the next header."""
        if info.size > _HEADER_LIMIT:
            raise tarfile.ReadError("a header has an impossible size")
        content = self._exactly(info.size)
        self._exactly(-info.size % BLOCK)
        return content

    def _exactly(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)
        self._at += len(data)
        if len(data) != size:
            raise tarfile.ReadError("unexpected end of data")
        return data

    def _member(self, block: bytes, info: tarfile.TarInfo, said: dict[str, str]) -> TarMember:
        name = said.get("path", info.name)
        size = info.size
        if "size" in said:
            if not _SIZE.fullmatch(said["size"]) or int(said["size"]) >= 2**63:
                raise tarfile.ReadError("a header has an impossible size")
            size = int(said["size"])
        kind = _kind(block[156:157], name, info, said)
        is_pax_sparse = any(key.startswith(SPARSE) for key in said)
        if is_pax_sparse and (kind != "file" or info.type == tarfile.GNUTYPE_SPARSE):
            raise tarfile.ReadError("a sparse file has the wrong member type")
        if kind == "file":
            self._left, self._padding = size, -size % BLOCK
            name = said.get(f"{SPARSE}name", name)
        member = TarMember(name, kind, said.get("linkpath", info.linkname), bool(info.mode & 0o100), size, self._at)
        if kind == "directory" and info.type == _DUMPDIR:
            # The list of files that an incremental archive stores for a directory.
            self._skip(size)
        elif is_pax_sparse or info.type == tarfile.GNUTYPE_SPARSE:
            member = self._sparse(block, info, said, member)
        return member

    def _sparse(self, block: bytes, info: tarfile.TarInfo, said: dict[str, str], member: TarMember) -> TarMember:
        """Return the member of a sparse file with its stored pieces and the position of their content."""
        if info.type == tarfile.GNUTYPE_SPARSE:
            numbers, size = of_header(block, lambda: self._exactly(BLOCK))
        else:
            numbers, size = of_pax(said, self.read)
        pieces = checked(numbers, size, self._left)
        self._zeros += size - self._left
        if self._zeros > MOST_ZEROS:
            raise tarfile.ReadError(f"its sparse files leave out more than {MOST_ZEROS >> 30} GiB: pack it without -S")
        self._pieces += len(pieces)
        if self._pieces > MOST_PIECES:
            raise tarfile.ReadError(f"its sparse files have more than {MOST_PIECES} pieces in all: pack it without -S")
        return member._replace(size=size, offset=self._at, pieces=pieces)

    def _skip(self, size: int) -> None:
        self._left, self._padding = size, -size % BLOCK
        while self.read(1024 * BLOCK):
            pass

    def _finish(self) -> None:
        if self._left:
            raise ValueError("the content of a member was not read")
        self._exactly(self._padding)
        self._padding = 0


def _header(block: bytes) -> tarfile.TarInfo:
    """Parse one header block."""
    if not all(_NUMBER.fullmatch(block, start, end) for start, end in _NUMBERS):
        raise tarfile.ReadError("a header has a number that some tar programs cannot read")
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        raise tarfile.ReadError("a header is damaged") from None
    if block[257:263] != _USTAR_MAGIC and block[345]:
        # In incremental archives, GNU tar stores two times there. tarfile treats them as a prefix of the name.
        is_gnu = block[257:265] == _GNU_MAGIC
        if not is_gnu or not all(_NUMBER.fullmatch(block, start, start + 12) for start in (345, 357)):
            raise tarfile.ReadError("a header has a name prefix that its format does not allow")
        name = block[:100].partition(b"\0")[0].decode("utf-8", "surrogateescape")
        info.name = name.rstrip("/") if info.isdir() else name
    if not 0 <= info.size < 2**63:
        raise tarfile.ReadError("a header has an impossible size")
    return info


def _of_next_member(info: tarfile.TarInfo, content: bytes) -> dict[str, str]:
    """Return the fields that an extension header sets for the member after it."""
    if info.type in _GNU_NAMES:
        return {_GNU_NAMES[info.type]: content.partition(b"\0")[0].decode("utf-8", "surrogateescape")}
    records = _pax_records(content)
    if records and info.type == tarfile.XGLTYPE:
        raise tarfile.ReadError("a global PAX header sets a path or a size")
    return records


def _take(found: dict[str, str], said: dict[str, str]) -> None:
    """Add the fields of an extension header to those of the next member."""
    if not said.keys().isdisjoint(found):
        # GNU tar uses the last one, tarfile the first.
        raise tarfile.ReadError("two headers set the same field of one member")
    said.update(found)


def _pax_records(data: bytes) -> dict[str, str]:
    """Return the PAX records that change the extracted files. A record is its length, a space, key=value and a line feed."""
    records = {}
    numbers: list[str] = []
    at = 0
    while at < len(data):
        head = _PAX_RECORD.match(data, at)
        end = at + int(head.group(1)) if head else 0
        if not head or not head.end() < end <= len(data) or data[end - 1] != 0x0A:
            raise tarfile.ReadError("a PAX header is damaged")
        key = head.group(2).decode("utf-8", "surrogateescape")
        value = data[head.end() : end - 1].decode("utf-8", "surrogateescape")
        if key in _PLAIN_NUMBERS and not _PLAIN_NUMBERS[key].fullmatch(value):
            # GNU tar extracts such an archive, but exits with an error, and the hub refuses the upload.
            raise tarfile.ReadError("a PAX header has a number that some tar programs cannot read")
        if key in _EXTRACTED:
            records[key] = value
        elif key in _LISTED:
            # Version 0.0 has one record for each number. Collect them in the form of version 0.1, which has one record for all.
            if (key == f"{SPARSE}offset") != (len(numbers) % 2 == 0):
                raise tarfile.ReadError("the list of pieces of a sparse file is damaged")
            numbers.append(value)
        elif key.startswith(SPARSE):
            records[key] = value
        at = end
    if numbers:
        if _MAP in records:
            raise tarfile.ReadError("the list of pieces of a sparse file is damaged")
        records[_MAP] = ",".join(numbers)
    return records


def _kind(written: bytes, name: str, info: tarfile.TarInfo, said: dict[str, str]) -> str:
    if written in (tarfile.DIRTYPE, _DUMPDIR):
        return "directory"
    if written == _VOLUME and not info.size:
        return "label"
    if written == tarfile.AREGTYPE and (name.endswith("/") if "path" in said else info.isdir()):
        # The tar of 1979 marked directories only by a slash at the end of the name, which tarfile has removed already.
        return "directory"
    if written == tarfile.SYMTYPE:
        return "symlink"
    if written == tarfile.LNKTYPE:
        return "hardlink"
    return "file" if written in (*_FILES, tarfile.GNUTYPE_SPARSE) else "other"
