# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads for ``sth_hub_info``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub_info.managed import managed_hubs
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK


@dataclass(frozen=True, repr=False, eq=False)
class HubInfoOptions(Options):
    """The options of ``sth_hub_info``."""

    gather: list[Literal["version", "load", "config", "counts", "hubs"]]


def reconcile(run: Run, options: HubInfoOptions) -> Result:
    """Return ``hub`` with its capabilities, and ``load``, ``config``, ``status`` and ``counts`` as ``gather`` selects.

    With ``hubs``, return only the hubs that a manager lists.
    """
    hub, gather = run.hub, options.gather
    if "hubs" in gather:
        if set(gather) != {"hubs"}:
            raise SthError(
                "INVALID_OPTION",
                "gather contains hubs, which only a manager lists, and values that only a hub has: use one task for each.",
            )
        # A manager is not a hub, and has no version.
        return {"hubs": managed_hubs(hub), "hub": run.known_hub()}
    result: Result = {}
    if "version" in gather:
        result["hub"] = {**run.describe_hub(), "capabilities": sorted(hub.dialect.capabilities)}
    if "load" in gather:
        result["load"] = hub.load()
    if "config" in gather:
        result["config"] = _without_secrets(hub.config())
        result["status"] = hub.status()
    if "counts" in gather:
        result["counts"] = _counts(hub)
    return result


def _without_secrets(config: dict[str, Any] | None) -> dict[str, Any] | None:
    """Hide what ``GET /config`` shows to everybody: API keys, and the environment of every program.

    Source: hub-behaviour.md#secrets-on-the-hub.
    """
    if config is None:
        return None
    shown: dict[str, Any] = Masker().app_config(config)
    # Some versions report an object, others a text. Hide all of it, because any of it may be secret.
    if shown.get("runnerEnvs"):
        shown["runnerEnvs"] = MASK
    return shown


def _counts(hub: HubClient) -> dict[str, int]:
    inventory = observe(hub, lambda found: bool(found.instances))
    live = sum(item.live for item in inventory.instances)
    topics = len(hub.topics()) if hub.dialect.keeps_topics else 0
    return {
        "sequences": len(inventory.sequences),
        "instances": live,
        "ended_instances": len(inventory.instances) - live,
        "topics": topics,
    }
