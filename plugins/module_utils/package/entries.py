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

A directory that holds anything is no entry: its content implies it, and archives may leave it out. Of ``package.json`` the
content is hashed with the top-level ``version`` as its author wrote it (``0.0.0`` where there is none).
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import Pieces

_HEADER = b"scramjet.sth content digest 1\n"
# As many links in one path as Linux follows.
_MOST_LINKS = 40


class Entry(NamedTuple):
    """One path of a package.

    ``offset`` is where a file's content begins in the decompressed archive; of a sparse file only ``pieces`` of it are there.
    """

    path: str
    kind: Literal["f", "x", "l", "d"]
    # SHA-256 of a file's content, a link's target, or nothing.
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
    digest = hashlib.sha256(_HEADER)
    # Code points sort as their UTF-8 bytes do.
    for entry in sorted(entries):
        for field in (entry.path.encode(), entry.kind.encode(), entry.payload):
            digest.update(len(field).to_bytes(8, "big"))
            digest.update(field)
    return digest.hexdigest()


def ancestors(path: str) -> Iterable[str]:
    """Yield the directories above ``path``, nearest first, the root aside."""
    while path := posixpath.dirname(path):
        yield path


def resolve(entries: Mapping[str, Entry], path: str) -> str | None:
    """Return where ``path`` leads once every link in it is followed; None if that is outside the root or nowhere.

    What is not in ``entries`` counts as neither link nor file, so a path that does not exist is returned as it is.
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
