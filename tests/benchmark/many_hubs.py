# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays over many hubs, with as many workers at once as Ansible uses by default."""

from __future__ import annotations

import json
import pathlib
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.known_settings import replica_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.tests.benchmark.measuring import (
    median_of,
    milliseconds,
    run_measured,
    table,
    times,
)
from ansible_collections.scramjet.sth.tests.benchmark.roles import Measured
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

HUBS = 200
# For the cost of one more hub.
COUNTS = (1, 10, 50, HUBS)
TURNS = 3
# For a first rollout, and for the status.
FEW, INSTANCES = 50, 5_000
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
WEB: dict[str, Any] = {"name": "web", "src": PROBE, "app_config": {"behaviour": "run"}, "stable_for": 0}


def run(directory: pathlib.Path) -> None:
    """Print the tables."""
    _one_task(directory)
    _nothing_to_do(directory)
    _first_rollout(directory)
    _status(directory)


@contextmanager
def _hubs(directory: pathlib.Path, count: int) -> Iterator[tuple[list[FakeHub], pathlib.Path]]:
    """Yield so many hubs, and an inventory of them."""
    with ExitStack() as stack:
        hubs = [stack.enter_context(FakeHub(generation="1.x")) for _dummy in range(count)]
        yield hubs, _inventory(directory, hubs)


def _inventory(directory: pathlib.Path, hubs: Sequence[FakeHub]) -> pathlib.Path:
    inventory = directory / f"{len(hubs)}.ini"
    inventory.write_text("".join(f"hub{at} sth_api_url={hub.api_url}\n" for at, hub in enumerate(hubs)))
    return inventory


def _one_task(directory: pathlib.Path) -> None:
    """Run one task of several kinds."""
    with _hubs(directory, HUBS) as (hubs, inventory):
        deploy: dict[str, Any] = {"scramjet.sth.sth_sequence": {"src": PROBE}}
        uri = {"ansible.builtin.uri": {"url": "{{ sth_api_url }}/sequences"}}
        first = median_of(_play(directory, inventory, deploy), 1)
        stored = sum(len(hub.sequences) for hub in hubs)
        costs = {
            "`debug`": median_of(_play(directory, inventory, DEBUG)),
            f"`sth_sequence`, first run ({stored} uploads)": first,
            "`sth_sequence`, nothing to do": median_of(_play(directory, inventory, deploy)),
            "`uri`, list of sequences": median_of(_play(directory, inventory, uri), 1),
        }
    table(
        f"A play of one task over {HUBS} fake hubs, default forks",
        ["task", "time", "for one hub", "to `debug`"],
        [
            [name, milliseconds(cost), milliseconds(cost / HUBS), times(cost, costs["`debug`"])]
            for name, cost in costs.items()
        ],
    )


DEBUG: dict[str, Any] = {"ansible.builtin.debug": {"msg": "{{ sth_api_url }}"}}


def _nothing_to_do(directory: pathlib.Path) -> None:
    """Run a task that changes nothing over more and more hubs, in turns with ``debug``."""
    deploy = {"scramjet.sth.sth_deployment": WEB}
    rows = []
    with _hubs(directory, HUBS) as (hubs, inventory):
        _play(directory, inventory, deploy)()
        writes = sum(len(hub.writes) for hub in hubs)
        for count in COUNTS:
            part = _inventory(directory, hubs[:count])
            ways = {"`debug`": DEBUG, "`sth_deployment`, nothing to do": deploy}
            measured = {name: Measured() for name in ways}
            for _dummy in range(TURNS):
                for name, task in ways.items():
                    measured[name].turn(_play(directory, part, task))
            debug = measured["`debug`"]
            for name, way in measured.items():
                used = min(way.processor)
                cells = map(milliseconds, (min(way.seconds), used, used / count))
                rows.append([count, name, *cells, times(used, min(debug.processor))])
        if writes != sum(len(hub.writes) for hub in hubs):
            raise RuntimeError("A task that should change nothing has written.")
    table(
        f"A play of one task that changes nothing, by the number of fake hubs (the shortest of {TURNS} turns)",
        ["hubs", "task", "time", "processor time", "for one hub", "to `debug`"],
        rows,
    )


def _first_rollout(directory: pathlib.Path) -> None:
    """Start one replica on each of several empty hubs, and wait until all of them run."""
    archive = directory / "probe.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(PROBE, arcname=".")
    element = {**WEB, "total_replicas": FEW}
    given: dict[str, Any] = {"sth_hosts": "hub*", "deployment_list": [element], "sth_rollout_soak_time": 0}
    ways: dict[str, Callable[[pathlib.Path], Callable[[], str]]] = {
        "four tasks of `uri`": lambda inventory: _play(directory, inventory, *_by_hand(archive)),
        "`sth_deployment`": lambda inventory: _play(directory, inventory, {"scramjet.sth.sth_deployment": WEB}),
        "`scramjet.sth.deploy`, spread": lambda inventory: _book("scramjet.sth.deploy", inventory, given),
        "`scramjet.sth.rollout`, three batches": lambda inventory: _book("scramjet.sth.rollout", inventory, given),
    }
    costs = {}
    for name, way in ways.items():
        with _hubs(directory, FEW) as (hubs, inventory):
            costs[name] = Measured()
            costs[name].turn(way(inventory))
            running = [item["status"] for hub in hubs for item in hub.instances]
            if running != ["running"] * FEW:
                raise RuntimeError(f"{name} has left {running}")
    base = costs["four tasks of `uri`"]
    table(
        f"The first rollout of one replica to each of {FEW} fake hubs, until all run, default forks",
        ["by", "time", "for one hub", "processor time", "time to `uri`"],
        [
            [
                name,
                *map(milliseconds, (cost.seconds[0], cost.seconds[0] / FEW, cost.processor[0])),
                times(cost.seconds[0], base.seconds[0]),
            ]
            for name, cost in costs.items()
        ],
    )


