# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance as both sides of a diff show it: only what a plan knows before it acts."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


def running_state(record: InstanceRecord, inventory: Inventory) -> dict[str, Any]:
    """Return ``{state, sequence, app_config, args}`` of a running instance, and its topics if it has any."""
    runs = inventory.sequence(record.sequence_id)
    return {
        "state": "running",
        "sequence": runs.ref if runs else None,
        "app_config": unmarked(record.app_config),
        "args": list(record.args),
        **_topics(record),
    }


def wanted_state(program: Program, sequence: SequenceRecord) -> dict[str, Any]:
    """Return the same for the instance that the task wants."""
    return {
        "state": "running",
        "sequence": sequence.ref,
        "app_config": program.app_config or {},
        "args": list(program.args or ()),
        **_topics(program),
    }


def masked_state(state: dict[str, Any], old: dict[str, Any] | None, masker: Masker) -> dict[str, Any]:
    """Return ``state`` with secrets masked. A secret that differs from the one in ``old`` is marked as changed."""
    app_config, args = masker.program(state["app_config"], state["args"])
    shown = {**state, "app_config": app_config, "args": args}
    if old is None:
        return shown
    for key in ("app_config", "args"):
        shown[key] = masker.changed(old[key], state[key], shown[key])
    return shown


def _topics(item: InstanceRecord | Program) -> dict[str, str]:
    topics = {"input_topic": item.input_topic, "output_topic": item.output_topic}
    return {key: value for key, value in topics.items() if value}
