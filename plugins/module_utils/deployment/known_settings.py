# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a replica, as far as running replicas show them. Pure.

Settings that a task does not set stay the same.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica
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
