# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is delegated to the API of a hub reaches that hub, and `-v` says which hub a task reaches."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import through_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook


def asks(hub: str, **keywords: Any) -> list[dict[str, Any]]:
    """Return a task that asks a hub, and one that checks that it was ``hub`` (a variable)."""
    that = f"(asked.results | default([asked])) | map(attribute='hub.api_url') | list == {hub}"
    return [
        {"scramjet.sth.sth_sequence_info": {}, "register": "asked", **keywords},
        {"ansible.builtin.assert": {"that": that, "fail_msg": "asked {{ asked }}"}},
    ]


@through_entrances
def test_a_delegated_task_reaches_the_hub_of_its_host(entrance: str, tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x") as berlin, FakeHub(generation="1.x") as warsaw, FakeHub(generation="1.x") as oslo:
        hubs = {"berlin": berlin.api_url, "warsaw": warsaw.api_url, "oslo": oslo.api_url}
        apis = {
            "hosts": {
                "berlin": {"sth_token": "of-berlin"},
                "warsaw": {},
                "oslo": {"sth_api_url": oslo.api_url, "sth_token": "of-oslo"},
            },
            # This template must be evaluated for the host to which the task is delegated.
            "vars": {"sth_api_url": "{{ hubs[inventory_hostname] }}"},
        }
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"bastion": {}}, "children": {"apis": apis}}}))
        tasks = [
            *asks("[hubs.berlin]"),
            *asks("[hubs.warsaw]", delegate_to="warsaw"),
            *asks("[hubs.warsaw, hubs.oslo]", delegate_to="{{ item }}", loop=["warsaw", "oslo"]),
            # These hosts do not stand for hubs, so the task is for berlin.
            *asks("[hubs.berlin]", delegate_to="localhost"),
            *asks("[hubs.berlin]", delegate_to="bastion"),
            # A variable of the task counts for every host.
            *asks("[hubs.oslo]", delegate_to="warsaw", vars={"sth_api_url": oslo.api_url}),
        ]
        book = play(tmp_path / "delegated.yml", {"hosts": "berlin", "tasks": tasks})
        output = run_playbook(book, {"hubs": hubs, "sth_entrance": entrance}, "-v", "-i", str(inventory))
        tokens = [{item.headers.get("authorization") for item in hub.requests} for hub in (berlin, warsaw, oslo)]
    # No hub gets the token of another one, except from the last task, which sets the address itself.
    assert tokens == [{"Bearer of-berlin"}, {None}, {"Bearer of-oslo", "Bearer of-berlin"}]
    told = [line.split(" hub ")[1] for line in output.splitlines() if " hub http" in line]
    expected = ["berlin", "warsaw", "warsaw", "oslo", "berlin", "berlin", "oslo"]
    assert told == [hubs[name] for name in expected]
