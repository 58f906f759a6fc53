# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reader adds to the lists of a hub, or leaves out of them: nothing, unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord


class Overlay:
    """The lists as the hub tells them."""

    def with_sequences(self, listed: Iterable[SequenceRecord]) -> list[SequenceRecord]:
        """Return the sequences that count as listed."""
        return list(listed)

    def with_instances(self, listed: Iterable[InstanceRecord], keeps_ended: bool) -> list[InstanceRecord]:
        """Return the instances that count as listed; ``keeps_ended``: the hub goes on to list what has ended."""
        return list(listed)

    def with_topics(self, listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the topics that count as listed, as ``GET /topics`` does."""
        return list(listed)
