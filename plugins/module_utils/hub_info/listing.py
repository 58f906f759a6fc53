# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many hubs and their instances, as plain data for an inventory."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection, normalise_api_url
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub_info.managed import managed_hubs
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import bare_instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.threads.workers import Workers

# Hubs to ask at the same time.
PARALLEL_HUBS = 16


@dataclass(frozen=True)
class Listed:
    """A hub to list, or a manager. ``managed``: what a manager reports about the hub."""

    name: str
    api_url: str
    managed: dict[str, Any] | None = None


@dataclass(frozen=True)
class Unread:
    """A hub or manager that could not be read."""

    name: str
    failure: SthError


def list_managers(managers: Sequence[Listed], connection: Connection) -> tuple[list[Listed], list[Unread]]:
    """Return the hubs of the managers, and the managers that do not answer.

    The name of a hub is the manager's ``name``, followed by the id of the hub.
    """
    hubs: list[Listed] = []
    unread: list[Unread] = []
    for manager in managers:
        client = HubClient(_at(connection, manager.api_url))
        try:
            found = managed_hubs(client)
        except SthError as error:
            unread.append(Unread(manager.api_url, error))
            continue
        finally:
            client.close()
        hubs += [Listed(manager.name + plain_name(item["id"]), item["api_url"], item) for item in found]
    return hubs, unread


def read_hubs(
    hubs: Sequence[Listed], connection: Connection, gather: Collection[str]
) -> tuple[list[dict[str, Any]], list[Unread]]:
    """Return ``{name, api_url, …}`` of the hubs that answer, in the given order, and those that do not.

    ``gather``: ``version`` adds ``hub`` (``{version, generation, capabilities}``); ``instances`` adds ``instances``, those that
    run, each as `instance_view` without app_config and args. If it is empty, no hub is asked.
    """

    def ask(listed: Listed) -> dict[str, Any] | Unread:
        found: dict[str, Any] = {"name": listed.name, "api_url": listed.api_url}
        if listed.managed is not None:
            found["managed"] = listed.managed
        client = HubClient(_at(connection, listed.api_url))
        try:
            if gather:
                version = client.version()
                capabilities = sorted(client.dialect.capabilities)
                found["hub"] = {
                    "version": version.version,
                    "generation": version.generation,
                    "capabilities": capabilities,
                }
            if "instances" in gather:
                found["instances"] = _running_instances(client.inventory())
        except SthError as error:
            return Unread(listed.name, error)
        finally:
            client.close()
        return found

    with Workers(PARALLEL_HUBS) as pool:
        answers = pool.map(ask, hubs)
    return [item for item in answers if not isinstance(item, Unread)], [
        item for item in answers if isinstance(item, Unread)
    ]


def plain_name(text: str) -> str:
    """Return ``text``, which a hub or manager has sent, as the name of a host: it cannot contain a template or a line end."""
    return re.sub(r"[^\w.:-]", "_", text)


def _running_instances(inventory: Inventory) -> list[dict[str, Any]]:
    # Without app_config and args, because an inventory is shown and cached.
    return [bare_instance_view(item, inventory.sequence(item.sequence_id)) for item in inventory.instances if item.live]


def _at(connection: Connection, api_url: str) -> Connection:
    return replace(connection, api_url=normalise_api_url(api_url))
