# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deployment as one run observes it: its replicas from before, and those that other runs have started since."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.known_settings import replica_mark
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.seen import Seen, look
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, poll
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, run_task


@pytest.fixture
def client(hub: FakeHub) -> HubClient:
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    return HubClient(hub.api_url, HASTY)


def start(client: HubClient, index: int, name: str = "web") -> str:
    (sequence,) = client.sequences()
    mark = replica_mark(name, index, Rollout(1, "x", 1))
    own_id = client.sequence(sequence.id).start(marked({}, mark)).id
    # On 0.18 an instance does not tell whose it is while it starts.
    look(client, name)
    return own_id


def test_only_replicas_that_start_later_belong_to_another_run(client: HubClient) -> None:
    start(client, 0)
    seen = Seen(client, look(client, "web"))
    assert [item.index for item in seen.now.live] == [0]
    mine, theirs = start(client, 1), start(client, 2)
    start(client, 0, "api")
    assert seen.others() == []
    seen.known.add(mine)
    assert [item.index for item in seen.look().live] == [0, 1, 2]
    assert [item.id for item in seen.others()] == [theirs]
    assert [item.index for item in seen.before.live] == [0]


def test_ended_replicas_are_no_sign_of_another_run(client: HubClient) -> None:
    seen = Seen(client, look(client, "web"))
    theirs = start(client, 0)
    seen.look()
    assert [item.id for item in seen.others()] == [theirs]
    client.instance(theirs).kill()
    _observed, gone = poll(seen.look, lambda observed: not seen.others(), Deadline(30.0), HASTY.looks)
    assert gone
