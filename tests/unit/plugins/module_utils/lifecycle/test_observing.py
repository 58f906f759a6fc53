# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance that the hub does not list yet, or does not answer for, does not count as missing."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.instance.support import (
    QUICK,
    start,
    verbs,
)
from ansible_collections.scramjet.sth.tests.unit.running import (
    run_task,
)

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.mark.slow
def test_right_after_a_restart_of_the_hub_an_unlisted_instance_is_not_started_again(hub: FakeHub) -> None:
    start(hub)
    if not hub.state.is_1x:
        return
    hub.restart()
    shown: list[str] = []
    result = start(hub, tell=shown.append)
    assert not result["changed"], result
    assert len(hub.instances) == 1
    assert ["has just been started: waiting up to" in line for line in shown] == [True], shown


@pytest.mark.slow
def test_right_after_a_restart_no_member_of_a_pool_is_started_twice(hub: FakeHub) -> None:
    if not hub.state.is_1x:
        pytest.skip("the programs of a 0.18 hub do not come back after a restart")
    start(hub, "web", count=3)
    for check in (True, False):
        hub.restart()
        result = start(hub, "web", check=check, count=4)
        assert verbs(result) == ["start"], result
    assert hub.runners == 4


@pytest.mark.slow
@pytest.mark.parametrize("state", ["stopped", "restarted"])
def test_right_after_a_restart_a_stop_waits_for_unlisted_instances(hub: FakeHub, state: str) -> None:
    if not hub.state.is_1x:
        pytest.skip("the programs of a 0.18 hub do not come back after a restart")
    start(hub)
    hub.restart()
    result = run_task("sth_instance", hub, name="web", state=state, **QUICK)
    assert result["changed"], result
    assert verbs(result)[0] == "stop"
    assert hub.runners == (1 if state == "restarted" else 0)


def test_the_list_of_a_hub_with_a_long_uptime_is_used_at_once(hub: FakeHub) -> None:
    before = len(hub.requests)
    run_task("sth_instance", hub, name="nobody", state="absent")
    paths = [item.path.split("/v1/")[-1] for item in hub.requests[before:]]
    assert paths.count("instances") + paths.count("entities") == 1
    assert paths.count("log") == (1 if hub.state.is_1x else 0)


@pytest.mark.slow
def test_an_instance_that_does_not_answer_for_a_moment_is_not_started_again(hub: FakeHub) -> None:
    if hub.state.is_1x:
        pytest.skip("a 1.x hub lists instances whole")
    first = start(hub)["instance"]["id"]
    for check in (True, False):
        shown: list[str] = []
        hub.fault(Fault("hang", "GET", f"/instance/{first}$"))
        result = start(hub, check=check, tell=shown.append)
        assert not result["changed"], result
        assert ["does not answer for every instance: asking again" in line for line in shown] == [True], shown
    assert hub.runners == 1


def test_an_unrelated_instance_without_a_configuration_does_not_delay_the_task(hub: FakeHub) -> None:
    hub.state.start(next(iter(hub.state.sequences.values())), {})
    assert verbs(start(hub)) == ["start"]
    assert not start(hub)["changed"]


@pytest.mark.slow
def test_nothing_is_started_for_an_instance_that_never_answers(hub: FakeHub) -> None:
    if hub.state.is_1x:
        pytest.skip("a 1.x hub lists instances whole")
    first = start(hub)["instance"]["id"]
    hub.fault(Fault("hang", "GET", f"/instance/{first}$", times=10**6))
    before = len(hub.writes)
    for check in (True, False):
        result = start(hub, check=check)
        assert result["error_code"] == "TIMEOUT", result
        assert first in result["msg"]
    assert len(hub.writes) == before
    hub.faults.clear()
    assert not start(hub)["changed"]


@pytest.mark.slow
def test_a_silent_instance_right_after_its_start_is_not_ended(hub: FakeHub) -> None:
    if hub.state.is_1x:
        pytest.skip("a 1.x hub lists instances whole")
    hub.fault(Fault("hang", "GET", "/instance/", times=1))
    result = start(hub, wait_for="none")
    assert verbs(result) == ["start"]
    assert not hub.faults[0].times
    assert hub.runners == 1
    assert not start(hub, check=True)["changed"]
