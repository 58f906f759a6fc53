# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions that the fake hub plays, and details of them that are not in the collection's own table.

Source: hub-behaviour.md#versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.hub.versions import FEATURES, Feature, Release, Span

# The measured version of each name.
VERSIONS = {
    "0.18": "0.18.7",
    "0.22": "0.22.0",
    "0.26": "0.26.1",
    "0.28": "0.28.5",
    "0.34": "0.34.2",
    "0.36": "0.36.1",
    "0.39": "0.39.3",
    "1.0": "1.0.1",
    "1.x": "1.0.1",
}

# Details that a client need not know.
Detail = Literal[
    "config",
    "api_version",
    "audit",
    "status",
    "error_bodies",
    "args",
    "long_reasons",
    "inout",
    "missing_instance_in_words",
    "unbounded_requests",
    "ids_in_conflict",
    "forced_delete",
    "refuses_types_with_415",
    "sequence_as_object",
    "start_error_as_text",
]
DETAILS: Mapping[Detail, Span] = {
    "config": Span((0, 19, 2)),
    "api_version": Span((0, 20, 0)),
    "audit": Span((0, 22, 0)),
    "status": Span((0, 28, 0)),
    "error_bodies": Span((0, 28, 2)),
    "args": Span((0, 28, 5)),
    "long_reasons": Span((0, 31, 1)),
    "inout": Span((0, 31, 4)),
    "missing_instance_in_words": Span((0, 31, 4)),
    "unbounded_requests": Span((0, 31, 4)),
    "ids_in_conflict": Span((0, 34, 1)),
    "forced_delete": Span((0, 34, 4)),
    "refuses_types_with_415": Span((0, 35, 3)),
    "sequence_as_object": Span((0, 35, 3)),
    "start_error_as_text": Span((0, 37, 0)),
}
_SPANS: Mapping[str, Span] = {str(name): span for name, span in (*FEATURES.items(), *DETAILS.items())}


class Played:
    """A version and its features."""

    def __init__(self, name: str) -> None:
        self.version = VERSIONS.get(name, name)
        major, minor, patch = (int(part) for part in self.version.split("."))
        self._release: Release = (major, minor, patch)

    def has(self, what: Feature | Detail) -> bool:
        """Whether this version has it."""
        return _SPANS[what].holds(self._release)
