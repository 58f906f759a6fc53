# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shares of the hosts of a play, from what each has found on its hub."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_of, ranges_text
from ansible_collections.scramjet.sth.plugins.modules.sth_deployment import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.shares import (
    Fleet,
    all_have_theirs,
    both_results,
    read_fleet,
    refuse_turn,
    share_of,
    shares,
)
from ansible_collections.scramjet.sth.tests.unit.running import validated

AWAY = {"error_code": "UNREACHABLE", "msg": "No connection."}


def read(**given: Any) -> Fleet | None:
    options = {key: value for key, value in given.items() if key in TASK.options}
    return read_fleet(given, validated(DeploymentOptions, TASK.options, name="web", **options))


def runs(indexes: str, ready: int = 0) -> dict[str, Any]:
    ready_indexes = ranges_text(sorted(chain.from_iterable(ranges_of(indexes) or ()))[:ready])
    return {"deployments": [{"name": "web", "indexes": indexes, "ready": ready, "ready_indexes": ready_indexes}]}


def play(seen: dict[str, Any], own: dict[str, dict[str, Any]] | None = None, **given: Any) -> dict[str, Any]:
    fleet = read(**given)
    assert fleet
    hostvars = {
        host: {
            "inventory_hostname": host,
            "deployment__seen": found,
            "deployment__checked": {"fleets": {"web": asdict(fleet)}},
            **(own or {}).get(host, {}),
        }
        for host, found in seen.items()
    }
    return {"ansible_play_hosts_all": list(seen), "hostvars": hostvars}


def indexes(planned: dict[str, Any]) -> dict[str, Any]:
    return {host: of_host["web"]["indexes"] for host, of_host in planned["hubs"].items() if of_host}


def test_an_unreachable_hub_fails_the_run_or_its_replicas_move() -> None:
    seen = {"a": runs("0-1", 2), "b": AWAY, "c": runs("4-5", 2)}
    with pytest.raises(SthError, match="no answer from b, so nothing was changed") as refused:
        shares(play(seen, total_replicas=6))
    assert refused.value.code == "UNREACHABLE"
    planned = shares(play(seen, total_replicas=6, on_unreachable="reassign"))
    assert indexes(planned) == {"a": [0, 1, 2], "c": [3, 4, 5]}
    assert (planned["away"], planned["surplus"]) == (["b"], False)
    assert "No answer from b" in planned["warnings"][0]
    assert indexes(shares(play(seen, total_replicas=6), only_looks=True)) == indexes(planned)
    # A host that Ansible cannot reach, and a hub that hangs.
    for away in ({"unreachable": True}, {"error_code": "TIMEOUT", "msg": ""}):
        assert shares(play({**seen, "b": away}, total_replicas=6, on_unreachable="reassign")) == planned
    with pytest.raises(SthError, match="no hub of the play answers"):
        shares(play({"a": AWAY}, total_replicas=6, on_unreachable="reassign"))


def test_a_returned_hub_gets_its_share_before_the_surplus_ends() -> None:
    variables = play({"a": runs("0-2", 3), "b": runs(""), "c": runs("3-5", 3)}, total_replicas=6)
    planned = shares(variables)
    assert planned["surplus"]
    on_c = {**variables, "inventory_hostname": "c", "deployment__fleet": planned}
    kept, end = share_of("web", on_c, last=False)["indexes"], share_of("web", on_c, last=True)["indexes"]
    assert kept == [3, 4, 5]
    assert end == [3, 4]
    assert planned["hubs"]["b"]["web"]["indexes"] == [2, 5]
    assert share_of("api", on_c, last=False) == {}
    for name, run, complete in (
        ("failed", {"results": [], "failed": True}, False),
        ("not there", None, False),
        ("done", {"results": []}, True),
    ):
        on_c["hostvars"] = {"a": {"deployment__run": {"results": []}}, "c": {"deployment__run": {"results": []}}}
        on_c["hostvars"]["b"] = {"deployment__run": run} if run else {}
        assert all_have_theirs(on_c) is complete, name


def test_after_a_hub_has_failed_in_its_turn_the_next_ones_are_not_updated() -> None:
    failed = [{"turns": "1", "name": "web", "host": "a"}, {"turns": "1", "name": "web", "host": "b"}]
    with pytest.raises(SthError, match="because a has failed before") as refused:
        refuse_turn("web", "1", failed)
    assert refused.value.code == "CONFLICT"
    # Another deployment, and an earlier play.
    refuse_turn("api", "1", failed)
    refuse_turn("web", "2", failed)


def test_weights_are_variables_of_hosts_and_load_is_what_the_hub_says() -> None:
    seen = {"a": runs(""), "b": runs(""), "c": runs("")}
    weights: dict[str, dict[str, Any]] = {"a": {"deployment_weight": "2"}, "c": {"deployment_weight": 0}}
    planned = shares(play(seen, weights, total_replicas=6, spread="weighted"))
    assert indexes(planned) == {"a": [0, 1, 2, 3], "b": [4, 5], "c": []}
    load = {host: {"deployment__load": {"load": {"memFree": free}}} for host, free in zip("abc", (1e9, 5e9, 2e9))}
    planned = shares(play(seen, load, total_replicas=6, spread="by_load"))
    assert {host: len(found) for host, found in indexes(planned).items()} == {"a": 1, "b": 4, "c": 1}
    with pytest.raises(SthError, match="The free memory on the hub of c is not known"):
        shares(play(seen, {**load, "c": {"deployment__load": {"failed": True}}}, total_replicas=6, spread="by_load"))
    with pytest.raises(SthError, match="deployment_weight of a must be a number"):
        shares(play(seen, {"a": {"deployment_weight": "much"}}, total_replicas=6, spread="weighted"))


