# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deployment that is spread over three hubs: its controller is killed after any write, or two controllers run at once.

The tasks are those of the role `deployment`, in its order, without ansible-core. tests/integration/test_fleet_bounds.py does the same in
playbooks.
"""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.modules.sth_deployment import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.shares import (
    FLEET,
    all_have_theirs,
    read_fleet,
    share_of,
    shares,
)
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING
from ansible_collections.scramjet.sth.tests.scenarios.test_at_once import PATIENT, at_once, versions
from ansible_collections.scramjet.sth.tests.unit.running import run_task, validated

Fleet = dict[str, "Member"]
COMMON: dict[str, Any] = {"total_replicas": 4, "stable_for": 0, "stop_timeout": 0}


class Member(FakeHub):
    """A hub of a fleet. On the first one, ``written`` counts the writes to all. After write number ``last``, none of them answers any more."""

    written = 0
    last = 0

    def __init__(self, generation: str, fleet: Fleet) -> None:
        super().__init__(generation)
        self.fleet = fleet
        # How many replicas of the fleet were ready after each write, the latest last.
        self.counts: list[int] = []

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        answer = super().answer(call)
        if call.method != "GET":
            first = self.fleet["north"]
            first.counts.append(sum(len(hub.ready()) for hub in self.fleet.values()))
            first.written += 1
            if first.written == first.last:
                for hub in self.fleet.values():
                    hub.dead = True
        return answer

    def ready(self) -> list[str]:
        """Return the ids of the programs that run and have connected."""
        with self.state.lock:
            self.state.advance()
            return [item.id for item in self.state.runners if item.process_alive and item.connected]


@contextmanager
def three_hubs() -> Iterator[Fleet]:
    """Yield hubs of both generations."""
    hubs: Fleet = {}
    with ExitStack() as stack:
        for name, generation in (("north", "1.x"), ("south", "0.18"), ("west", "1.x")):
            hubs[name] = Member(generation, hubs)
            stack.enter_context(hubs[name])
        yield hubs


def role(fleet: Fleet, **element: Any) -> list[dict[str, Any]]:
    """Do what the role does on these hubs, one after the other, and return the results of its tasks."""
    options = {**COMMON, **element}
    own = {key: value for key, value in options.items() if key not in FLEET}
    spread = read_fleet(options, validated(DeploymentOptions, TASK.options, name="web", **own))
    assert spread
    on = {name: partial(run_task, hub=hub, request_retries=0, timings=PATIENT) for name, hub in fleet.items()}
    hosts: dict[str, dict[str, Any]] = {
        name: {
            "inventory_hostname": name,
            "deployment__checked": {"fleets": {"web": asdict(spread)}},
            "deployment__seen": task("sth_deployment_info", names=["web"]),
        }
        for name, task in on.items()
    }
    play: dict[str, Any] = {"ansible_play_hosts_all": list(fleet), "hostvars": hosts}
    results = []
    try:
        play["deployment__fleet"] = shares(play)
        if play["deployment__fleet"]["lacks"]:
            for name, found in play["deployment__fleet"]["hubs"].items():
                if found["web"]["lacks"]:
                    share = share_of("web", {**play, "inventory_hostname": name}, last=False)
                    result = on[name]("sth_deployment", name="web", _only_missing=True, **{**own, **share})
                    hosts[name]["deployment__filled"] = {"results": [result]}
                    results.append(result)
            if failures(results):
                return results
            for name, task in on.items():
                hosts[name]["deployment__seen"] = task("sth_deployment_info", names=["web"])
            play["deployment__fleet"] = shares(play)
    except SthError as error:
        return [*results, {"failed": True, "error_code": error.code}]
    for last in (False, True):
        if last and not (play["deployment__fleet"]["surplus"] and all_have_theirs(play)):
            break
        for name, task in on.items():
            share = share_of("web", {**play, "inventory_hostname": name}, last)
            result = task("sth_deployment", name="web", **{**own, **share})
            hosts[name]["deployment__run"] = {"results": [result], "failed": result.get("failed", False)}
            results.append(result)
    return results


def failures(results: list[dict[str, Any]]) -> list[Any]:
    return [result for result in results if result.get("failed")]


def running(hub: FakeHub) -> list[tuple[int, str]]:
    """Return the index and the first argument of each program, of which each must have a record."""
    with hub.state.lock:
        hub.state.advance()
        alive = [item for item in hub.state.runners if item.process_alive]
        assert {item.id for item in alive} == {item.id for item in hub.state.listed() if item.process_alive}
    return sorted(((item.app_config or {})["n"], (item.args or [""])[0]) for item in alive)


def settled(fleet: Fleet, arg: str) -> None:
    """Fail unless each of the four replicas runs once, with this argument, and no hub has more than two of them."""
    shown = {name: running(hub) for name, hub in fleet.items()}
    assert sorted(item for items in shown.values() for item in items) == [(index, arg) for index in range(4)], shown
    assert sorted(map(len, shown.values())) == [1, 1, 2]
    # The version that runs, and the one before it where it ran.
    assert all(len(hub.sequences) <= 2 for hub in fleet.values())


def test_a_controller_that_is_killed_after_any_write_leaves_what_the_next_run_completes(tmp_path: pathlib.Path) -> None:
    old, new = versions(tmp_path, 2)
    before, after = ({"src": path, "args": [path], "index_key": "n"} for path in (old, new))
    ended = False
    # `make matrix` kills it after each write.
    for number in itertools.count(1, 1 if EVERYTHING else 4):
        with three_hubs() as fleet:
            # Of four replicas on two hubs, one moves to the third hub, and all of them are updated.
            assert not failures(role({name: fleet[name] for name in ("north", "south")}, **before))
            fleet["north"].written, fleet["north"].last = 0, number
            cut = role(fleet, **after)
            ended = fleet["north"].written < number
            assert ended != bool(failures(cut))
            for hub in fleet.values():
                hub.revive()
            assert not failures(role(fleet, **after))
            settled(fleet, new)
            written = fleet["north"].written
            assert not failures(role(fleet, **after))
            assert fleet["north"].written == written
        if ended:
            break
    # Three uploads, and starts and ends of five replicas, of which one has moved.
    assert number > 13


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_fleet_that_may_not_surge_goes_on_after_a_controller_was_killed_at_min_ready(
    lost: int, tmp_path: pathlib.Path
) -> None:
    old, new = versions(tmp_path, 2)
    given = {"index_key": "n", "min_ready": 3, "max_surge": 0, "max_unavailable": 1}
    before, after = ({**given, "src": path, "args": [path]} for path in (old, new))
    with three_hubs() as fleet:
        assert not failures(role(fleet, **before))
        # Replicas are lost, of which the last ones are on hubs that come later in the play.
        for hub in [*fleet.values()][-lost:]:
            with hub.state.lock:
                last = [item for item in hub.state.runners if item.process_alive][-1]
                # The hub has noticed the end.
                last.process_alive = False
                last.finish("errored", 213, "Runner failed", True)
        ready = sum(len(hub.ready()) for hub in fleet.values())
        assert ready == 4 - lost
        fleet["north"].counts.clear()
        # A new version that does not become ready stops nothing.
        west = fleet["west"]
        west.fault(Fault("status", "POST", "/start", times=99, status=500))
        assert failures(role(fleet, **after))
        assert min(fleet["north"].counts) >= ready
        assert (0, old) in running(fleet["north"])
        west.faults.clear()
        assert not failures(role(fleet, **after))
        assert min(fleet["north"].counts) >= ready
        settled(fleet, new)


def test_of_two_controllers_at_once_the_next_run_of_one_has_the_last_word(tmp_path: pathlib.Path) -> None:
    one, other = ({"src": path, "index_key": "n"} for path in versions(tmp_path, 2))
    with three_hubs() as fleet:
        # Both spread it for the first time, then both update it.
        for args in (["first"], ["second"]):
            results = at_once(*(partial(role, fleet, **wish, args=args) for wish in (one, other)))
            codes = {result.get("error_code") for found in results for result in found}
            assert codes <= {None, "CONFLICT"}, results
            assert not failures(role(fleet, **one, args=args))
            settled(fleet, args[0])
            assert not any(result["changed"] for result in role(fleet, **one, args=args))