def _by_hand(archive: pathlib.Path) -> list[dict[str, Any]]:
    """Return the tasks that upload, start and wait without this collection, as users write them."""
    ok = {"status_code": [200, 202]}
    octets = {"Content-Type": "application/octet-stream"}
    start = {"appConfig": WEB["app_config"], "args": []}
    url = "{{ sth_api_url }}"
    return [
        {"ansible.builtin.uri": {"url": f"{url}/sequences"}, "register": "known"},
        {
            "ansible.builtin.uri": {
                "url": f"{url}/sequence",
                "method": "POST",
                "src": str(archive),
                "headers": octets,
                **ok,
            },
            "register": "sequence",
            "when": "known.json | length == 0",
        },
        {
            "ansible.builtin.uri": {
                "url": f"{url}/sequence/{{{{ sequence.json.id }}}}/start",
                "method": "POST",
                "body": start,
                "body_format": "json",
                **ok,
            },
            "register": "started",
        },
        {
            "ansible.builtin.uri": {"url": f"{url}/instance/{{{{ started.json.id }}}}"},
            "register": "instance",
            "until": "instance.json.status == 'running'",
            "delay": 1,
        },
    ]


class _Large(FakeHub):
    """Makes each answer once, because many hosts ask this hub, and its own time is not to be measured."""

    def __init__(self) -> None:
        super().__init__("1.x")
        self.made: dict[str, Answer] = {}

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        if call.path not in self.made:
            made = super().answer(call)
            self.made[call.path] = (
                Answer(text=json.dumps(made.json), content_type="application/json") if made.json is not None else made
            )
        return self.made[call.path]


def _status(directory: pathlib.Path) -> None:
    """Show what runs on hubs with thousands of instances. One fake hub stands for all of them."""
    hub = _Large()
    with hub:
        _play(directory, _inventory(directory, [hub]), {"scramjet.sth.sth_sequence": {"src": PROBE}})()
        with hub.state.lock:
            (probe,) = hub.state.sequences.values()
            for number in range(INSTANCES):
                name, index = f"web{number % 10}", number // 10
                mark = replica_mark(name, index, Rollout(1, "x", INSTANCES // 10))
                hub.state.start(probe, {"appConfig": marked({"behaviour": "run"}, mark), "args": []})
        hub.made.clear()
        rows = []
        for count in (10, HUBS):
            report = directory / "status.json"
            command = [
                str(pathlib.Path(sys.executable).parent / "ansible-playbook"),
                "-i", str(_inventory(directory, [hub] * count)), "-c", "local", "-e", "sth_hosts=hub*", "-e", f"sth_status_dest={report}",
                "scramjet.sth.status",
            ]  # fmt: skip
            measured = Measured()
            peaks: list[int] = []

            def run_it(command: list[str] = command, peaks: list[int] = peaks) -> str:
                _seconds, peak, written = run_measured(command)
                peaks.append(peak)
                return written

            measured.turn(run_it)
            shown = json.loads(report.read_text(encoding="utf-8"))
            if [row["ready"] for row in shown] != [INSTANCES // 10] * 10 * count:
                raise RuntimeError(f"The status of {count} hubs has {len(shown)} rows.")
            used = measured.processor[0]
            cells = map(milliseconds, (measured.seconds[0], used, used / count))
            rows.append([count, *cells, f"{peaks[0] // 2**20} MB"])
    table(
        f"`scramjet.sth.status` over fake hubs with {INSTANCES:,} instances in ten deployments each, default forks",
        ["hubs", "time", "processor time", "for one hub", "peak memory of ansible-playbook"],
        rows,
    )


def _book(name: str, inventory: pathlib.Path, variables: Mapping[str, Any]) -> Callable[[], str]:
    return lambda: run_playbook(name, variables, "-i", str(inventory), seconds=600)


def _play(directory: pathlib.Path, inventory: pathlib.Path, *tasks: dict[str, Any]) -> Callable[[], str]:
    book = play(directory / "hubs.yml", {"hosts": "hub*", "tasks": list(tasks)})
    content = book.read_bytes()

    def run_it() -> str:
        book.write_bytes(content)
        return run_playbook(book, {}, "-i", str(inventory), seconds=600)

    return run_it
