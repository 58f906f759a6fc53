# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of a hub, unchanged. In check mode, `run.predicted` adds to them what earlier tasks would leave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord


class Prediction:
    """Returns the lists as the hub reports them."""

    def with_sequences(self, listed: Iterable[SequenceRecord]) -> list[SequenceRecord]:
        """Return the sequences to treat as listed."""
        return list(listed)

    def with_instances(self, listed: Iterable[InstanceRecord], keeps_ended: bool) -> list[InstanceRecord]:
        """Return the instances to treat as listed. ``keeps_ended``: the hub keeps listing ended instances."""
        return list(listed)

    def with_topics(self, listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the topics to treat as listed, in the form of ``GET /topics``."""
        return list(listed)
