# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a package archive (``.tar.gz``) once, as a stream, and more strictly than ``tar zxf`` does.

A large body that is not a valid archive kills the hub (hub-behaviour.md#unsound-body-kills-the-hub). So the archive is
decompressed to the last byte, and data after its end is refused.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from typing import Any, BinaryIO

from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST, READ_SIZE, Contents
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import PieceReader
from ansible_collections.scramjet.sth.plugins.module_utils.package.tar_members import TarMember, TarMembers
from ansible_collections.scramjet.sth.plugins.module_utils.package.verifying import Checksums


class _Watched(io.RawIOBase):
    """Passes on the bytes of a file in order, and computes their checksums."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.checksums = Checksums()

    def readable(self) -> bool:
        """Return that the file can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with the next bytes and return how many."""
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        self.checksums.add(piece)
        return len(piece)


def read_archive(source: str) -> Contents:
    """Read every member of the archive. Raises ``INVALID_PACKAGE``."""
    contents = Contents(source)
    try:
        with open(source, "rb") as file:
            _refuse_other_formats(source, file)
            raw = _Watched(file)
            # Before Python 3.12, gzip reads only 8 KiB at a time, so buffer the reads.
            with gzip.GzipFile(fileobj=io.BufferedReader(raw, READ_SIZE), mode="rb") as stream:
                _read_members(contents, stream)
                _read_rest(contents, stream)
            contents.checksums = raw.checksums.result()
    except EOFError:
        raise refusal(source, "the archive is truncated; build or copy it again") from None
    except gzip.BadGzipFile as error:
        raise refusal(source, f"it is not a complete, undamaged gzip file ({error}); build or copy it again") from None
    except zlib.error as error:
        raise refusal(source, f"its compressed data is damaged ({error}); build or copy it again") from None
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise refusal(source, f"it does not contain a valid tar archive ({error}); build or copy it again") from None
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
    members = TarMembers(stream)
    for member in members:
        _read_member(contents, members, member)


def _read_member(contents: Contents, members: TarMembers, member: TarMember) -> None:
    source = contents.source
    if member.kind == "label" or (member.kind == "directory" and not member.name.strip("/")):
        # The label of a volume (tar -V), or the root itself, as tarfile.add(directory, arcname="") writes it.
        return
    path = _member_path(source, member.name)
    if member.kind == "directory":
        if path:
            contents.add(Entry(path, "d"))
    elif not path or member.name.endswith(("/", "/.")):
        raise refusal(source, f"its member {member.name!r} has no name; pack it again")
    elif member.kind == "symlink":
        _refuse_text(source, member.target)
        contents.add(Entry(path, "l", member.target.encode()))
    elif member.kind == "hardlink":
        _read_hard_link(contents, path, member.target)
    elif member.kind == "file":
        content = PieceReader(members.read, member.pieces, member.size) if member.pieces else members
        contents.add_file(path, member.executable, content.read, member.offset, member.pieces)
    else:
        raise refusal(
            source, f"{path!r} is a device, a pipe or another special file; leave it out, or pack it as a regular file"
        )


def _read_hard_link(contents: Contents, path: str, linked: str) -> None:
    """Add a copy of the entry to which the hard link points. It must come before the link in the archive."""
    target = contents.entries.get(_member_path(contents.source, linked))
    if not target or not target.is_file or path == MANIFEST:
        raise refusal(
            contents.source,
            f"{path!r} is a hard link to {linked!r}, which is not a file before it in the archive, or it is package.json; pack with tar --hard-dereference",
        )
    contents.add(target._replace(path=path))


def _read_rest(contents: Contents, stream: gzip.GzipFile) -> None:
    for piece in iter(lambda: stream.read(READ_SIZE), b""):
        if piece.count(0) != len(piece):
            raise refusal(contents.source, "there is data after the end of its tar archive; build or copy it again")


def _member_path(source: str, name: str) -> str:
    _refuse_text(source, name)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts:
        raise refusal(source, f"its member {name!r} lies outside the package; pack it again with relative paths")
    return "/".join(parts)


def _refuse_text(source: str, text: str) -> None:
    """Refuse a name that programs could read differently: one with a zero byte, an empty one, or one that is not UTF-8."""
    try:
        clean = "\0" not in text and bool(text.encode())
    except UnicodeEncodeError:
        clean = False
    if not clean:
        raise refusal(
            source, f"it contains the name {text!r}, which is empty or not UTF-8; rename the file and pack it again"
        )
