# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many hubs and their instances as plain data. tests/unit/plugins/inventory/test_hubs.py makes hosts of them."""

from __future__ import annotations

import json

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.hub_info.listing import (
    Listed,
    list_managers,
    plain_name,
    read_hubs,
)
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import run_task
from ansible_collections.scramjet.sth.tests.unit.scripted_server import Exchange, ScriptedServer, answer

NOBODY = "http://127.0.0.1:9"
CONNECTION = Connection(NOBODY, connect_timeout=5.0, request_timeout=10.0, request_retries=0)


@pytest.mark.slow
@pytest.mark.usefixtures("deployed")
def test_hubs_are_listed_in_the_given_order_with_their_instances_without_secrets(hub: FakeHub) -> None:
    config = {"behaviour": "run", "password": "canary"}
    assert run_task("sth_instance", hub, name="job", sequence="probe", app_config=config)["changed"]
    listed = [Listed("dead", NOBODY), Listed("north", hub.api_url, {"id": "n"}), Listed("again", hub.api_url)]
    found, unread = read_hubs(listed, CONNECTION, ["version", "instances"])
    assert [(item.name, item.failure.code) for item in unread] == [("dead", "UNREACHABLE")]
    assert [(item["name"], item.get("managed")) for item in found] == [("north", {"id": "n"}), ("again", None)]
    assert found[0]["hub"]["version"] == hub.state.version
    assert found[0]["hub"]["capabilities"] == sorted(found[0]["hub"]["capabilities"])
    assert [item["name"] for item in found[0]["instances"]] == ["job"]
    assert "canary" not in str(found)


def test_no_hub_is_asked_if_nothing_is_to_be_read() -> None:
    assert read_hubs([Listed("dead", NOBODY)], CONNECTION, []) == ([{"name": "dead", "api_url": NOBODY}], [])


def test_hubs_of_a_manager_get_its_prefix_and_a_manager_that_does_not_answer_is_reported() -> None:
    with ScriptedServer(Exchange("GET", "/list", answer("200 OK", json.dumps([{"id": "{{ x }}"}])))) as manager:
        hubs, unread = list_managers([Listed("space-", manager.api_url), Listed("", NOBODY)], CONNECTION)
    assert [item.name for item in hubs] == ["space-___x___"]
    assert hubs[0].managed is not None
    assert [(item.name, item.failure.code) for item in unread] == [(NOBODY, "UNREACHABLE")]


@pytest.mark.parametrize(("text", "name"), [("a-b.c:1", "a-b.c:1"), ("a b\n{{", "a_b___"), ("zażółć", "zażółć")])
def test_a_name_is_no_template_and_has_one_line(text: str, name: str) -> None:
    assert plain_name(text) == name
