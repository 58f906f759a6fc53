# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A package whose source was read and validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry


@dataclass(frozen=True, repr=False, eq=False)
class PackageOptions(Options):
    """The options of ``specs.PACKAGE``."""

    src: str | None
    remote_src: bool
    build: str | None
    exclude: list[str]
    compare: Literal["content", "version"]
    secret_files: Literal["warn", "fail", "ignore"]
    _package: dict[str, Any] | None


@dataclass(frozen=True)
class Package:
    """A validated package. ``digest`` is the same for a directory and for its archive, stamped or not."""

    source: str
    kind: Literal["directory", "archive"]
    compare: Literal["content", "version"]
    name: str
    # As the author wrote it; "" if there is none.
    version: str
    # 64 hex digits.
    digest: str
    # The version that a hub will report: with the stamp, or with compare: version as in package.json.
    hub_version: str
    engine: Literal["node", "python3"]
    # Number of files, and their bytes (package.json without the stamp).
    files: int
    size: int
    warnings: tuple[str, ...]
    # For packing: the entries of the source, sorted by path, and the package.json to pack.
    entries: tuple[Entry, ...] = field(repr=False)
    manifest: bytes = field(repr=False)
    # How to recognise the archive that was read (verifying.py); None for a directory.
    checksums: tuple[int, ...] | None = field(repr=False)
    # The main file, if only hubs from 2.0 on can start it; "" otherwise.
    newer_main: str
    # Whether the archive is sent unchanged, because it needs no stamp.
    as_it_is: bool

    @property
    def ref(self) -> str:
        """``name@sha256:<12 hex>``; with compare: version ``name@version``, or the name alone if there is no version."""
        if self.compare == "content":
            return f"{self.name}@sha256:{self.digest[:12]}"
        return f"{self.name}@{self.version}" if self.version else self.name

    @property
    def file_digests(self) -> dict[str, str]:
        """The kind and a short digest of each entry, by path: equal contents have equal ones."""
        return {item.path: f"{item.kind}{item.payload.hex()[:16]}" for item in self.entries}


def refusal(source: str, problem: str) -> SthError:
    """Return the failure for a package that must not be sent. ``problem``: a clause, and after a semicolon what to do."""
    return SthError("INVALID_PACKAGE", f"Package {source} is refused: {problem}.")
