# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hub lists."""

from __future__ import annotations

from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


def test_json_of_another_shape_is_no_hubs_answer() -> None:
    with ScriptedServer(VERSION_1, Exchange("GET", "/entities", answer("200 OK", "[1,2]"))) as server:
        assert failure(client(server).inventory).code == "HUB_ERROR"
    with ScriptedServer(VERSION_1, Exchange("GET", "/sequences", answer("200 OK", '{"a":1}'))) as server:
        assert failure(client(server).sequences).code == "HUB_ERROR"
