# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version of a package is the current one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.current import current_sequences, precedence
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
    Status,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout

OLD = SequenceRecord("old", "app", f"1.9.0+sha256.{'a' * 64}")
NEW = SequenceRecord("new", "app", f"1.10.0+sha256.{'b' * 64}")
NEW_COPY = SequenceRecord("new-copy", "app", NEW.hub_version)
SAME = SequenceRecord("same", "app", f"1.10.0+sha256.{'c' * 64}")
OTHER = SequenceRecord("other", "helper", f"1.0.0+sha256.{'d' * 64}")
_ids = (f"instance-{number}" for number in count())


def replica(
    sequence: SequenceRecord, generation: int = 1, deployment: str = "shop", status: Status = "running"
) -> InstanceRecord:
    mark = InstanceMark(f"{deployment}-0", deployment, 0, deployment, Rollout(generation))
    return InstanceRecord(next(_ids), sequence.id, status, marked({}, mark))


def started(sequence: SequenceRecord, created: str) -> InstanceRecord:
    return InstanceRecord(next(_ids), sequence.id, "running", {}, created=created)


def current(
    instances: Iterable[InstanceRecord] = (), name: str = "app", sequences: Iterable[SequenceRecord] = (NEW, OLD, OTHER)
) -> set[str]:
    return {item.id for item in current_sequences(name, Inventory(tuple(sequences), tuple(instances)))}


def test_the_version_in_force_of_a_deployment() -> None:
    assert current([replica(OLD)]) == {"old"}
    assert current([replica(OLD), started(NEW, "2026-01-01")]) == {"old"}


def test_an_attempt_such_as_a_canary_is_not_in_force() -> None:
    assert current([replica(NEW, 2), replica(OLD, 1)]) == {"old"}


def test_ending_and_ended_instances_are_not_in_force() -> None:
    assert current([replica(NEW, 2), replica(OLD, 1, status="stopping"), replica(OLD, 1, status="ended")]) == {"new"}


def test_of_several_deployments_the_one_with_the_name_of_the_package_counts() -> None:
    several = [replica(OLD, deployment="app"), replica(NEW, deployment="test")]
    assert current(several) == {"old"}
    assert current([replica(OLD, deployment="live"), several[1]]) == {"old", "new"}
    assert current([replica(NEW, deployment="live"), several[1]]) == {"new"}


def test_the_name_may_be_that_of_a_deployment() -> None:
    assert current([replica(OLD)], name="shop") == {"old"}
    # A package of this name is what a reference means first.
    assert current([replica(OLD, deployment="helper")], name="helper") == {"other"}


def test_copies_of_the_same_content_are_all_returned() -> None:
    assert current([replica(NEW)], sequences=(NEW, NEW_COPY, OLD)) == {"new", "new-copy"}


def test_without_a_deployment_the_highest_version_is_the_newest() -> None:
    assert current() == {"new"}


def test_of_equal_versions_the_last_started_one_is_the_newest() -> None:
    sequences = (NEW, SAME, OLD)
    last = [started(SAME, "2026-01-02"), started(NEW, "2026-01-01"), started(OLD, "2026-01-03")]
    assert current(last, sequences=sequences) == {"same"}
    assert current(sequences=sequences) == {"new", "same"}


def test_versions_without_an_order_are_ambiguous() -> None:
    assert current(sequences=(NEW, SequenceRecord("odd", "app", "beta"))) == {"new", "odd"}
    assert current(name="nothing") == set()


def test_the_order_of_versions() -> None:
    ordered = [
        "0.9.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-rc.2",
        "1.0.0-rc.10",
        "1.0.0",
        "1.0.10",
    ]
    assert sorted(reversed(ordered), key=lambda text: precedence(text) or ()) == ordered
    assert precedence("1.0.0+build") == precedence("1.0.0")


@pytest.mark.parametrize("text", ["", "1.0", "latest", "v1.0.0"])
def test_invalid_semantic_versions(text: str) -> None:
    assert precedence(text) is None
