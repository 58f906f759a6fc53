# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads for ``sth_sequence_info``."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import (
    CURRENT,
    find_sequences,
    parse_reference,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import sequence_view


@dataclass(frozen=True, repr=False, eq=False)
class SequenceInfoOptions(Options):
    """The options of ``sth_sequence_info``."""

    sequence: str | None


def reconcile(run: Run, options: SequenceInfoOptions) -> Result:
    """Return ``{exists, sequences, sequence}``. ``sequence`` is the only match; None if there are none or several."""
    reference = parse_reference(options.sequence) if options.sequence is not None else None
    # Only the instances show which version is the current one.
    inventory = (
        observe(run.hub, lambda found: bool(found.instances))
        if reference is not None and reference.version == CURRENT
        else Inventory(tuple(run.hub.sequences()))
    )
    found = inventory.sequences if reference is None else find_sequences(reference, inventory)
    views = [sequence_view(item) for item in sorted(found, key=lambda item: (item.name, item.hub_version, item.id))]
    return {"exists": bool(views), "sequences": views, "sequence": views[0] if len(views) == 1 else None}
