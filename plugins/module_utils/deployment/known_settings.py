# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a replica, as far as running replicas show them. Pure.

Settings that a task does not set stay the same.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica, earliest
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program, with_index
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout


def replica_mark(name: str, index: int, rollout: Rollout) -> InstanceMark:
    """Return the mark of replica ``index`` of the deployment ``name``."""
    return InstanceMark(f"{name}-{index}", name, index, name, rollout)


def program_like(observed: Observed, template: Replica, index: int) -> Program:
    """Return the program of replica ``index``: like ``template``, but with the app_config and args of that replica."""
    return Program(
        replica_mark(observed.name, index, template.rollout),
        None,
        config_like(observed, template, index),
        args_like(observed, template, index),
        template.record.input_topic,
        template.record.output_topic,
    )


def program_of(replica: Replica) -> Program:
    """Return the program of a replica, as it runs now."""
    record = replica.record
    return Program(
        replica.mark,
        None,
        unmarked(record.app_config),
        record.args,
        record.input_topic,
        record.output_topic,
    )


def config_like(observed: Observed, template: Replica, index: int) -> dict[str, Any]:
    """Return the app_config of replica ``index``. Raises ``INVALID_CONFIG`` if it is not known."""
    rollout = template.rollout
    if min(index, template.index) < rollout.own_configs:
        return unmarked(_own_of(observed, template, index).record.app_config)
    return with_index(unmarked(template.record.app_config), rollout.index_key, index)


def args_like(observed: Observed, template: Replica, index: int) -> tuple[Any, ...]:
    """Return the args of replica ``index``. Raises ``INVALID_CONFIG`` if they are not known."""
    source = _own_of(observed, template, index) if min(index, template.index) < template.rollout.own_args else template
    return source.record.args


def settings_in_force(observed: Observed) -> dict[str, Any] | None:
    """Return the options with which the replicas run; None if none runs. They contain secrets.

    The settings in force are those of the earliest run. A later run is an attempt until all replicas have its settings. Options
    that a hub does not report, such as ``limits``, are missing.
    """
    known = [item for item in observed.live if item.sequence is not None and item.record.app_config is not None]
    model = earliest(item for item in known if item.record.status != "stopping")
    if model is None or model.sequence is None:
        return None
    rollout = model.rollout
    options = {
        "sequence": model.sequence.ref,
        **_indexes(observed),
        # If every running replica may have an override, their common app_config and args are unknown.
        "app_config": unmarked(model.record.app_config) if model.index >= rollout.own_configs else {},
        "args": list(model.record.args) if model.index >= rollout.own_args else [],
        "overrides": _overrides(observed, model),
        "index_key": rollout.index_key,
        "input_topic": model.record.input_topic,
        "output_topic": model.record.output_topic,
    }
    return {key: value for key, value in options.items() if value is not None}


def _own_of(observed: Observed, template: Replica, index: int) -> Replica:
    """Return a replica with this index, preferably of the same version as the template."""
    found = max(observed.at(index), key=lambda item: (item.ref == template.ref, item.rollout.rank), default=None)
    if found is None:
        raise SthError(
            "INVALID_CONFIG",
            f"Replica {index} of {observed.name} does not run, and may have had app_config or args of its own: set app_config, "
            "args and overrides. With keep_config: true, they apply only to settings that no running replica shows.",
        )
    return found


def _indexes(observed: Observed) -> dict[str, Any]:
    leader, indexes = observed.leader, {item.index for item in observed.live if item.index >= 0}
    if leader is not None and leader.rollout.indexes is not None:
        return {"indexes": sorted(indexes)}
    return {"replicas": max(indexes, default=-1) + 1}


def _overrides(observed: Observed, model: Replica) -> list[dict[str, Any]] | None:
    """Return the option ``overrides``, by index; None if no replica may have had an app_config or args of its own."""
    rollout = model.rollout
    overrides: list[dict[str, Any]] = []
    for index in range(rollout.own):
        # Prefer a replica of the version in force. One of another version is only an attempt.
        own = min(observed.at(index), key=lambda item: (item.ref != model.ref, item.rollout.rank), default=None)
        override: dict[str, Any] = {}
        if own is not None and index < rollout.own_configs:
            override["app_config"] = unmarked(own.record.app_config)
        if own is not None and index < rollout.own_args:
            override["args"] = list(own.record.args)
        overrides.append(override)
    return overrides or None
