# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes in what a directory or an archive holds, entry by entry, and refuses what cannot be a package."""

from __future__ import annotations

import hashlib
import re
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry, ancestors, resolve
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import Pieces

CHUNK = 256 * 1024
MANIFEST = "package.json"
# Hubs know no limit; it is the one file that is held in memory.
MANIFEST_LIMIT = 16 * 1024 * 1024
_NPM_CREDENTIAL = re.compile(rb"_auth(Token)?\s*=|_password\s*=")


class Contents:
    """The entries of one source, gathered in a single pass over its bytes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.entries: dict[str, Entry] = {}
        self.manifest: bytes | None = None
        # Files whose content, not their name, gives them away as secret.
        self.secrets: list[str] = []
        # What is sound and yet not what its author may have meant.
        self.warnings: list[str] = []
        # Of an archive itself, see verifying.py.
        self.checksums: tuple[int, ...] | None = None

    def add(self, entry: Entry) -> None:
        """Take in an entry. The last one of a path counts, as tar extracts it; two of different kinds are refused."""
        known = self.entries.get(entry.path)
        if known and known.kind != entry.kind and not (known.is_file and entry.is_file):
            raise refusal(
                self.source,
                f"it contains {entry.path!r} twice, with different types (file, link, directory); pack it again",
            )
        self.entries[entry.path] = entry

    def add_file(
        self, path: str, executable: bool, read: Callable[[int], bytes], offset: int = 0, pieces: Pieces = ()
    ) -> None:
        """Take in a file whose content ``read`` gives piece by piece; ``offset`` and ``pieces`` as in ``Entry``."""
        watched = path == MANIFEST or path.rpartition("/")[2] == ".npmrc"
        digest = hashlib.sha256()
        size = 0
        kept = bytearray()
        for piece in iter(lambda: read(CHUNK), b""):
            digest.update(piece)
            size += len(piece)
            if watched and len(kept) <= MANIFEST_LIMIT:
                kept += piece
        self.add(Entry(path, "x" if executable else "f", digest.digest(), size, offset, pieces))
        if path == MANIFEST:
            self.manifest = bytes(kept)
        elif watched and _NPM_CREDENTIAL.search(kept):
            self.secrets.append(path)

    def settle(self) -> None:
        """Check what only the whole shows, and drop directories that their content implies."""
        implied = set()
        for entry in self.entries.values():
            for above in ancestors(entry.path):
                if above in implied:
                    break
                parent = self.entries.get(above)
                if parent and parent.kind != "d":
                    raise refusal(
                        self.source,
                        f"{entry.path!r} lies below {above!r}, which is not a directory; pack it again",
                    )
                implied.add(above)
        for path in implied:
            self.entries.pop(path, None)
        for entry in self.entries.values():
            if entry.kind == "l" and resolve(self.entries, entry.path) is None:
                raise refusal(
                    self.source,
                    f"the link {entry.path!r} -> {entry.payload.decode()!r} points outside the package or to itself; "
                    "put the file itself there, or leave the link out",
                )
