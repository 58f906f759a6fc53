# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replicas of a deployment on a hub, and its leader, whose mark counts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import (
    Observed,
    earliest,
    latest,
    refuse_clash,
    replicas_of,
)
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked, member_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout

APP = SequenceRecord("s", "app", "1")


def replica(index: int | None, generation: int = 1, *, own: int = 0, number: int = 0, **record: Any) -> InstanceRecord:
    mark = InstanceMark(f"web-{index}", "web", index, "web", Rollout(generation, own_configs=own))
    created = f"2026-01-01T00:00:{number:02}Z"
    given = {"status": "running", "created": created, **record}
    return InstanceRecord(f"{index}-{generation}-{number}", "s", app_config=marked({}, mark), **given)


def observed(*instances: InstanceRecord) -> Observed:
    return replicas_of("web", Inventory((APP,), instances))


def ids(replicas: Any) -> list[str]:
    return [item.id for item in replicas]


def test_instances_of_other_deployments_and_without_a_deployment_are_not_replicas() -> None:
    other = InstanceMark("web-0", "web", 0, "api", Rollout())
    instances = (
        InstanceRecord("other", "s", "running", marked({}, other)),
        InstanceRecord("pool", "s", "running", marked({}, member_mark("web", 0))),
        InstanceRecord("unmarked", "s", "running", {}),
        InstanceRecord("silent", "s", "starting", None),
        replica(0),
    )
    assert ids(observed(*instances).replicas) == ["0-1-0"]


def test_live_replicas_are_ordered_by_index_and_age() -> None:
    seen = observed(replica(2), replica(0, number=2), replica(0, number=1), replica(1, status="ended"))
    assert ids(seen.live) == ["0-1-1", "0-1-2", "2-1-0"]
    assert ids(seen.at(0)) == ["0-1-1", "0-1-2"]
    assert seen.at(1) == []


def test_the_generation_counts_ended_ones_and_the_leader_is_live() -> None:
    seen = observed(replica(0, 3, status="ended"), replica(1, 2), replica(2, 1))
    assert seen.generation == 3
    assert seen.leader is not None
    assert seen.leader.id == "1-2-0"
    assert (observed().generation, observed().leader) == (0, None)


def test_the_leader_of_a_run_is_a_replica_without_overrides() -> None:
    seen = observed(replica(0, own=1), replica(1, own=1), replica(2, own=1)).replicas
    for first in (latest(seen), earliest(seen)):
        assert first is not None
        assert first.index == 1


def test_the_last_ended_replica_is_the_one_with_the_latest_end() -> None:
    ended = [replica(0, number=number, status="ended", ended=f"2026-01-02T00:0{9 - number}:00Z") for number in (1, 2)]
    last = observed(replica(0), *ended).last_ended(0)
    assert last is not None
    assert last.id == "0-1-1"
    assert observed(replica(0)).last_ended(0) is None


def test_a_replica_is_called_by_its_name_and_its_package_if_that_is_there() -> None:
    here, gone = replica(0), InstanceRecord("i", "gone", "running", replica(1).app_config)
    assert [item.object for item in observed(here, gone).replicas] == ["instance web-0 from app@1", "instance web-1"]
    assert observed(replica(None)).replicas[0].index == -1


@pytest.mark.parametrize("mark", [InstanceMark("web"), member_mark("web", 7), InstanceMark("web-1")])
def test_an_instance_with_the_name_of_a_replica_is_refused(mark: InstanceMark) -> None:
    there = InstanceRecord("i", "s", "running", marked({}, mark))
    with pytest.raises(SthError, match=mark.name) as raised:
        refuse_clash(replicas_of("web", Inventory((APP,), (there,))), "http://hub", range(3))
    assert raised.value.code == "CONFLICT"
    assert raised.value.details["instance"] == "i"


def test_ended_instances_and_other_names_are_not_refused() -> None:
    ended = InstanceRecord("i", "s", "ended", marked({}, InstanceMark("web")))
    beyond = InstanceRecord("j", "s", "running", marked({}, InstanceMark("web-3")))
    refuse_clash(replicas_of("web", Inventory((APP,), (ended, beyond, replica(0)))), "http://hub", range(3))
