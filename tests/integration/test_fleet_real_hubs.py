# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What test_fleet_bounds.py shows on simulated hubs, on four real hubs of both generations, with real programs.

Two hubs are of version 0.18.7. The other two are started by the command in ``STH_TEST_HUB_1_X``, in which ``{port}``, ``{instances_port}``
and ``{folder}`` stand for what is different for each hub.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import re
import select
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.tests.chaos.hub import RealHub, real_hub
from ansible_collections.scramjet.sth.tests.integration.real_hub import VERSION
from ansible_collections.scramjet.sth.tests.integration.test_fleet import Fleet
from ansible_collections.scramjet.sth.tests.integration.test_fleet_bounds import NAMES, TWELVE
from ansible_collections.scramjet.sth.tests.integration.test_rollout import ROLLOUT, kill_playing, playing
from ansible_collections.scramjet.sth.tests.running.background import in_background, serving
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.running.ports import free_port
from ansible_collections.scramjet.sth.tests.scenarios.test_at_once import at_once

COMMAND = os.environ.get("STH_TEST_HUB_1_X", "")
pytestmark = pytest.mark.skipif(
    not COMMAND, reason="needs real hubs of version 1.x: set STH_TEST_HUB_1_X to the command that starts one"
)
# The request line of a write. The collection sends it at the beginning of a piece.
WRITE = re.compile(rb"(?:POST|PUT|DELETE) /\S*? HTTP/1\.1\r\n")
STOP = re.compile(rb"POST /\S*/instance/([0-9a-f-]{36})/_(?:stop|kill) ")