def test_the_replicas_that_may_be_missing_are_shared_between_the_hubs() -> None:
    seen = {"a": runs("0-3", 4), "b": runs("4-7", 4), "c": runs("8-11", 4)}
    planned = shares(play(seen, total_replicas=12, min_ready=9, max_unavailable=2))
    assert planned["at_once"] == 1
    assert planned["hubs"]["a"]["web"]["max_unavailable"] == 2
    assert shares(play(seen, total_replicas=12, max_unavailable=2))["at_once"] == 0
    # Of those that run twice, one copy counts.
    seen = {"a": runs("0-3", 4), "b": runs("4-7", 4), "c": runs("6-9", 4)}
    planned = shares(play(seen, total_replicas=12, min_ready=9, max_unavailable=2))
    assert planned["hubs"]["a"]["web"]["max_unavailable"] == 1


def test_if_none_may_be_stopped_missing_replicas_are_started_first() -> None:
    seen = {"a": runs("0", 1), "b": runs("3-5", 2), "c": runs("6-8", 3), "d": runs("9-11", 3)}
    given: dict[str, Any] = {"total_replicas": 12, "min_ready": 9, "max_surge": 0, "max_unavailable": 2}
    planned = shares(play(seen, **given))
    assert planned["lacks"]
    # On b, one is there and not ready.
    assert {host: found["web"]["lacks"] for host, found in planned["hubs"].items()} == {
        "a": True,
        "b": True,
        "c": False,
        "d": False,
    }
    # Three may be missing when all are ready.
    assert planned["at_once"] == 1
    assert planned["hubs"]["c"]["web"]["max_unavailable"] == 2
    assert (
        shares(play(seen, total_replicas=12, min_ready=9, max_surge=0, max_unavailable=2), only_looks=True) == planned
    )
    # There is another way, or enough are ready.
    for more in ({"max_surge": 1}, {"min_ready": 8}, {"min_ready": None}):
        assert not shares(play(seen, **{**given, **more}))["lacks"]


def test_the_limits_are_counted_again_after_missing_replicas_were_started() -> None:
    given: dict[str, Any] = {"total_replicas": 6, "min_ready": 4, "max_surge": 0, "max_unavailable": 2}
    filled = {"a": {"deployment__filled": {"results": [{"deployment__name": "web"}]}}}
    planned = shares(play({"a": runs("0-2", 3), "b": runs("3-5", 2)}, filled, **given))
    assert (planned["lacks"], planned["hubs"]["a"]["web"]["max_unavailable"]) == (False, 1)
    with pytest.raises(SthError, match="only 4 of 6 replicas are ready and min_ready is 4"):
        shares(play({"a": runs("0-2", 2), "b": runs("3-5", 2)}, filled, **given))


def test_a_part_of_a_fleet_is_refused() -> None:
    variables = play({"a": runs(""), "b": runs("")}, total_replicas=2)
    with pytest.raises(SthError, match="--limit a"):
        shares({**variables, "ansible_limit": "a"})
    variables["hostvars"]["b"]["deployment__checked"]["fleets"]["web"]["min_ready"] = 1
    with pytest.raises(SthError, match="min_ready must be the same on all hosts of the play, and b"):
        shares(variables)
    del variables["hostvars"]["b"]["deployment__seen"]
    with pytest.raises(SthError, match="b has not looked at its hub yet"):
        shares(variables)
    refusing = {"error_code": "UNAUTHORIZED", "msg": "The token is wrong."}
    with pytest.raises(SthError, match=r"b: The token is wrong\.") as refused:
        shares(play({"a": runs(""), "b": refusing}, total_replicas=2, on_unreachable="reassign"))
    assert refused.value.code == "UNAUTHORIZED"
    # A module that could not run has no error_code. What runs on its hub still does.
    broken = {"failed": True, "msg": "No Python."}
    with pytest.raises(SthError, match=r"b: No Python\."):
        shares(play({"a": runs(""), "b": broken}, total_replicas=2, on_unreachable="reassign"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"total_replicas": -1}, "must not be negative"),
        ({"total_replicas": "many"}, "total_replicas"),
        ({"total_replicas": 2, "spread": "evenly"}, "spread"),
        ({"total_replicas": 2, "replicas": 1}, "replicas cannot be used"),
        ({"total_replicas": 2, "canary": 1}, "canary cannot be used"),
        ({"total_replicas": 2, "min_ready": 3}, "min_ready is 3"),
        ({"min_ready": 3}, "min_ready can be used only with total_replicas"),
    ],
)
def test_contradictory_fleet_options_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SthError, match=says):
        read(**given)


def test_a_deployment_with_state_absent_is_not_spread() -> None:
    assert read() is None
    assert read(total_replicas=3, state="absent") is None


def test_both_tasks_of_a_host_have_one_result() -> None:
    def result(changed: bool, *instances: tuple[str, str]) -> dict[str, Any]:
        return {
            "deployment__name": "web",
            "changed": changed,
            "actions": [{"object": name} for name, was in instances if was != "kept"],
            "instances": [{"id": name, "was": was} for name, was in instances],
        }

    first = result(True, ("new", "started"), ("old", "kept"))
    both = both_results({"results": [first]}, result(True, ("new", "kept"), ("old", "ended")), "web")
    assert both["instances"] == [{"id": "new", "was": "started"}, {"id": "old", "was": "ended"}]
    assert both["actions"] == [{"object": "new"}, {"object": "old"}]
    failed = {"failed": True, "msg": "It does not end."}
    assert both_results({"results": [first]}, failed, "web") == failed
