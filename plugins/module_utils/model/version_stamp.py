# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our mark in a package's version: the content digest as semver build metadata.

``1.4.2`` is stored on a hub as ``1.4.2+sha256.<64 hex>``, ``1.4.2+b5`` as ``1.4.2+b5.sha256.<64 hex>``, and a package without
version as ``0.0.0+sha256.<64 hex>``: version is the one field that both hub generations report and keep across restarts
(hub-behaviour.md#sequences).
"""

from __future__ import annotations

import re

# What a package without version is stamped with.
NO_VERSION = "0.0.0"
_MARKS = re.compile(r"((?:[+.]sha256\.[0-9a-f]{64})+)\Z")


def split_version(hub_version: str) -> tuple[str, str | None]:
    """Return (author's version, digest) of what a hub reports; the digest is None where our mark is missing.

    The author's version is "" for a marked ``0.0.0``: so looks a package without version once it is stamped.
    """
    match = _MARKS.search(hub_version)
    if not match:
        return hub_version, None
    version = hub_version[: match.start()]
    return "" if version == NO_VERSION else version, hub_version[-64:]


def stamp_version(version: str, digest: str) -> str:
    """Return ``version``, whose own mark if any is replaced, with ``digest`` (64 hex digits) as its build metadata."""
    author = split_version(version)[0] or NO_VERSION
    return f"{author}{'.' if '+' in author else '+'}sha256.{digest}"
