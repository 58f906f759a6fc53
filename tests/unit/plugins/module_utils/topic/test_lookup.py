# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topics by their names."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.topic.lookup import find_topic, require_topic_name
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub


@pytest.mark.parametrize("name", ["orders", "a-b_C9", "_"])
def test_valid_topic_names_are_accepted(name: str) -> None:
    require_topic_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "orders\n", "zamówienia"])
def test_invalid_topic_names_are_refused(name: str) -> None:
    with pytest.raises(SthError) as raised:
        require_topic_name(name)
    assert raised.value.code == "INVALID_OPTION"


def test_a_topic_is_found_by_its_whole_name() -> None:
    with FakeHub("1.x") as hub:
        client = HubClient(hub.api_url)
        client.topic("orders").create("text/plain")
        assert find_topic(client, "orders") == {"name": "orders", "content_type": "text/plain"}
        assert find_topic(client, "order") is None