class Started(RealHub):
    """A hub that `COMMAND` has started. Nothing but this test starts it again."""

    process: subprocess.Popen[bytes]

    def start(self, instances_port: int) -> None:
        """Start it, and keep in mind how."""
        self._command = COMMAND.format(port=self.port, instances_port=instances_port, folder=self.directory)
        self._run()

    def _run(self) -> None:
        log = (self.directory.parent / f"{self.directory.name}.log").open("ab")
        self.process = subprocess.Popen(shlex.split(self._command), stdout=log, stderr=log, start_new_session=True)
        log.close()

    def kill(self) -> None:
        """Kill it with SIGKILL. Its programs run on."""
        self.process.kill()
        self.process.wait()

    def wait(self) -> None:
        """Start it again if it was killed, and wait until it answers."""
        if self.process.poll() is not None:
            self._run()
        super().wait()

    def processes(self) -> list[int]:
        """Find the programs by the folder of their packages, which is in their environment."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                pid = int(path.parent.name)
                if pid != self.process.pid and f"{self.directory}/".encode() in path.read_bytes():
                    found.append(pid)
        return found

    def end(self) -> None:
        """End it and its programs."""
        self.kill()
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Member:
    """A real hub of a fleet, with a proxy in front of it that sees what is written."""

    def __init__(self, program: RealHub) -> None:
        self.program = program
        self.dead = False
        # The ids of the instances that were asked to stop.
        self.told: set[str] = set()
        self.wrote: Callable[[], None] = lambda: None
        # Called with the id of an instance before the hub is asked to stop it.
        self.stops: Callable[[str], None] = self.told.add
        self._client = HubClient(program.api_url)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.api_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    @contextmanager
    def serving(self) -> Iterator[Member]:
        """Pass on connections."""
        with closing(self._client), serving(self._listener, self._serve):
            yield self

    def kill(self) -> None:
        """Kill the hub."""
        self.dead = True
        self.program.kill()

    def back(self) -> None:
        """Wait until the hub answers again."""
        self.program.wait()
        self.dead = False

    def ready(self) -> list[str]:
        """Return the ids of its instances that a client can use; none if the hub does not answer because it was killed.

        An instance that the hub does not answer for is starting (hub-behaviour.md#starting-instance-never-answers).
        """
        return [item.id for item in self.instances() if item.status == "running" and item.id not in self.told]

    def instances(self) -> list[InstanceRecord]:
        """Return the live instances; none if the hub does not answer because it was killed."""
        try:
            return [item for item in self._client.instances() if item.live and item.app_config is not None]
        except SthError:
            if self.dead:
                return []
            raise

    def packages(self) -> int:
        return len(self._client.sequences())

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.program.port), timeout=5) as hub:
            other = {client: hub, hub: client}
            writing = False
            while True:
                for readable in select.select([client, hub], [], [])[0]:
                    piece = readable.recv(65536)
                    if not piece:
                        return
                    if readable is client and WRITE.match(piece):
                        writing = True
                        for found in STOP.findall(piece):
                            self.stops(found.decode())
                    elif readable is hub and writing:
                        writing = False
                        # Before the client gets the answer.
                        self.wrote()
                    other[readable].sendall(piece)


class Traffic:
    """A client that sends events all the time, to all ready replicas of the fleet. At each stop, it counts how many are ready."""

    def __init__(self, hubs: list[Member]) -> None:
        self.hubs = hubs
        self.sent = 0
        # What a replica refused that nobody had asked to stop, on a hub that was not lost.
        self.refused: list[str] = []
        # How many replicas were ready right after each request to stop one.
        self.counts: list[int] = []
        self._lock = threading.Lock()

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Send until the end of the context."""

        def send(ended: threading.Event) -> None:
            clients = {id(hub): HubClient(hub.program.api_url) for hub in self.hubs}
            while not ended.wait(0.05):
                for hub, ids in zip(self.hubs, self._ready()):
                    for instance in ids:
                        self._send(hub, clients[id(hub)], instance)
            for client in clients.values():
                client.close()

        for hub in self.hubs:
            hub.stops = partial(self._count, hub)
        try:
            with in_background(send):
                yield
        finally:
            for hub in self.hubs:
                hub.stops = hub.told.add

    def _ready(self) -> list[list[str]]:
        with ThreadPoolExecutor(len(self.hubs)) as pool:
            return list(pool.map(Member.ready, self.hubs))

    def _count(self, hub: Member, instance: str) -> None:
        """Count what is ready without this instance. All other stops wait meanwhile, so that nothing that is counted goes away."""
        with self._lock:
            if instance not in hub.told:
                hub.told.add(instance)
                self.counts.append(sum(map(len, self._ready())))

    def _send(self, hub: Member, client: HubClient, instance: str) -> None:
        try:
            client.instance(instance).send_event("ping", "x")
            self.sent += 1
        except SthError as error:
            # The update may have stopped it in the meantime.
            if instance not in hub.told and not hub.dead:
                self.refused.append(f"{instance}: {error.message}")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RealHub]]:
    """Four hubs, of 1.x and 0.18 in turns."""
    directory = tmp_path_factory.mktemp("fleet")
    with ExitStack() as stack:
        found: list[RealHub] = []
        for name in NAMES[::2]:
            (directory / name).mkdir()
            started = Started(directory / name, "1.0.1", free_port())
            started.start(free_port())
            stack.callback(started.end)
            found.append(started)
        for hub in found:
            hub.wait()
        for name in NAMES[1::2]:
            (directory / name).mkdir()
            found.append(stack.enter_context(real_hub(directory / name, None, VERSION)))
        north, west, south, east = found
        yield [north, south, west, east]


@pytest.fixture
def fleet(programs: list[RealHub], tmp_path: pathlib.Path) -> Iterator[tuple[Fleet, dict[str, Member]]]:
    """A fleet of these hubs, on which twelve replicas run."""
    with ExitStack() as stack:
        members = {name: stack.enter_context(Member(hub).serving()) for name, hub in zip(NAMES, programs)}
        made = Fleet(tmp_path, {}, {name: member.api_url for name, member in members.items()})
        made.deploy(**TWELVE)
        yield made, members
        for member in members.values():
            member.back()
        made.deploy(state="absent", warned=True)


OPTIONS = ("-f", "10", "-e", "sth_rollout_soak_time=0")


def failure_of(made: Fleet, book: str | None, **element: Any) -> str:
    """Run the playbook, and return what it says if it fails."""
    try:
        made.deploy(*OPTIONS, book=book, warned=True, **element)
    except CommandFailedError as failure:
        return str(failure)
    return ""


