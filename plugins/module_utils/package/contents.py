# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collects the entries of a directory or an archive, and refuses entries that a package cannot have."""

from __future__ import annotations

import hashlib
import re
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry, ancestors, resolve
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import Pieces

READ_SIZE = 256 * 1024
MANIFEST = "package.json"
# Hubs have no limit, but this is the only file that is read into memory.
MANIFEST_LIMIT = 16 * 1024 * 1024
# The limits of Linux file systems in bytes: for one name, and for a path or the target of a link.
LONGEST_NAME, LONGEST_PATH = 255, 4095
_NPM_CREDENTIAL = re.compile(rb"_auth(Token)?\s*=|_password\s*=")


class Contents:
    """The entries of one source, gathered in a single pass over its bytes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.entries: dict[str, Entry] = {}
        self.manifest: bytes | None = None
        # Files that are secret by their content, whatever their name is.
        self.secrets: list[str] = []
        # Problems that do not prevent the package from running, but are probably mistakes.
        self.warnings: list[str] = []
        # The checksums of the archive itself, see verifying.py.
        self.checksums: tuple[int, ...] | None = None

    def add(self, entry: Entry) -> None:
        """Add an entry. If a path occurs twice, the last one counts, as in tar. Two entries of different kinds are refused."""
        names = [len(name.encode()) for name in entry.path.split("/")]
        target = len(entry.payload) if entry.kind == "l" else 0
        if max(names) > LONGEST_NAME or max(sum(names) + len(names) - 1, target) > LONGEST_PATH:
            raise refusal(
                self.source,
                f"no hub can unpack {entry.path[:80]!r}, which is longer than file systems take ({LONGEST_NAME} bytes for a name, "
                f"{LONGEST_PATH} for a path); shorten it",
            )
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
        """Add a file. ``read`` returns its content piece by piece. For ``offset`` and ``pieces``, see ``Entry``."""
        watched = path == MANIFEST or path.rpartition("/")[2] == ".npmrc"
        digest = hashlib.sha256()
        size = 0
        kept = bytearray()
        for piece in iter(lambda: read(READ_SIZE), b""):
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
        """Drop directories that are not empty, because their content implies them. Refuse files below files, and links to outside."""
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
