# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stamp in the version of a package: the content digest as semver build metadata.

``1.4.2`` is stored on a hub as ``1.4.2+sha256.<64 hex>``, ``1.4.2+b5`` as ``1.4.2+b5.sha256.<64 hex>``, and a package without
version as ``0.0.0+sha256.<64 hex>``. The version is the only field that all hubs report and keep across restarts
(hub-behaviour.md#sequences).
"""

from __future__ import annotations

import re

# The version that a package without a version gets before the stamp.
NO_VERSION = "0.0.0"
# Replaces the digest in the version of a predicted package whose content is unknown.
UNBUILT = "+unbuilt"
_MARKS = re.compile(r"((?:[+.]sha256\.[0-9a-f]{64})+)\Z")


def split_version(hub_version: str) -> tuple[str, str | None]:
    """Split a version that a hub reports into (author's version, digest). The digest is None if there is no stamp.

    For a stamped ``0.0.0`` the author's version is "", because a package without a version gets ``0.0.0`` with its stamp.
    """
    match = _MARKS.search(hub_version)
    if not match:
        return hub_version, None
    version = hub_version[: match.start()]
    return "" if version == NO_VERSION else version, hub_version[-64:]


def stamp_version(version: str, digest: str) -> str:
    """Return ``version`` with ``digest`` (64 hex digits) as build metadata, in place of a stamp that it may have."""
    author = split_version(version)[0] or NO_VERSION
    return f"{author}{'.' if '+' in author else '+'}sha256.{digest}"
