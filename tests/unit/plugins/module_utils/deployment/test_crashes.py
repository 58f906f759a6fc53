# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replicas that end although they were ready: in a crash loop, or because another run or a person ended them."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.crashes import Crashes, GateError
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import Goal
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.known_settings import replica_mark
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.seen import Seen, look
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, poll
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, keep_ended, run_task, throw

NOTHING = Goal((), None, Rollout(1))
ENDED = InstanceRecord("i", "s", "ended", outcome="failed", exit_code=23)


@pytest.fixture
def seen(hub: FakeHub) -> Seen:
    keep_ended(hub)
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    client = HubClient(hub.api_url, HASTY)
    return Seen(client, look(client, "web"))


def start(seen: Seen, index: int = 0, *, mine: bool = True) -> str:
    (sequence,) = seen.hub.sequences()
    mark = replica_mark("web", index, Rollout(1, "x", 1))
    own_id = seen.hub.sequence(sequence.id).start(marked({}, mark)).id
    if mine:
        seen.known.add(own_id)
    seen.look()
    return own_id


def end(hub: FakeHub, seen: Seen, own_id: str) -> None:
    """Let a replica end by itself, and see it ended."""
    throw(hub, own_id)
    assert poll(
        seen.hub.instance(own_id).info, lambda record: record is None or not record.live, Deadline(30.0), HASTY.looks
    )[1]
    seen.look()


def test_a_ready_replica_that_ends_by_itself_counts_as_a_crash_once(hub: FakeHub, seen: Seen) -> None:
    crashes, own_id = Crashes(seen), start(seen)
    end(hub, seen, own_id)
    assert crashes.lost(NOTHING) == []
    crashes.ready[own_id] = 0
    assert [index for index, _record in crashes.lost(NOTHING)] == [0]
    assert crashes.lost(NOTHING) == []


def test_a_replica_that_this_run_ended_is_not_a_crash(hub: FakeHub, seen: Seen) -> None:
    crashes, own_id = Crashes(seen), start(seen)
    crashes.ready[own_id] = 0
    end(hub, seen, own_id)
    seen.ended[own_id] = ENDED
    assert crashes.lost(NOTHING) == []


def test_the_first_stop_of_an_index_is_attributed_to_another_client(seen: Seen) -> None:
    crashes = Crashes(seen)
    believed = [crashes.is_others_doing("stopped", index, NOTHING) for index in (0, 0, 1)]
    assert believed == [True, False, True]
    start(seen, 5, mine=False)
    assert crashes.is_others_doing("killed", 0, NOTHING)


def test_a_failed_replica_is_a_crash_and_an_unknown_end_only_without_another_run(seen: Seen) -> None:
    crashes = Crashes(seen)
    assert not crashes.is_others_doing("failed", 0, NOTHING)
    assert not crashes.is_others_doing("unknown", 0, NOTHING)
    start(seen, 5, mine=False)
    assert crashes.is_others_doing("unknown", 0, NOTHING)


def test_a_replica_that_ends_twice_counts_as_a_crash_loop(seen: Seen) -> None:
    crashes = Crashes(seen)
    crashes.refuse_loop([(0, ENDED), (1, ENDED)])
    with pytest.raises(GateError, match="web-1") as raised:
        crashes.refuse_loop([(1, ENDED)])
    assert raised.value.index == 1
    crashes.start_over()
    crashes.refuse_loop([(0, ENDED), (1, ENDED)])


def test_when_rounds_run_out_the_replica_that_ended_last_is_the_cause(hub: FakeHub, seen: Seen) -> None:
    crashes, own_id = Crashes(seen), start(seen, 3)
    crashes.refuse_last()
    crashes.ready[own_id] = 3
    end(hub, seen, own_id)
    crashes.lost(NOTHING)
    with pytest.raises(GateError, match="web-3"):
        crashes.refuse_last()
