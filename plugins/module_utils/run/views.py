# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sequences and instances as results and diffs show them: masked, in the shapes that the modules document."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord, known_id
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


def sequence_view(record: SequenceRecord) -> dict[str, Any]:
    """Return ``{id, name, version, digest, ref, hub_version, instances}``. The id is null if it is not known yet."""
    return {
        "id": record.known_id,
        "name": record.name,
        "version": record.version,
        "digest": record.digest,
        "ref": record.ref,
        "hub_version": record.hub_version,
        "instances": list(record.instances),
    }


def bare_instance_view(record: InstanceRecord, sequence: SequenceRecord | None) -> dict[str, Any]:
    """Return an instance without app_config and args, which may hold secrets under keys that nobody has named.

    ``sequence`` is its sequence, if that is still on the hub.
    """
    mark = record.mark
    return {
        "id": record.known_id,
        "name": mark.name if mark else None,
        "index": mark.index if mark else None,
        "deployment": mark.deployment if mark else None,
        "sequence": {"id": known_id(record.sequence_id), "ref": sequence.ref if sequence else None},
        "live": record.live,
        "status": record.status,
        "outcome": record.outcome,
        "exit_code": record.exit_code,
        "reason": record.reason,
        "created": record.created,
        "started": record.started,
        "ended": record.ended,
    }


def instance_view(record: InstanceRecord, sequence: SequenceRecord | None, masker: Masker) -> dict[str, Any]:
    """Return an instance as results show it."""
    app_config, args = masker.program(unmarked(record.app_config), record.args)
    return {**bare_instance_view(record, sequence), "app_config": app_config, "args": args}
