# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task in a play with ``--check`` passes on to the next tasks, and how it is compared. Pure.

It passes on entries, which are plain JSON values without secrets. The action plugin keeps them until the play is over, and
`predicted` reads them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import marked, unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    PREDICTED_ID,
    InstanceRecord,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.predicted import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK


def entries(actions: Sequence[Action], ended: Iterable[InstanceRecord], api_url: str, masker: Masker) -> list[Entry]:
    """Return entries for the state that planned actions would leave. ``ended``: instances that would have ended by themselves."""
    left_behind: list[Entry] = [{"ended": item.id} for item in ended]
    uploaded = ""
    for action in actions:
        if isinstance(action.target, InstanceRecord):
            left_behind.append({"ended": action.target.id})
        elif isinstance(action.target, SequenceRecord):
            left_behind.append({"gone": action.target.id})
        elif isinstance(action.target, Mapping):
            left_behind.append({"gone": action.target["name"]})
        left = action.leaves
        own_id = f"{PREDICTED_ID}{uuid.uuid4().hex}"
        if isinstance(left, SequenceRecord):
            uploaded = own_id
            left_behind.append({"sequence": {**asdict(left), "id": own_id}})
        elif isinstance(left, InstanceRecord):
            hidden = _masked_record(left, masker)
            left_behind.append(
                {"instance": {**asdict(hidden), "id": own_id, "sequence_id": left.sequence_id or uploaded}}
            )
        elif left is not None:
            left_behind.append({"topic": left})
    return [{"hub": api_url, **entry} for entry in left_behind]


def fill_masked(value: Any, wanted: Any) -> Any:
    """Return ``value`` of a predicted record. A masked part, which was not passed on, is assumed to be as in ``wanted``."""
    if isinstance(value, str) and MASK in value:
        return wanted
    if isinstance(value, Mapping) and isinstance(wanted, Mapping):
        return {key: fill_masked(item, wanted.get(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and isinstance(wanted, (list, tuple)) and len(value) == len(wanted):
        return [fill_masked(item, other) for item, other in zip(value, wanted)]
    return value


def _masked_record(record: InstanceRecord, masker: Masker) -> InstanceRecord:
    config, args = masker.program(unmarked(record.app_config), record.args)
    return replace(record, app_config=marked(config, record.mark), args=tuple(args))
