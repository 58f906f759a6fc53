# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run is started, joined, or takes the place of another one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.job.plan import CompletedPlan, plan_completed
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import marked, member_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)

APP, NEW = SequenceRecord("s", "app", "1"), SequenceRecord("n", "app", "2")
JOB = Program(member_mark("job", None), app_config={"a": 1})


def running(**more: Any) -> InstanceRecord:
    given = {"sequence_id": "s", "status": "running", "app_config": marked({"a": 1}, JOB.mark), **more}
    return InstanceRecord("i-1", **given)


def planned(
    *instances: InstanceRecord, sequence: SequenceRecord | None = APP, if_running: str = "attach"
) -> CompletedPlan:
    return plan_completed(Inventory((APP, NEW), instances), JOB, sequence, if_running, "http://hub")


def steps(plan: CompletedPlan) -> list[str]:
    return [f"{action.action} {action.object}: {action.reason}" for action in plan.actions]


@pytest.mark.parametrize("there", [[], [running(status="ended")]], ids=["nothing", "an ended run"])
def test_a_run_is_started_if_none_is_in_progress(there: list[InstanceRecord]) -> None:
    plan = planned(*there)
    assert steps(plan) == ["start instance job from app@1: the task asks for a run"]
    assert plan.relies_on_absence
    assert plan.missing == {"app"}
    assert plan.predicted.sequence_id == "s"


def test_a_run_in_progress_is_joined() -> None:
    plan = planned(running())
    assert steps(plan) == []
    assert plan.predicted == plan.attach == running()
    assert not plan.relies_on_absence


def test_a_run_that_is_ending_is_not_joined() -> None:
    assert steps(planned(running(status="stopping"))) == [
        "stop instance job: it is ending",
        "start instance job from app@1: the last run is ending",
    ]


def test_a_run_in_progress_is_joined_and_not_ended_beside_one_that_is_ending() -> None:
    newer = InstanceRecord("i-2", "s", "running", marked({"a": 1}, JOB.mark))
    plan = planned(running(status="stopping"), newer)
    assert steps(plan) == []
    assert plan.attach == newer


@pytest.mark.parametrize(
    ("instance", "sequence", "differs"),
    [(running(app_config=marked({"a": 2}, JOB.mark)), APP, "app_config"), (running(), NEW, "sequence")],
)
def test_another_run_is_not_joined(instance: InstanceRecord, sequence: SequenceRecord, differs: str) -> None:
    with pytest.raises(SthError, match=f"with different {differs}") as failure:
        planned(instance, sequence=sequence)
    assert failure.value.code == "CONFLICT"


def test_a_run_in_progress_can_be_an_error() -> None:
    with pytest.raises(SthError, match="if_running is fail") as failure:
        planned(running(), if_running="fail")
    assert (failure.value.code, failure.value.details["instance"]) == ("CONFLICT", "i-1")


def test_a_run_replaces_another_one_and_takes_its_name() -> None:
    member = running(app_config=marked({}, member_mark("job", 3)))
    plan = plan_completed(
        Inventory((APP,), (member,)), Program(member_mark("job-3", None)), APP, "replace", "http://hub"
    )
    assert steps(plan) == [
        "stop instance job-3: a new run replaces it",
        "start instance job-3 from app@1: it replaces another run",
    ]
    assert plan.program.mark == member.mark
    # The package is there, because the other run runs from it.
    assert plan.missing == frozenset()


def test_without_a_package_only_a_run_in_progress_can_be_awaited() -> None:
    assert planned(running(), sequence=None).attach == running()
    with pytest.raises(SthError, match="set sequence to start one") as failure:
        planned(sequence=None)
    assert failure.value.code == "NOT_FOUND"
