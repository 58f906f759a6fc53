# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A 1.x hub is killed at any write of a playbook of the collection, and starts again: the next run brings what was wanted.

Not of the examples quickstart and round_robin, because the simulated hub does not know their programs.

Every fault at every write of every module is in ``tests/faults``.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.faults.cells import HUB, picture
from ansible_collections.scramjet.sth.tests.faults.transitions import given
from ansible_collections.scramjet.sth.tests.integration.playbooks import run_playbook
from ansible_collections.scramjet.sth.tests.integration.test_fleet import PROBE, everything
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

pytestmark = everything

EVENT: dict[str, Any] = {"wait_for": "event", "ready_event": "up"}
WEB: dict[str, Any] = {
    "name": "web",
    "src": "a",
    "replicas": 2,
    "stop_timeout": 0.1,
    "stable_for": 0,
    "app_config": {"events": [{"name": "up", "payload": {"ok": True}}]},
    **EVENT,
}
NEW: dict[str, Any] = {**WEB, "src": "b"}


class Counted(FakeHub):
    """A hub that counts, at each request, the programs that run, were ready and were not told to end."""

    def __init__(self) -> None:
        super().__init__("1.x", HUB)
        self.counts: list[int] = []
        self.were_ready: set[str] = set()
        self.told: set[str] = set()

    def answer(self, call: Call) -> Answer:
        """Answer one call, and count before and after it."""
        if call.path.endswith(("_stop", "_kill")):
            self.told.add(call.path.split("/")[-2])
        self._count()
        answer = super().answer(call)
        self._count()
        return answer

    def _count(self) -> None:
        with self.state.lock:
            self.state.advance()
            alive = {item.id: item for item in self.state.runners if item.process_alive}
            # A hub that restarts forgets the events.
            self.were_ready |= {item.id for item in alive.values() if "up" in item.emitted}
        self.counts.append(len((self.were_ready & {*alive}) - self.told))


@dataclass(frozen=True)
class Case:
    """A playbook, its variables, and what was deployed before. ``src`` in a deployment names one of the `packages`.

    ``least``: how many programs are ready at any time. ``repeats``: each run changes something.
    """

    book: str
    given: dict[str, Any]
    before: tuple[dict[str, Any], ...] = ()
    least: int = 0
    repeats: bool = False

    def run(self, hub: FakeHub, *options: str) -> str:
        """Run the playbook."""
        variables = {**self.given, "sth_api_url": hub.api_url}
        if "deployment_list" in self.given:
            variables["deployment_list"] = [given(deployment) for deployment in self.given["deployment_list"]]
        return run_playbook(f"scramjet.sth.{self.book}", variables, *options, warned=True)

    def prepare(self, hub: FakeHub) -> None:
        """Deploy what was there before."""
        for deployment in self.before:
            Case("deploy", {"deployment_list": [deployment]}).run(hub)


CASES = {
    "deploy": Case("deploy", {"deployment_list": [NEW]}, (WEB,), least=2),
    "scale up": Case("scale", {"deployment_list": [WEB], "sth_scale_replicas": 4}, (WEB,), least=2),
    "scale down": Case("scale", {"deployment_list": [WEB], "sth_scale_replicas": 1}, (WEB,), least=1),
    "rollback": Case(
        "rollback",
        {"deployment_list": [{key: value for key, value in WEB.items() if key not in ("src", "replicas")}]},
        (WEB, NEW),
        least=2,
    ),
    "rollout": Case("rollout", {"deployment_list": [NEW], "sth_rollout_soak_time": 0}, (WEB,), least=2),
    "cleanup": Case("cleanup", {"sth_cleanup": ["web", "probe"], "sth_cleanup_stop_timeout": 0.1}, (WEB,)),
    "apply": Case(
        "apply",
        {"deployment_list": [WEB], "sth_instances": [{"name": "one", "sequence": "probe", "stable_for": 0}]},
    ),
    "run_job": Case(
        "run_job",
        {
            "run_job_src": PROBE,
            "run_job_app_config": {"behaviour": "complete", "seconds": 0.05},
            # A hub does not record who has uploaded a package, so otherwise the next run keeps one that it has not uploaded.
            "run_job_remove_sequence": "unused",
        },
        repeats=True,
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["die", "cut"])
def test_the_run_after_a_restart_of_the_hub_brings_what_was_wanted(case: str, kind: Literal["die", "cut"]) -> None:
    own = CASES[case]
    with FakeHub("1.x", HUB) as hub:
        own.prepare(hub)
        own.run(hub)
        wanted = picture(hub)
    for number in count(1):
        hub = Counted()
        with hub:
            own.prepare(hub)
            hub.counts.clear()
            struck = threading.Event()

            def restart(hub: Counted = hub, struck: threading.Event = struck) -> None:
                struck.set()
                hub.restart()

            hub.fault(Fault(kind, skip=number - 1, writes_only=True, then=restart))
            try:
                own.run(hub)
            except CommandFailedError:
                # It may also go on by itself.
                assert struck.is_set()
            if not struck.is_set():
                # It needs fewer writes. If the fault stayed, it would kill the hub in the next run, which may then fail.
                break
            try:
                own.run(hub)
            except CommandFailedError as failed:
                if own.book not in ("cleanup", "run_job") or "restart the hub, and run the task again" not in str(
                    failed
                ):
                    raise
                # The record of a program that outlived a restart blocks its package until the next one
                # (hub-behaviour.md#records-that-never-go).
                hub.restart()
                own.run(hub)
            assert picture(hub) == wanted, f"write {number}"
            if not own.repeats:
                assert "changed=0" in own.run(hub, "--check"), f"write {number}"
            assert min(hub.counts) >= own.least, f"write {number}"
    assert number > 1
