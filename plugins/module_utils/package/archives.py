# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory of archives, from which a package is taken by its digest."""

from __future__ import annotations

import os
from typing import Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal

_ENDINGS = (".tar.gz", ".tgz")


def archives_in(directory: str) -> list[str]:
    """Return the paths of the archives in ``directory``, sorted; [] if it is not a directory, or is a package itself."""
    if os.path.lexists(os.path.join(directory, MANIFEST)):
        return []
    try:
        names = sorted(name for name in os.listdir(directory) if name.endswith(_ENDINGS))
    except OSError:
        return []
    return [path for path in (os.path.join(directory, name) for name in names) if os.path.isfile(path)]


def archive_with_digest(directory: str, digest: str, digest_of: Callable[[str], str]) -> str:
    """Return the archive in ``directory`` whose content has a digest that begins with ``digest`` (7 to 64 hex digits).

    ``digest_of`` returns the digest of an archive, and raises ``INVALID_PACKAGE`` if it is not a package. Archives whose names contain the
    digest are read first. The search ends early only for a complete digest, because several packages may share the first digits. Raises
    ``INVALID_PACKAGE`` if no archive has the digest, and ``INVALID_OPTION`` if archives with different content have it.
    """
    archives = archives_in(directory)
    found: dict[str, str] = {}
    unsound = []
    for path in sorted(archives, key=lambda path: digest[:12] not in os.path.basename(path)):
        try:
            whole = digest_of(path)
        except SthError:
            unsound.append(os.path.basename(path))
            continue
        if whole.startswith(digest):
            found.setdefault(whole, path)
            if whole == digest:
                break
    if len(found) > 1:
        raise SthError(
            "INVALID_OPTION",
            f"{len(found)} packages in {directory} have a digest that begins with {digest}: write more of its digits.",
        )
    if not found:
        left = f"; {', '.join(unsound)} cannot be read as a package" if unsound else ""
        raise refusal(
            directory,
            f"none of the {len(archives)} archives in it has the digest sha256:{digest}{left}; put the archive there, or correct the digest",
        )
    return next(iter(found.values()))
