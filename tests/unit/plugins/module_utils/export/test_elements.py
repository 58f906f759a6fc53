# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs, as elements: complete, and what applying them changes is said."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.export.elements import Exported, export
from ansible_collections.scramjet.sth.plugins.module_utils.export.placeholders import Placeholders
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker

OLD = SequenceRecord("id-old", "app", f"1.0.0+sha256.{'a' * 64}")
NEW = SequenceRecord("id-new", "app", f"1.1.0+sha256.{'b' * 64}")
FOREIGN = SequenceRecord("id-foreign", "@scope/other", "2.0.0")


def instance(
    number: int, mark: InstanceMark | None, sequence: SequenceRecord = NEW, args: tuple[Any, ...] = (), **config: Any
) -> InstanceRecord:
    created = f"2026-01-01T00:00:{number:02}Z"
    return InstanceRecord(f"i-{number}", sequence.id, "running", marked(config, mark), args, created=created)


def replica(index: int, generation: int = 1, **rollout: Any) -> InstanceMark:
    return InstanceMark(f"web-{index}", "web", index, "web", Rollout(generation, "d", **{"replicas": 2, **rollout}))


def exported(*instances: InstanceRecord, sequences: tuple[SequenceRecord, ...] = (OLD, NEW, FOREIGN)) -> Exported:
    return export(Inventory(sequences, instances), Placeholders(Masker()), ())


def test_the_exported_deployment_has_the_common_settings_of_its_replicas() -> None:
    found = exported(instance(1, replica(0), size=1), instance(2, replica(1), size=1))
    assert found.deployments == [
        {"name": "web", "sequence": NEW.ref, "replicas": 2, "app_config": {"size": 1}, "args": []}
    ]
    assert found.notes == []
    assert found.used == {"id-new": ["deployment web"]}


def test_the_index_of_a_replica_is_its_index_key() -> None:
    marks = [replica(index, index_key="deep.shard") for index in range(2)]
    found = exported(*(instance(index, mark, deep={"shard": index}) for index, mark in enumerate(marks)))
    assert found.deployments[0]["index_key"] == "deep.shard"
    assert "overrides" not in found.deployments[0]


def test_different_settings_are_exported_as_overrides() -> None:
    found = exported(instance(1, replica(0), a=1, b=1), instance(2, replica(1), NEW, ("x",), a=1, c=2))
    assert found.deployments[0]["app_config"] == {"a": 1}
    assert found.deployments[0]["overrides"] == [
        {"app_config": {"b": 1}, "args": []},
        {"app_config": {"c": 2}, "args": ["x"]},
    ]


def test_a_canary_is_exported_as_a_canary() -> None:
    found = exported(
        instance(1, replica(0, 2, canary=1), size=2), instance(2, replica(1), OLD, size=1), instance(3, replica(2), OLD)
    )
    element = found.deployments[0]
    assert (element["sequence"], element["canary"], element["app_config"]) == (NEW.ref, 1, {"size": 2})


def test_of_a_deployment_on_several_hubs_each_replica_keeps_its_index() -> None:
    marks = {index: replica(index, indexes="4-6", index_key="shard") for index in (4, 5)}
    found = exported(*(instance(index, mark, shard=index) for index, mark in marks.items()))
    assert found.deployments == [
        {
            "name": "web",
            "sequence": NEW.ref,
            "indexes": [4, 5],
            "index_key": "shard",
            "app_config": {"shard": 4},
            "args": [],
        }
    ]
    # The one with index 6 may run on another hub now.
    assert found.notes == ["Deployment web is spread over several hubs: only what runs on this hub is exported."]


def test_the_export_notes_what_applying_it_changes() -> None:
    copies = [instance(number, InstanceMark("clock")) for number in (1, 2)]
    pool = [instance(3, InstanceMark("pool-2", "pool", 2))]
    half = [instance(4, replica(0)), instance(5, replica(0)), instance(6, replica(5), OLD)]
    found = exported(*copies, *pool, *half)
    assert found.notes == [
        "Applying starts the missing members of deployment web: 1.",
        "Applying ends 2 instances of deployment web: copies, or members that its latest run did not want.",
        "Applying completes the update of deployment web: some replicas run another version.",
        "Applying starts the missing members of pool pool: 0, 1.",
        "Applying ends 1 of the instances named clock: the oldest one is kept.",
    ]


def test_unnamed_instances_are_exported_as_take_over_grouped_by_settings() -> None:
    found = exported(
        instance(1, None, FOREIGN, size=1),
        instance(2, None, FOREIGN, size=1),
        instance(3, None, FOREIGN, size=2),
        instance(4, InstanceMark("other"), NEW),
    )
    told = [(item["name"], item["sequence"], item["replicas"], item["take_over"]) for item in found.deployments]
    assert told == [
        ("other-2", "@scope/other@2.0.0", 2, {"instances": ["i-1", "i-2"]}),
        ("other-3", "@scope/other@2.0.0", 1, {"instances": ["i-3"]}),
    ]
    assert "without an outage" in found.notes[0]


def test_instances_with_unknown_settings_are_left_out_with_a_note() -> None:
    silent = InstanceRecord("i-1", "id-new", "starting")
    gone = InstanceRecord("i-2", "id-gone", "running", {})
    ending = InstanceRecord("i-3", "id-new", "stopping", {})
    ended = InstanceRecord("i-4", "id-new", "ended", {})
    found = exported(silent, gone, ending, ended)
    assert (found.deployments, found.instances) == ([], [])
    assert [note.partition(":")[0] for note in found.notes] == [
        f"Instance i-{number} is left out" for number in (1, 2, 3)
    ]


def test_a_package_with_the_name_of_another_is_named_by_its_id() -> None:
    twin = SequenceRecord("id-twin", "@scope/other", "2.0.0")
    found = exported(instance(1, None, FOREIGN), sequences=(FOREIGN, twin))
    assert found.deployments[0]["sequence"] == "id-foreign"
    assert "named by its id" in found.notes[0]
