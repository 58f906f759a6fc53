# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of a package and the digest over them.

**Content digest, version 1** (frozen: a change would redeploy every fleet). SHA-256 over the line
``scramjet.sth content digest 1\n`` and then, for every entry in the order of its path's UTF-8 bytes, three fields, each
preceded by its length as 8 bytes, big-endian:

1. the path, relative to the package's root, UTF-8, without ``./``;
2. the kind, one letter: ``f`` file, ``x`` file that its owner may execute, ``l`` symbolic link, ``d`` empty directory;
3. the SHA-256 of the file's content (32 bytes), the link's target (UTF-8), or nothing.

A directory that is not empty is not an entry, because its content implies it, and archives may leave it out. The content of
``package.json`` is hashed with the top-level ``version`` that its author wrote (``0.0.0`` if there is none).
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import Pieces

_DIGEST_HEADER = b"scramjet.sth content digest 1\n"
# The number of links in one path that Linux follows.
_MOST_LINKS = 40


class Entry(NamedTuple):
    """One path of a package.

    ``offset`` is the position of a file's content in the decompressed archive. For a sparse file, only its ``pieces`` are there.
    """

    path: str
    kind: Literal["f", "x", "l", "d"]
    # SHA-256 of the content of a file, the target of a link, or empty.
    payload: bytes = b""
    size: int = 0
    offset: int = 0
    pieces: Pieces = ()

    @property
    def is_file(self) -> bool:
        """Whether it has content."""
        return self.kind in "fx"


def content_digest(entries: Iterable[Entry]) -> str:
    """Return the digest (64 hex digits) of ``entries``."""
    digest = hashlib.sha256(_DIGEST_HEADER)
    # Code points sort as their UTF-8 bytes do.
    for entry in sorted(entries):
        for field in (entry.path.encode(), entry.kind.encode(), entry.payload):
            digest.update(len(field).to_bytes(8, "big"))
            digest.update(field)
    return digest.hexdigest()


def ancestors(path: str) -> Iterable[str]:
    """Yield the directories above ``path``, the nearest first, without the root."""
    while path := posixpath.dirname(path):
        yield path


def resolve(entries: Mapping[str, Entry], path: str) -> str | None:
    """Return the target of ``path`` after following all links; None if it is outside the root or in a circle of links.

    A path that is not in ``entries`` is not a link, so it is returned unchanged.
    """
    todo = deque(path.split("/"))
    done: list[str] = []
    links = 0
    while todo:
        part = todo.popleft()
        if part == "..":
            if not done:
                return None
            done.pop()
        elif part not in ("", "."):
            done.append(part)
            entry = entries.get("/".join(done))
            if entry and entry.kind == "l":
                target = entry.payload.decode()
                links += 1
                if target.startswith("/") or links > _MOST_LINKS:
                    return None
                done.pop()
                todo.extendleft(reversed(target.split("/")))
    return "/".join(done)
