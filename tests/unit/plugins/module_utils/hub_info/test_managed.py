# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hubs of a manager, as the manager lists them."""

from __future__ import annotations

import json

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub_info.managed import managed_hubs
from ansible_collections.scramjet.sth.tests.unit.scripted_server import Exchange, ScriptedServer, answer


def test_each_hub_has_the_address_at_which_the_manager_passes_requests_on() -> None:
    listed = [
        {"id": "north", "healthy": True, "isConnectionActive": False, "description": "rack 1", "tags": ["eu"]},
        # An id is data: it stays one part of the path.
        {"id": "a/../b", "description": None},
    ]
    with ScriptedServer(Exchange("GET", "/list", answer("200 OK", json.dumps(listed)))) as manager:
        client = HubClient(manager.api_url)
        found = managed_hubs(client)
        client.close()
        address = manager.api_url
    assert found == [
        {
            "id": "north",
            "api_url": f"{address}/sth/north/api/v1",
            "healthy": True,
            "connected": False,
            "description": "rack 1",
            "tags": ["eu"],
        },
        {
            "id": "a/../b",
            "api_url": f"{address}/sth/a%2F..%2Fb/api/v1",
            "healthy": None,
            "connected": None,
            "description": "",
            "tags": [],
        },
    ]