def settled(members: dict[str, Member], args: list[str]) -> None:
    """Fail unless each index runs once, with these ``args``, and nothing else runs or is stored."""
    found = {name: member.instances() for name, member in members.items()}
    shown = {name: sorted((item.app_config or {})["n"] for item in items) for name, items in found.items()}
    assert sorted(itertools.chain.from_iterable(shown.values())) == list(range(12)), shown
    assert [len(indexes) for indexes in shown.values()] == [3, 3, 3, 3]
    assert {tuple(item.args) for items in found.values() for item in items} == {tuple(args)}
    for name, member in members.items():
        # No program without a record, no package without a program.
        ended = time.monotonic() + bound(20)
        while len(member.program.processes()) != 3 and time.monotonic() < ended:
            time.sleep(0.2)
        assert len(member.program.processes()) == 3, name
        assert member.packages() == 1


@pytest.mark.parametrize("book", [None, ROLLOUT])
def test_a_real_fleet_is_updated_under_a_client_that_sends(
    book: str | None, fleet: tuple[Fleet, dict[str, Member]]
) -> None:
    made, members = fleet
    traffic = Traffic([*members.values()])
    with traffic.flowing():
        made.deploy(*OPTIONS, book=book, **TWELVE, args=["new"])
    assert traffic.refused == []
    assert traffic.sent > 100
    assert len(traffic.counts) == 12
    assert min(traffic.counts) >= 8
    settled(members, ["new"])
    written: list[str] = []
    for name, member in members.items():
        member.wrote = partial(written.append, name)
    assert "changed=1" not in made.deploy(*OPTIONS, book=book, **TWELVE, args=["new"])
    assert written == []


@pytest.mark.parametrize(("book", "lost"), [(None, "north"), (None, "south"), (ROLLOUT, "west"), (ROLLOUT, "east")])
def test_a_real_hub_is_killed_while_it_is_updated(
    book: str | None, lost: str, fleet: tuple[Fleet, dict[str, Member]]
) -> None:
    made, members = fleet
    hub = members[lost]
    left = [3]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            hub.kill()

    hub.wrote = count
    traffic = Traffic([*members.values()])
    with traffic.flowing():
        said = failure_of(made, book, **TWELVE, args=["new"])
    assert left[0] <= 0
    assert traffic.refused == []
    # Besides the three of the lost hub, two of the other one that is updated may be missing.
    assert min(traffic.counts) >= 12 - 3 - 2
    # The supervisor of a 0.18 hub may have started it again before anybody has noticed.
    assert not said or lost in said
    hub.wrote = lambda: None
    hub.back()
    made.deploy(*OPTIONS, book=book, warned=True, **TWELVE, args=["new"])
    settled(members, ["new"])


@pytest.mark.parametrize("number", [1, 4, 7, 12, 19])
@pytest.mark.parametrize("book", ["scramjet.sth.deploy", ROLLOUT])
def test_the_controller_of_a_real_fleet_is_killed_after_a_write(
    book: str, number: int, fleet: tuple[Fleet, dict[str, Member]]
) -> None:
    made, members = fleet
    element = {**TWELVE, "args": ["new"]}
    left, lock = [number], threading.Lock()
    with playing(made, element, book) as process:

        def count() -> None:
            with lock:
                left[0] -= 1
                if left[0] == 0:
                    kill_playing(process)

        for member in members.values():
            member.wrote = count
        process.wait(bound(120))
    for member in members.values():
        member.wrote = lambda: None
    assert left[0] <= 0
    # If two are missing on each of two hubs, min_ready leaves none to stop, so these are started first.
    made.deploy(*OPTIONS, book=book, warned=True, **element)
    settled(members, ["new"])


@pytest.mark.parametrize("book", [None, ROLLOUT])
def test_two_controllers_of_a_real_fleet_at_once(book: str | None, fleet: tuple[Fleet, dict[str, Member]]) -> None:
    made, members = fleet
    updates = (partial(failure_of, made, book, **TWELVE, args=[arg]) for arg in ("one", "other"))
    for said in at_once(*updates):
        assert not said or "CONFLICT" in said or "min_ready" in said, said
    made.deploy(*OPTIONS, book=book, warned=True, **TWELVE, args=["one"])
    settled(members, ["one"])
    assert "changed=1" not in made.deploy(*OPTIONS, book=book, **TWELVE, args=["one"])
