# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes back after a rollout has failed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_text
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.rollback import (
    options_before,
    plan_back,
    refuse_no_way_back,
)
from ansible_collections.scramjet.sth.tests.unit.plugins.plugin_utils.fleet.support import (
    IN_FORCE,
    NEW,
    OLD,
    planned,
    play,
    ran,
    runs,
    updated,
)


def fleet(**more: Any) -> dict[str, Any]:
    values = {"total_replicas": 6, "min_ready": 4, "max_surge": 0, "max_unavailable": 2, "strategy": "rolling", **more}
    return {"fleets": {"web": {"spread": "even", "on_unreachable": "fail", **values}}}


def has(indexes: list[int], ready: list[int] | None = None) -> dict[str, Any]:
    texts = {"indexes": ranges_text(indexes), "ready_indexes": ranges_text(indexes if ready is None else ready)}
    return {"deployments": [{"name": "web", "ref": NEW, "wanted": len(indexes), **texts}]}


def moved(before: list[int] | None, now: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the variables of a host on which the rollout has added replicas. ``before``: the indexes that it had."""
    old = {**IN_FORCE, "indexes": before}
    plan = planned(previous=None) if before is None else planned(ref_before=OLD, in_force=old)
    return updated(deployment__planned=plan, deployment__now=now, deployment__checked=fleet(**more))


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
        "stay": {"north": [], "south": [], "west": []},
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
    hosts = {}
    for number, (name, found) in enumerate(zip(("north", "south", "west", "east"), ready)):
        own = list(range(3 * number, 3 * number + 3))
        now = {"msg": "Gone."} if found is None else has(own, own[3 - found :])
        # The rollout has not reached the last two.
        run = ran() if number < 2 else {}
        before = planned(ref_before=OLD, in_force={**IN_FORCE, "indexes": own})
        hosts[name] = updated(
            deployment__now=now,
            deployment__run=run,
            deployment__planned=before,
            deployment__checked=fleet(**{"total_replicas": 12, "min_ready": 9, **more}),
        )
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


def test_replicas_that_a_rollback_removes_do_not_count_as_ready() -> None:
    # The third hub is new, and the replicas that it has taken over still run on the others.
    hosts = {"north": moved([0, 1, 2], has([0, 1, 2])), "south": moved([3, 4, 5], has([3, 4, 5]))}
    plan = plan_back(play(**hosts, west=moved(None, has([2, 5]))))
    assert plan["hubs"]["west"]["web"] == {"state": "absent"}
    assert (plan["hubs"]["north"]["web"]["max_unavailable"], plan["at_once"], plan["stay"]) == (
        2,
        1,
        {"north": [], "south": [], "west": []},
    )
    # One of them is not ready there any more: five are left of the six that are ready.
    hosts["south"] = moved([3, 4, 5], has([3, 4, 5], [3, 4]))
    plan = plan_back(play(**hosts, west=moved(None, has([2, 5]))))
    assert plan["hubs"]["west"]["web"] == {"state": "absent"}
    assert [plan["hubs"][host]["web"]["max_unavailable"] for host in ("north", "south")] == [1, 2]
    assert plan["at_once"] == 1


def test_replicas_stay_if_fewer_than_min_ready_would_be_ready_without_them() -> None:
    # A hub was lost before the rollout, which has started its replicas on the others.
    hosts = {
        "north": {**moved([0, 1], has([0, 1, 4]), min_ready=5), "deployment__fleet": {"away": ["west"]}},
        "south": moved([2, 3], has([2, 3, 5]), min_ready=5),
    }
    variables = play(**hosts)
    plan = plan_back(variables)
    assert plan["stay"] == {"north": ["web"], "south": ["web"]}
    assert plan["hubs"]["north"]["web"] == {"state": "rolled_back", "max_unavailable": 1}
    assert plan["at_once"] == 1
    for host in ("north", "south"):
        options = options_before("web", {}, {**variables["hostvars"][host], "deployment__back": plan})
        assert not {"indexes", "replicas"} & {*options}
    # A hub that had none before keeps them, with the new version, whose predecessor is not known.
    hosts["south"] = moved(None, has([2, 3, 5]), min_ready=5)
    assert "no replica ran there before" in plan_back(play(**hosts))["left"]["south"]


def test_a_rollout_that_has_raised_the_number_of_replicas_goes_back_to_the_number_before() -> None:
    hosts = {"north": moved([0], has([0, 1, 2])), "south": moved([3], has([3, 4, 5]))}
    plan = plan_back(play(**hosts))
    # No hub is lost, and before the rollout, only two were ready.
    assert plan["stay"] == {"north": [], "south": []}
    assert "so none may be stopped" in plan["left"]["north"]
    plan = plan_back(play(**{host: {**own, "deployment__checked": fleet(max_surge=1)} for host, own in hosts.items()}))
    assert plan["hubs"]["north"]["web"] == {"state": "rolled_back", "max_unavailable": 0}


def test_a_deployment_that_cannot_be_rolled_back_is_refused() -> None:
    refuse_no_way_back("web", {"keep_versions": 1})
    for options in ({"keep_versions": 0}, {"keep_versions": "0"}, {"state": "absent"}):
        with pytest.raises(SthError, match="Deployment web: .* sth_rollout_on_failure: stop") as refused:
            refuse_no_way_back("web", options)
        assert refused.value.code == "INVALID_OPTION"
