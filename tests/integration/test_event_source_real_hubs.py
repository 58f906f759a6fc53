# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source on real hubs, with real programs: what it reports is what docs/event-driven.md says.

A hub that is killed and started again is one of version 1.x, see test_fleet_real_hubs.py.
"""

from __future__ import annotations

import asyncio
import pathlib
import runpy
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.integration.conftest import REAL_HUBS, Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.test_fleet_real_hubs import COMMAND, Started
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.running.ports import free_port

MAIN = runpy.run_path(str(ROOT / "extensions" / "eda" / "plugins" / "event_source" / "hub_events.py"))["main"]
PROGRAM = """
module.exports = async function (input, end) {
  const alive = setInterval(() => {}, 1000);
  this.on("ping", (message) => this.emit("pong", message));
  await new Promise((resolve) => this.on("go", resolve));
  if (end === "throw") throw new Error("boom");
  if (end.startsWith("exit")) process.exit(Number(end[4]));
  clearInterval(alive);
  return "done";
};
"""
# How an instance ends that gets the event `go`, or that is killed, on a hub from 1.0 on (hub-behaviour.md#exit-codes-of-1x).
ENDS = {
    "returns": ("completed", -1),
    "throw": ("failed", 23),
    "exit0": ("failed", 213),
    "exit1": ("failed", 213),
    "killed": ("killed", 137),
}


class Told:
    """The queue of the source: what it has reported so far."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []
        self._more = threading.Condition()

    async def put(self, event: dict[str, Any]) -> None:
        """Take an event."""
        with self._more:
            self.all.append(event)
            self._more.notify_all()

    def wait_for(self, kind: str, name: str | None = None, after: int = 0) -> dict[str, Any]:
        """Return the first event of this ``kind``, of the instance with this ``name`` if that is given, after the first ``after`` events."""

        def found() -> list[dict[str, Any]]:
            of_kind = [item for item in self.all[after:] if item["type"] == kind]
            return [item for item in of_kind if name in (None, item.get("instance", {}).get("name"))]

        with self._more:
            assert self._more.wait_for(found, bound(60)), f"{kind} of {name} is missing: {self.all}"
            return found()[0]

    def of(self, name: str) -> list[str]:
        """Return the types of all events of an instance."""
        return [item["type"] for item in self.all if item.get("instance", {}).get("name") == name]


@contextmanager
def follow(api_url: str) -> Iterator[Told]:
    """Run the source as ansible-rulebook does, from when it follows the hub until it is cancelled."""
    told = Told()
    args = {"hubs": [{"name": "here", "api_url": api_url}], "events": ["pong"], "interval": 0.5, "stable_for": 0.5}
    loop = asyncio.new_event_loop()
    source = loop.create_task(MAIN(told, args))

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(source)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert told.wait_for("hub_reachable")["unreachable_for"] == 0
        yield told
    finally:
        loop.call_soon_threadsafe(source.cancel)
        thread.join()
        loop.close()


def start(directory: pathlib.Path, api_url: str, *names: str) -> None:
    """Upload the program, and start an instance with each of these names."""
    package = directory / "package"
    package.mkdir()
    (package / "package.json").write_text('{"name": "followed", "version": "1.0.0", "main": "index.js"}')
    (package / "index.js").write_text(PROGRAM)
    started = {"name": "{{ item }}", "sequence": "followed", "args": ["{{ item }}"]}
    tasks = [
        {"scramjet.sth.sth_sequence": {"src": str(package)}},
        {"scramjet.sth.sth_instance": started, "loop": list(names)},
    ]
    run_playbook(play(directory / "start.yml", {"tasks": tasks}), {"sth_api_url": api_url}, seconds=60)


@pytest.mark.parametrize("hub", REAL_HUBS, indirect=True)
def test_start_events_and_end_are_reported(hub: Hub, tmp_path: pathlib.Path) -> None:
    client = HubClient(hub.api_url)
    with follow(hub.api_url) as told:
        start(tmp_path, hub.api_url, *ENDS)
        for name in ENDS:
            instance = client.instance(told.wait_for("instance_ready", name)["instance"]["id"])
            instance.send_event("ping", name)
            event = told.wait_for("event", name)
            assert (event["name"], event["payload"], event["payload_lost"]) == ("pong", name, False)
            if name == "killed":
                instance.kill()
            else:
                instance.send_event("go", "")
        ended = {name: told.wait_for("instance_ended", name)["instance"] for name in ENDS}
        version = hub.get("version")["version"]
    for name, end in ENDS.items():
        assert told.of(name) == ["instance_started", "instance_ready", "event", "instance_ended"]
        assert ended[name]["sequence"]["ref"].startswith("followed@")
        if version.startswith("1."):
            assert (ended[name]["outcome"], ended[name]["exit_code"]) == end, ended[name]
            assert ended[name]["reason"]
        elif "exit_code" not in hub.can:
            assert (ended[name]["outcome"], ended[name]["exit_code"]) == ("unknown", None)
    task = {"scramjet.sth.sth_sequence": {"name": "followed", "state": "absent", "in_use": "stop"}}
    run_playbook(play(tmp_path / "end.yml", {"tasks": [task]}), {"sth_api_url": hub.api_url}, seconds=60)
    client.close()


@pytest.mark.skipif(
    not COMMAND, reason="needs a real hub of version 1.x: set STH_TEST_HUB_1_X to the command that starts one"
)
def test_an_outage_of_the_hub_is_reported_and_ends_no_instance(tmp_path: pathlib.Path) -> None:
    hub = Started(tmp_path / "hub", "1.0.1", free_port())
    hub.directory.mkdir()
    hub.start(free_port())
    client = HubClient(hub.api_url)
    try:
        hub.wait()
        start(tmp_path, hub.api_url, "returns", "killed")
        by_name = {item.mark.name: client.instance(item.id) for item in client.instances() if item.mark}
        with follow(hub.api_url) as told:
            for name, instance in by_name.items():
                instance.send_event("ping", 1)
                assert told.wait_for("event", name)["payload"] == 1
            hub.kill()
            away = told.wait_for("hub_unreachable")
            assert (away["hub"]["name"], away["error_code"]) == ("here", "UNREACHABLE")
            hub.wait()
            back = told.wait_for("hub_reachable", after=told.all.index(away))
            assert (back["version"], back["generation"]) == ("1.0.1", "1.x")
            assert back["unreachable_for"] > 0
            for name in by_name:
                gap = told.wait_for("gap", name)
                assert (gap["name"], gap["seconds"] > 0) == ("pong", True)
            before = len(told.all)
            for name, instance in by_name.items():
                instance.send_event("ping", 2)
                assert told.wait_for("event", name, before)["payload"] == 2
            by_name["returns"].send_event("go", "")
            by_name["killed"].kill()
            ended = {name: told.wait_for("instance_ended", name)["instance"]["outcome"] for name in by_name}
        # It does not report that it has ended one that has outlived a restart (hub-behaviour.md#records-that-never-go).
        assert ended == {"returns": "completed", "killed": "unknown"}
        for name in by_name:
            assert told.of(name) == ["event", "gap", "event", "instance_ended"]
    finally:
        client.close()
        hub.end()
