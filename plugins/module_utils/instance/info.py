# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads for ``sth_instance_info``. Never reads a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import PARALLEL_GETS, HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.instance.lookup import is_named_by, sort_key
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Status
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import find_sequences, parse_reference
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Workers


@dataclass(frozen=True, repr=False, eq=False)
class InstanceInfoOptions(Options):
    """The options of ``sth_instance_info``."""

    instance: list[str] | None
    sequence: str | None
    status: list[Status] | None
    health: bool
    secret_keys: list[str]


def reconcile(run: Run, options: InstanceInfoOptions) -> Result:
    """Return ``exists``, ``instances`` and ``instance``."""
    inventory = observe(run.hub, lambda found: bool(found.instances))
    found = list(inventory.instances)
    if options.instance is not None:
        if not all(reference.strip() for reference in options.instance):
            raise SthError("INVALID_OPTION", "A reference in instance is empty: give an id or a name.")
        found = [item for item in found if is_named_by(item, options.instance)]
    if options.sequence is not None:
        ids = {item.id for item in find_sequences(parse_reference(options.sequence), inventory)}
        found = [item for item in found if item.sequence_id in ids]
    if options.status is not None:
        found = [item for item in found if item.status in options.status]
    found.sort(key=sort_key)
    views = [instance_view(item, inventory.sequence(item.sequence_id), run.masker) for item in found]
    if options.health:
        _add_health(run.hub, views)
    return {"exists": bool(views), "instances": views, "instance": views[0] if len(views) == 1 else None}


def _add_health(hub: HubClient, views: list[dict[str, Any]]) -> None:
    """Read the health of every live instance. If the hub does not answer in time, the health is unknown."""

    def ask(view: dict[str, Any]) -> bool | None:
        if not view["live"]:
            return None
        try:
            return hub.instance(view["id"]).health(timeout=hub.timings.single_get)
        except SthError as error:
            if error.code != "TIMEOUT":
                raise
            return None

    with Workers(PARALLEL_GETS, hub.abandon) as pool:
        for view, healthy in zip(views, pool.map(ask, views)):
            view["healthy"] = healthy
