# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions that the fake hub simulates, and details of them that are not in the collection's own table.

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

# Details for which the collection does not need the version of the hub.
Detail = Literal[
    "config",
    "api_version",
    "audit",
    "status",
    "start_result",
    "one_parse_error",
    "event_without_payload",
    "missing_is_empty",
    "strict_manifests",
    "error_bodies",
    "language",
    "sequence_info",
    "args",
    "package_size",
    "long_reasons",
    "inout",
    "missing_instance_in_words",
    "unbounded_requests",
    "ids_in_conflict",
    "forced_delete",
    "refuses_types_with_415",
    "location",
    "sequence_as_object",
    "start_error_with_status",
    "failed_start_with_code",
    "start_error_as_text",
    "measures_folders",
    "sequences_by_name",
    "needs_start_body",
    "missing_sequence_in_words",
    "topics_have_types",
    "put_in_use_in_words",
    "loses_input_after_end",
]
DETAILS: Mapping[Detail, Span] = {
    "config": Span((0, 19, 2)),
    "api_version": Span((0, 20, 0)),
    "audit": Span((0, 22, 0)),
    # Input after the end of the input is accepted and lost.
    "loses_input_after_end": Span((0, 20, 0), mended=(0, 33, 0)),
    "start_result": Span((0, 20, 0), mended=(0, 28, 2)),
    # Every refusal of a body is "Could not parse content".
    "one_parse_error": Span((0, 24, 3)),
    "missing_is_empty": Span((0, 26, 0)),
    "event_without_payload": Span((0, 27, 0)),
    # The types of author, description, keywords and args in package.json are checked.
    "strict_manifests": Span((0, 28, 0)),
    "status": Span((0, 28, 0)),
    # A sequence has a name of its own, and PUT gives it one: its id.
    "sequences_by_name": Span((0, 28, 0), mended=(0, 38, 0)),
    "sequence_info": Span((0, 28, 0), mended=(0, 35, 3)),
    "error_bodies": Span((0, 28, 2)),
    "language": Span((0, 28, 2)),
    "missing_instance_in_words": Span((0, 28, 2)),
    "args": Span((0, 28, 5)),
    # A start with an empty body is 500.
    "needs_start_body": Span((0, 28, 5), mended=(0, 30, 0)),
    "missing_sequence_in_words": Span((0, 30, 0)),
    # A write of another content type to a topic is refused.
    "topics_have_types": Span((0, 30, 0)),
    "package_size": Span((0, 31, 0)),
    "start_error_with_status": Span((0, 31, 1), mended=(0, 37, 0)),
    "long_reasons": Span((0, 31, 1)),
    "failed_start_with_code": Span((0, 31, 2)),
    "inout": Span((0, 31, 4)),
    "unbounded_requests": Span((0, 31, 4)),
    "ids_in_conflict": Span((0, 34, 1)),
    "forced_delete": Span((0, 34, 4)),
    "refuses_types_with_415": Span((0, 35, 3)),
    "put_in_use_in_words": Span((0, 35, 0)),
    "location": Span((0, 35, 2)),
    "sequence_as_object": Span((0, 35, 3)),
    "start_error_as_text": Span((0, 37, 0)),
    # The load check measures the folders of sequences, not all disks.
    "measures_folders": Span((0, 39, 0)),
}
_SPANS: Mapping[str, Span] = {str(name): span for name, span in (*FEATURES.items(), *DETAILS.items())}


class Played:
    """A version that the fake hub simulates, and its features."""

    def __init__(self, name: str) -> None:
        self.version = VERSIONS.get(name, name)
        major, minor, patch = (int(part) for part in self.version.split("."))
        self._release: Release = (major, minor, patch)

    def has(self, what: Feature | Detail) -> bool:
        """Whether this version has it."""
        return _SPANS[what].holds(self._release)
