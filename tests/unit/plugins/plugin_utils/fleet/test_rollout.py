# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a batch of hubs went, and what goes back if it has failed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.rollout import (
    LOOKS,
    all_failures,
    batch_state,
    failure,
)
from ansible_collections.scramjet.sth.tests.unit.plugins.plugin_utils.fleet.support import (
    NEW,
    planned,
    play,
    ran,
    runs,
    updated,
)

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("changed", "newest", "soak_time", "steps"),
    [
        (True, "2026-11-28T11:00:00.000Z", 7, [1] * 7),
        (True, None, 25, [2, 3, 2, 3, 2, 3, 2, 3, 2, 3]),
        (True, None, 0, []),
        # An earlier run has started them 30 seconds ago.
        (False, "2026-11-28T11:59:30.000Z", 40, [1] * LOOKS),
        (False, "2026-11-28T11:59:30.000Z", 30, []),
        # The clock of the hub is ahead.
        (False, "2026-11-28T12:59:30.000Z", 5, [1] * 5),
        (False, None, 40, []),
    ],
)
def test_a_batch_is_held_for_the_rest_of_the_soak_time(
    changed: bool, newest: str | None, soak_time: int, steps: list[int]
) -> None:
    host = {
        "deployment__planned": planned(changed),
        "deployment__run": ran(changed),
        "rollout__look": runs(NEW, 2, newest),
    }
    state = batch_state(play(north=host), soak_time, NOW)
    assert state == {"failures": {}, "steps": steps, "unfinished": changed or bool(steps)}
    assert len(steps) <= LOOKS
    # Another hub is still to be updated, so this one is checked again.
    other = {"deployment__planned": planned()}
    assert batch_state(play(["north"], north=host, south=other), soak_time, NOW)["unfinished"]


@pytest.mark.parametrize(
    ("own", "said", "code"),
    [
        ({"deployment__run": {"results": [{"failed": True, "msg": "No.", "error_code": "START_FAILED"}]}}, "No.", "START_FAILED"),
        ({"deployment__run": {"unreachable": True, "msg": "No ssh."}}, "No ssh.", None),
        ({"rollout__look": {"error_code": "UNREACHABLE", "msg": "Gone."}}, "Gone.", "UNREACHABLE"),
        ({"rollout__look": runs(NEW, 1)}, "Deployment web: 1 of 2 replicas are still ready: see the logs of the others.", "ENDED_EARLY"),
        ({"rollout__look": {"deployments": []}}, "Deployment web: 0 of 2 replicas are still ready: see the logs of the others.", "ENDED_EARLY"),
        ({"rollout__page": {"failed": True, "msg": "503"}}, "The check of the URL has failed: 503", None),
        ({"rollout__answer": {"failed": True, "msg": "No event.", "error_code": "TIMEOUT"}}, "The check by an event has failed: No event.", "TIMEOUT"),
        ({"rollout__end_of_job": {"failed": True, "msg": "It ended."}}, "The job has failed: It ended.", None),
    ],
)  # fmt: skip
def test_the_failures_of_a_batch_are_returned_by_host(own: dict[str, Any], said: str, code: str | None) -> None:
    state = batch_state(play(north=updated(**own), south=updated()), 0, NOW)
    assert state["failures"] == {"north": {"msg": said, "error_code": code}}
    assert batch_state(play(north=updated(rollout__look={"skipped": True})), 0, NOW)["failures"] == {}
    assert all_failures(play(north=updated(rollout__batch=state), south={})) == state["failures"]


def test_the_failure_names_every_hub() -> None:
    failed = {"failures": {"south": {"msg": "No start.", "error_code": "START_FAILED"}}}
    plan = {
        "hubs": {"north": {"web": {}}, "south": {"web": {}}},
        "left": {"lost": "No connection."},
        "stay": {"north": ["web"]},
    }
    bad = {"results": [{"failed": True, "msg": "No rollback."}]}
    variables = play(
        north=updated(deployment__back=plan),
        south=updated(deployment__back=plan, rollout__batch=failed, deployment__gone_back=bad),
        lost=updated(deployment__back=plan),
        east={},
    )
    told = failure(variables, "rollback_fleet")
    assert told["failed"]
    assert told["error_code"] == "START_FAILED"
    assert told["msg"] == (
        "south: No start. The rollout was stopped. Brought back to what ran before: north. "
        "Replicas that were added on north stay, because fewer than min_ready would be ready without them. "
        "Not brought back: lost, No connection. Not brought back: south, No rollback."
    )
    assert failure(variables, "stop")["msg"] == (
        "south: No start. The rollout was stopped, and north, south, lost stay as they are (sth_rollout_on_failure: stop)."
    )
