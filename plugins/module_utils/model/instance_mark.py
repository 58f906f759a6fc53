# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark by which the collection recognises its instances: one reserved key in their app_config.

Both hub generations echo app_config and 1.x keeps it over a restart (architecture.md#instances).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout, read_rollout

MARK_KEY = "_sth"


@dataclass(frozen=True)
class InstanceMark:
    """Name and owner of an instance. ``name`` is the whole name, ``web-0`` for member 0 of pool ``web``.

    ``deployment`` is set if a deployment manages the instance. Then ``pool`` is its name too, ``index`` is the index of
    the replica, and ``rollout`` describes the run that started it.
    """

    name: str
    pool: str | None = None
    index: int | None = None
    deployment: str | None = None
    rollout: Rollout | None = None

    def as_value(self) -> dict[str, Any]:
        """Return the mark as it is written into app_config."""
        value = {"name": self.name, "pool": self.pool, "index": self.index, "deployment": self.deployment}
        own = {key: item for key, item in value.items() if item is not None}
        return {**own, **self.rollout.as_value()} if self.rollout else own


def member_mark(name: str, index: int | None) -> InstanceMark:
    """Return the mark of instance ``name``, or of member ``index`` of the pool ``name``."""
    return InstanceMark(name) if index is None else InstanceMark(f"{name}-{index}", name, index)


def marked(app_config: Mapping[str, Any], mark: InstanceMark | None) -> dict[str, Any]:
    """Return ``app_config`` with the mark in it."""
    return {**app_config, MARK_KEY: mark.as_value()} if mark else dict(app_config)


def read_mark(app_config: Mapping[str, Any] | None) -> InstanceMark | None:
    """Return the mark in an app_config that a hub reports; None if the reserved key is missing, or another program wrote it."""
    value = (app_config or {}).get(MARK_KEY)
    # A dict is a Mapping, but checking for dict first takes a fifth of the time, and there may be thousands of instances.
    if not isinstance(value, (dict, Mapping)) or not isinstance(value.get("name"), str):
        return None
    pool, index, deployment = value.get("pool"), value.get("index"), value.get("deployment")
    return InstanceMark(
        value["name"],
        pool if isinstance(pool, str) else None,
        index if isinstance(index, int) else None,
        deployment if isinstance(deployment, str) else None,
        read_rollout(value) if isinstance(deployment, str) else None,
    )


def unmarked(app_config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return ``app_config`` without the mark, as the user set it."""
    return {key: value for key, value in (app_config or {}).items() if key != MARK_KEY}
