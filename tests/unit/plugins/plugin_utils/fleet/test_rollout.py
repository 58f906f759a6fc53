# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a batch of hubs went, and what goes back if it has failed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.rollout import (
    LOOKS,
    all_failures,
    batch_state,
    failure,
    options_before,
    plan_back,
    refuse_no_way_back,
)

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc)
OLD, NEW = "web@sha256:000000000001", "web@sha256:000000000002"
IN_FORCE: dict[str, Any] = {"sequence": OLD, "replicas": 2, "app_config": {"password": "p"}, "args": []}


def planned(changed: bool = True, previous: str | None = OLD, **more: Any) -> dict[str, Any]:
    deployment = {"ref": NEW, "previous_ref": previous}
    return {"results": [{"deployment__name": "web", "would_change": changed, "deployment": deployment, **more}]}


def updated(**more: Any) -> dict[str, Any]:
    """Return the variables of a host that has run the old version, and was updated."""
    return {
        "deployment__planned": planned(ref_before=OLD, in_force=IN_FORCE),
        "deployment__run": ran(),
        "deployment__now": runs(NEW),
        "rollout__look": runs(NEW),
        **more,
    }


def ran(changed: bool = True, **more: Any) -> dict[str, Any]:
    item = {"deployment__name": "web", "deployment": {"replicas": 2}, **more}
    return {"changed": changed, "results": [item]}


def runs(ref: str, ready: int = 2, newest: str | None = "2026-11-28T11:59:30.000Z") -> dict[str, Any]:
    return {"deployments": [{"name": "web", "ref": ref, "ready": ready, "newest": newest}]}


def play(batch: list[str] | None = None, /, **hosts: dict[str, Any]) -> dict[str, Any]:
    hostvars = {name: {"inventory_hostname": name, **own} for name, own in hosts.items()}
    return {"ansible_play_hosts_all": list(hosts), "ansible_play_batch": batch or list(hosts), "hostvars": hostvars}


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


def test_updated_hubs_are_rolled_back_to_their_own_settings() -> None:
    hosts = {
        "north": updated(),
        # Its own rollback has brought it back, so one more would lead to the version before that.
        "south": updated(deployment__now=runs(OLD)),
        # Nothing of it has run before.
        "west": updated(deployment__planned=planned(previous=None)),
        "east": updated(deployment__run={}),
        "lost": updated(deployment__now={"error_code": "UNREACHABLE", "msg": "No connection."}),
    }
    variables = play(**hosts)
    plan = plan_back(variables)
    assert plan == {
        "hubs": {
            "north": {"web": {"state": "rolled_back"}},
            "south": {"web": {"state": "present", "canary": 0}},
            "west": {"web": {"state": "absent"}},
        },
        "left": {"lost": "No connection."},
        "at_once": 0,
    }
    element = {"src": "probe", "replicas": 5, "app_config": {}, "stop_timeout": 3, "limits": {"memory": 1}}
    kept = {"stop_timeout": 3, "limits": {"memory": 1}}
    settings = {key: value for key, value in IN_FORCE.items() if key != "sequence"}
    for host, wanted in {
        "north": {**kept, **settings, "state": "rolled_back"},
        "south": {**kept, **IN_FORCE, "state": "present", "canary": 0},
        "west": {**kept, "state": "absent"},
    }.items():
        own = {**variables["hostvars"][host], "deployment__back": plan}
        assert options_before("web", element, own) == wanted


@pytest.mark.parametrize(
    ("ready", "more", "limits", "at_once"),
    [
        # Twelve are ready, so three may be missing.
        ([3, 3, 3, 3], {}, [2, 2], 1),
        ([3, 3, 3, 3], {"min_ready": 6}, [2, 2], 3),
        # A hub is lost, and one more may be missing.
        ([3, 3, 3, None], {"min_ready": 8}, [1, 1], 1),
        # The replica that is missing on the first hub may be replaced, and no other.
        ([2, 3, 3, None], {"min_ready": 8}, [1, None], 1),
        ([3, 3, 3, None], {}, [None, None], 1),
        # New ones are started first.
        ([3, 3, 3, None], {"max_surge": 1}, [0, 0], 0),
    ],
)
def test_a_rollback_keeps_min_ready_counted_from_the_replicas_that_are_ready_now(
    ready: list[int | None], more: dict[str, Any], limits: list[int | None], at_once: int
) -> None:
    values = {"total_replicas": 12, "min_ready": 9, "max_surge": 0, "max_unavailable": 2, "strategy": "rolling", **more}
    fleets = {"web": {"spread": "even", "on_unreachable": "fail", **values}}
    hosts = {}
    for number, (name, found) in enumerate(zip(("north", "south", "west", "east"), ready)):
        indexes = f"{3 * number}-{3 * number + 2}"
        deployment = {"name": "web", "ref": NEW, "ready": found, "wanted": 3, "indexes": indexes}
        now = {"msg": "Gone."} if found is None else {"deployments": [deployment]}
        # The rollout has not reached the last two.
        run = ran() if number < 2 else {}
        hosts[name] = updated(deployment__now=now, deployment__run=run, deployment__checked={"fleets": fleets})
    plan = plan_back(play(**hosts))
    allowed = [plan["hubs"][name].get("web", {}).get("max_unavailable") for name in ("north", "south")]
    assert (allowed, plan["at_once"]) == (limits, at_once)
    for name, limit in zip(("north", "south"), limits):
        assert (limit is None) == ("so none may be stopped, and max_surge is 0" in plan["left"].get(name, ""))


