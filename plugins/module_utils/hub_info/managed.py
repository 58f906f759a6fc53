# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hubs of a manager, such as a space of Scramjet Cloud Platform."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient


def managed_hubs(manager: HubClient) -> list[dict[str, Any]]:
    """Return ``{id, api_url, healthy, connected, description, tags}`` of each hub (``GET /list`` of the manager).

    ``api_url`` is the address at which the manager passes on requests to the hub.
    """
    return [
        {
            "id": item["id"],
            "api_url": f"{manager.api_url}/sth/{quote(item['id'], safe='')}/api/v1",
            "healthy": item.get("healthy"),
            "connected": item.get("isConnectionActive"),
            "description": item.get("description") or "",
            "tags": item.get("tags") or [],
        }
        for item in manager.hubs()
    ]