def test_hubs_that_an_interrupted_run_updated_are_rolled_back_too() -> None:
    there = updated(deployment__planned=planned(changed=False), deployment__run=ran(changed=False))
    only_version = {"state": "rolled_back", "keep_config": True}
    others = {"deployment__planned": planned(ref_before=OLD, in_force=IN_FORCE)}
    assert plan_back(play(north=there, south=others))["hubs"] == {"north": {"web": only_version}}
    # No host has to be updated, or another version runs there: then the host has had this version for a long time.
    assert plan_back(play(north=there))["hubs"] == {"north": {}}
    third = {"deployment__planned": planned(ref_before="web@sha256:000000000003")}
    assert plan_back(play(north=there, south=third))["hubs"] == {"north": {}}


def test_hubs_on_which_only_missing_replicas_were_started_are_rolled_back_too() -> None:
    started = updated(deployment__run={}, deployment__filled={"results": [{"deployment__name": "web"}]})
    none = updated(deployment__run={}, deployment__filled={"results": []})
    variables = play(north=started, south=none)
    plan = plan_back(variables)
    assert plan["hubs"] == {"north": {"web": {"state": "rolled_back"}}}
    # These replicas stay: what ran before would be fewer than min_ready.
    own = {**variables["hostvars"]["north"], "deployment__back": plan}
    own["deployment__planned"]["results"][0]["in_force"] = {**IN_FORCE, "indexes": [0]}
    assert "indexes" not in options_before("web", {}, own)
    # The overrides that they had are not known.
    own["deployment__planned"]["results"][0]["in_force"]["overrides"] = [{"args": ["own"]}]
    assert plan_back(play(north=own))["hubs"] == {"north": {"web": {"state": "rolled_back", "keep_config": True}}}
    own["deployment__planned"]["results"][0]["ref_before"] = NEW
    assert "overrides of replicas that were missing are not known" in plan_back(play(north=own))["left"]["north"]
    empty = {**started, "deployment__planned": planned(previous=None)}
    assert "no replica ran there before" in plan_back(play(north=empty))["left"]["north"]


def test_without_known_settings_only_the_version_is_rolled_back() -> None:
    plan = plan_back(play(north=updated(deployment__planned=planned(ref_before=OLD))))
    assert plan["hubs"] == {"north": {"web": {"state": "rolled_back", "keep_config": True}}}
    plan = plan_back(play(north=updated(deployment__planned=planned(ref_before=NEW))))
    assert "only where tasks run in-process" in plan["left"]["north"]
    # It is there already.
    old = updated(deployment__planned=planned(ref_before=OLD), deployment__now=runs(OLD))
    assert plan_back(play(north=old))["hubs"] == {"north": {}}


def test_the_failure_names_every_hub() -> None:
    failed = {"failures": {"south": {"msg": "No start.", "error_code": "START_FAILED"}}}
    plan = {"hubs": {"north": {"web": {}}, "south": {"web": {}}}, "left": {"lost": "No connection."}}
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
        "Not brought back: lost, No connection. Not brought back: south, No rollback."
    )
    assert failure(variables, "stop")["msg"] == (
        "south: No start. The rollout was stopped, and north, south, lost stay as they are (sth_rollout_on_failure: stop)."
    )


def test_a_deployment_that_cannot_be_rolled_back_is_refused() -> None:
    refuse_no_way_back("web", {"keep_versions": 1})
    for options in ({"keep_versions": 0}, {"keep_versions": "0"}, {"state": "absent"}):
        with pytest.raises(SthError, match="Deployment web: .* sth_rollout_on_failure: stop") as refused:
            refuse_no_way_back("web", options)
        assert refused.value.code == "INVALID_OPTION"
