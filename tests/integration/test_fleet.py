# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One deployment over several hubs, as playbooks do it: on simulated hubs of both generations."""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import role_hub
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
SECRET = "canary-of-the-fleet"
ROLE = {"ansible.builtin.include_role": {"name": "scramjet.sth.deployment"}}
WEB = {
    "name": "web",
    "src": PROBE,
    "app_config": {"behaviour": "run"},
    "index_key": "n",
    "stable_for": 0,
    "stop_timeout": 0,
}

everything = pytest.mark.skipif(
    not EVERYTHING,
    reason="takes long, and other tests show the most of it: set STH_TEST_EVERYTHING=1, as make matrix does",
)


class Fleet:
    """Some hubs as hosts of an inventory."""

    def __init__(
        self,
        directory: pathlib.Path,
        hubs: Mapping[str, FakeHub],
        urls: Mapping[str, str] | None = None,
        more: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.directory = directory
        self.hubs = hubs
        self.inventory = directory / "inventory.json"
        urls = urls or {name: hub.api_url for name, hub in hubs.items()}
        hosts = {
            name: {"sth_api_url": url, "sth_request_retries": 0, **(more or {}).get(name, {})}
            for name, url in urls.items()
        }
        self.inventory.write_text(json.dumps({"hubs": {"hosts": hosts}}))
        self.book = play(directory / "role.yml", {"hosts": "hubs", "tasks": [ROLE]})

    def deploy(self, *options: str, book: str | None = None, warned: bool = False, **element: Any) -> str:
        """Run the role, or the playbook ``book``, with one deployment."""
        given = {"sth_hosts": "hubs", "deployment_list": [{**WEB, **element}]}
        return run_playbook(book or self.book, given, "-i", str(self.inventory), *options, warned=warned)

    def refused(self, *options: str, **element: Any) -> str:
        with pytest.raises(CommandFailedError) as failure:
            self.deploy(*options, warned=True, **element)
        return str(failure.value)

    def shown(self) -> dict[str, list[int]]:
        """Return the indexes of the programs that run on each hub."""
        return {
            name: sorted((item.app_config or {})["n"] for item in hub.state.runners if item.process_alive)
            for name, hub in self.hubs.items()
        }

    def reported(self, *options: str, **element: Any) -> list[tuple[str, str, str, str]]:
        """Run the role with a report; return the host, kind, name and change of its rows."""
        self.deploy("-e", f"deployment_report={self.directory}/report.md", *options, **element)
        text = (self.directory / "report.json").read_text()
        assert SECRET not in text
        report = json.loads(text)
        summary, rows = report["summary"], report["rows"]
        own = [row["host"] for row in rows if row["kind"] == "deployment"]
        assert (summary["deployments"], summary["failed"]) == (len(self.hubs), 0)
        assert len(own) == len(set(own)) == summary["changed"]
        return [(row["host"], row["kind"], row["name"], row["change"]) for row in rows]

    def status(self, *options: str, warned: bool = False, **element: Any) -> list[dict[str, Any]]:
        """Return the rows that the playbook ``status`` writes. Neither they nor its output show a secret."""
        dest = self.directory / "status.json"
        output = self.deploy(
            *options, "-e", f"sth_status_dest={dest}", book="scramjet.sth.status", warned=warned, **element
        )
        assert SECRET not in output.partition("PLAY [")[2]
        assert SECRET not in dest.read_text()
        rows: list[dict[str, Any]] = json.loads(dest.read_text())
        return rows

    def writes(self) -> int:
        return sum(len(hub.writes) for hub in self.hubs.values())


def test_replicas_move_to_other_hubs_and_back_when_a_hub_is_lost_and_returns(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("0.18") as south, FakeHub("1.x") as west:
        fleet = Fleet(tmp_path, {"north": north, "south": south, "west": west})
        whole = {"north": [0, 1, 2], "south": [3, 4], "west": [5, 6]}
        assert "changed=1" in fleet.deploy("--check", total_replicas=7)
        assert fleet.writes() == 0
        fleet.deploy(total_replicas=7)
        assert fleet.shown() == whole
        digest = f"sha256:{read_package(PROBE).digest[:12]}"
        before = fleet.writes()
        assert "changed=1" not in fleet.deploy(total_replicas=7)
        assert fleet.writes() == before

        # The programs of the hub run on, although the hub cannot be reached.
        west.leave()
        away: dict[str, Any] = {"total_replicas": 7, "on_unreachable": "reassign"}
        assert "No answer from west" in fleet.deploy(warned=True, **away)
        assert fleet.shown() == {"north": [0, 1, 2, 5], "south": [3, 4, 6], "west": [5, 6]}
        before = fleet.writes()
        rows = fleet.status("--check", **{**away, "args": ["changed"]})
        assert [(row["hub"], row["ready"], row["wanted"], row["drift"], row["reachable"]) for row in rows] == [
            ("north", 4, 4, True, True),
            ("south", 3, 3, True, True),
            ("west", None, None, None, False),
        ]
        assert [(row["version"], row["digest"]) for row in rows] == [("1.0.0", digest)] * 2 + [(None, None)]
        assert fleet.writes() == before
        west.revive()
        # Two tasks, of which the second ends what has moved, and north is updated before too.
        away["app_config"] = {"behaviour": "run", "password": SECRET}
        planned = fleet.reported("--check", **away)
        assert fleet.writes() == before
        assert fleet.reported(**away) == planned
        own = [("north", "instance", "web-5", "replace"), ("north", "instance", "web-5", "stop")]
        assert [row for row in planned if row[0] == "north" and row[2] == "web-5"] == own
        assert fleet.shown() == whole
        before = fleet.writes()
        assert fleet.reported(**away) == []
        assert fleet.writes() == before


@everything
def test_weights_and_free_memory_decide_where_replicas_run(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("0.18") as south, FakeHub("1.x") as west:
        fleet = Fleet(tmp_path, {"north": north, "south": south, "west": west})
        weighted: dict[str, Any] = {"total_replicas": 6, "spread": "weighted"}
        weights = ("-e", "deployment_weight={{ {'north': 2, 'south': 1, 'west': 0}[inventory_hostname] }}")
        assert "changed=1" in fleet.deploy("--check", *weights, **weighted)
        assert fleet.writes() == 0
        fleet.deploy(*weights, **weighted)
        assert fleet.shown() == {"north": [0, 1, 2, 3], "south": [4, 5], "west": []}
        before = fleet.writes()
        fleet.deploy(*weights, **weighted)
        assert fleet.writes() == before
        assert "deployment_weight of north must be a number" in fleet.refused(
            "-e", "deployment_weight=much", **weighted
        )
        assert fleet.writes() == before

        # North has the least free memory for each new replica, and keeps those that it has.
        north.state.free_memory, south.state.free_memory, west.state.free_memory = 1.0e8, 5.0e8, 1.0e9
        by_load: dict[str, Any] = {"total_replicas": 9, "spread": "by_load"}
        assert "changed=1" in fleet.deploy("--check", **by_load)
        assert fleet.writes() == before
        fleet.deploy(**by_load)
        assert fleet.shown() == {"north": [0, 1, 2, 3], "south": [4, 5, 6], "west": [7, 8]}
        before = fleet.writes()
        fleet.deploy(**by_load)
        rows = fleet.status(**by_load)
        assert [(row["hub"], row["ready"], row["wanted"], row["drift"]) for row in rows] == [
            ("north", 4, 4, False),
            ("south", 3, 3, False),
            ("west", 2, 2, False),
        ]
        assert fleet.writes() == before


class Counted(FakeHub):
    """Counts at each request how many programs are ready on all hubs."""

    def __init__(self, fleet: list[Counted], counts: list[int]) -> None:
        super().__init__("1.x")
        self.fleet, self.counts = fleet, counts
        fleet.append(self)

    def answer(self, call: Call) -> Answer:
        """Answer one call, and count."""
        answer = super().answer(call)
        self.counts.append(sum(hub.ready for hub in self.fleet))
        return answer

    @property
    def ready(self) -> int:
        """How many of its programs run and have connected."""
        with self.state.lock:
            self.state.advance()
            return sum(item.process_alive and item.connected for item in self.state.runners)


@everything
@pytest.mark.parametrize(
    ("options", "least"),
    [
        ({}, 3),
        ({"min_ready": 5}, 5),
        ({"min_ready": 4}, 4),
        ({"min_ready": 6, "max_surge": 1}, 6),
    ],
)
def test_never_fewer_replicas_are_ready_than_min_ready(
    options: dict[str, Any], least: int, tmp_path: pathlib.Path
) -> None:
    hubs: list[Counted] = []
    counts: list[int] = []
    with ExitStack() as stack:
        for _each in range(3):
            stack.enter_context(Counted(hubs, counts))
        fleet = Fleet(tmp_path, dict(zip(("north", "south", "west"), hubs)))
        given = {"total_replicas": 6, "max_surge": 0, "max_unavailable": 1, **options}
        fleet.deploy("-f", "10", **given)
        counts.clear()
        fleet.deploy("-f", "10", **given, args=["changed"])
        assert [len(found) for found in fleet.shown().values()] == [2, 2, 2]
        assert min(counts) >= least
        assert all(item.args == ["changed"] for hub in hubs for item in hub.state.runners if item.process_alive)


@everything
@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_spreading_and_status_show_no_secret(entrance: str, tmp_path: pathlib.Path) -> None:
    token = f"{SECRET}-token"
    common: dict[str, Any] = {
        "sth_token": token,
        "sth_entrance": entrance,
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    with FakeHub("1.x", token=token) as north, FakeHub("0.18", token=token) as south:
        hubs = {"north": north, "south": south}
        fleet = Fleet(tmp_path, hubs, more=dict.fromkeys(hubs, common))
        given: dict[str, Any] = {
            "total_replicas": 4,
            "app_config": {"behaviour": "run", "password": f"{SECRET}-one", "own": f"{SECRET}-own"},
            "args": ["--token", f"{SECRET}-arg"],
            "secret_keys": ["own"],
        }
        verbose = ("-vvv", "--diff")
        for options in (("--check",), ()):
            assert SECRET not in fleet.deploy(*verbose, *options, **given).partition("PLAY [")[2]
        assert [row["drift"] for row in fleet.status(*verbose, **given)] == [False, False]
        given["app_config"] = {**given["app_config"], "password": f"{SECRET}-two"}
        assert [row["drift"] for row in fleet.status(*verbose, **given)] == [True, True]
        # Refused with the whole list, and by the task for each hub.
        digest: dict[str, Any] = {"digest": "sha256:0000000"}
        for wrong in ({"min_ready": 5}, digest):
            assert SECRET not in fleet.refused(*verbose, **{**given, **wrong}).partition("PLAY [")[2]
        rows = fleet.status(*verbose, **{**given, **digest})
        assert [(row["drift"], "and not sha256:0000000" in row["error"]) for row in rows] == [(None, True)] * 2
        other = Fleet(tmp_path, hubs, more={"north": common, "south": {**common, "sth_token": f"{SECRET}-wrong"}})
        rows = other.status(*verbose, **given)
        assert [(row["hub"], row["reachable"], row["drift"]) for row in rows] == [
            ("north", True, True),
            ("south", True, None),
        ]
        before = fleet.writes()
        assert SECRET not in other.refused(*verbose, **given).partition("PLAY [")[2]
        assert fleet.writes() == before


@everything
def test_a_host_that_ssh_cannot_reach_counts_as_an_unreachable_hub(tmp_path: pathlib.Path) -> None:
    # Nothing listens there.
    nowhere: dict[str, Any] = {
        "ansible_connection": "ssh",
        "ansible_host": "127.0.0.1",
        "ansible_port": 9,
        "ansible_ssh_common_args": "-F /dev/null",
    }
    with FakeHub("1.x") as north, FakeHub("1.x") as south:
        hubs = {"north": north, "south": south}
        Fleet(tmp_path, hubs).deploy(total_replicas=4)
        fleet, before = Fleet(tmp_path, hubs, more={"south": nowhere}), len(north.writes)
        assert "no answer from south, so nothing was changed" in fleet.refused(total_replicas=4)
        assert len(north.writes) == before
        given: dict[str, Any] = {"total_replicas": 4, "on_unreachable": "reassign"}
        assert "No answer from south" in fleet.deploy("--check", warned=True, **given)
        assert len(north.writes) == before
        assert "No answer from south" in fleet.deploy(warned=True, **given)
        assert fleet.shown() == {"north": [0, 1, 2, 3], "south": [2, 3]}
        before = len(north.writes)
        rows = fleet.status(warned=True, **given)
        assert [(row["hub"], row["reachable"], row["ready"], row["drift"]) for row in rows] == [
            ("north", True, 4, False),
            ("south", False, None, None),
        ]
        assert "ssh" in rows[1]["error"]
        assert len(north.writes) == before
        Fleet(tmp_path, hubs).deploy(**given)
        assert fleet.shown() == {"north": [0, 1], "south": [2, 3]}


@everything
@pytest.mark.parametrize("strategy", ["free", "host_pinned", "ansible.builtin.free"])
def test_the_strategies_free_and_host_pinned_are_refused(strategy: str, tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("1.x") as south:
        fleet = Fleet(tmp_path, {"north": north, "south": south})
        fleet.book = play(tmp_path / "role.yml", {"hosts": "hubs", "strategy": strategy, "tasks": [ROLE]})
        assert f"use the strategy linear instead of {strategy}" in fleet.refused(total_replicas=4)
        assert fleet.writes() == 0


@everything
@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_what_was_exported_from_one_hub_is_deployed_to_others_from_a_directory_of_archives(
    entrance: str, tmp_path: pathlib.Path
) -> None:
    shelf, exported = tmp_path / "archives", tmp_path / "exported"
    shelf.mkdir()
    common = {"sth_entrance": entrance, "ansible_python_interpreter": sys.executable}
    with FakeHub("0.18") as tested, FakeHub("1.x") as north, FakeHub("0.18") as south:
        source = Fleet(tmp_path, {"tested": tested})
        source.deploy(replicas=2)
        source.deploy("-e", f"sth_export_dest={exported}", book="scramjet.sth.export")

        fleet = Fleet(tmp_path, {"north": north, "south": south}, more=dict.fromkeys(("north", "south"), common))
        given = {"sth_hosts": "hubs", "deployment_defaults": {"src": str(shelf), "stable_for": 0}}
        options = ("-i", str(fleet.inventory), "-e", f"@{exported}/exported.yml")

        def promote(*more: str) -> str:
            return run_playbook("scramjet.sth.deploy", given, *options, *more)

        with (shelf / "one.tar.gz").open("wb") as file:
            write_package(read_package(f"{ROOT}/playbooks/files/packages/heartbeat"), file)
        for more in ("--check",), ():
            with pytest.raises(CommandFailedError, match="none of the 1 archives in it has the digest sha256:"):
                promote(*more)
        assert fleet.writes() == 0
        with (shelf / "two.tar.gz").open("wb") as file:
            write_package(read_package(PROBE), file)
        assert promote("--check").count("changed=1") == 2
        assert fleet.writes() == 0
        promote()
        assert fleet.shown() == {"north": [0, 1], "south": [0, 1]}
        (version,) = {item["config"]["version"] for hub in (tested, north, south) for item in hub.sequences}
        assert read_package(PROBE).digest in version
        before = fleet.writes()
        assert "changed=1" not in promote()
        assert fleet.writes() == before


@everything
def test_extra_replicas_stay_until_those_on_the_returned_hub_are_ready(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("1.x") as south:
        Fleet(tmp_path, {"north": north}).deploy(total_replicas=4)
        fleet = Fleet(tmp_path, {"north": north, "south": south})
        south.fault(Fault("status", "POST", "/start", times=99, status=500))
        fleet.refused(total_replicas=4)
        assert fleet.shown() == {"north": [0, 1, 2, 3], "south": []}
        south.faults.clear()
        fleet.deploy(total_replicas=4)
        assert fleet.shown() == {"north": [0, 1], "south": [2, 3]}
        before = fleet.writes()
        south.leave()
        assert "no answer from south, so nothing was changed" in fleet.refused(total_replicas=4)
        for book in (None, "scramjet.sth.status"):
            said = fleet.refused("--limit", "north", book=book, total_replicas=4)
            assert "--limit north leaves some out" in said
        assert fleet.writes() == before


@everything
def test_a_status_does_not_influence_the_role_in_a_later_play(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("1.x") as south:
        Fleet(tmp_path, {"north": north}).deploy(total_replicas=4)
        fleet = Fleet(tmp_path, {"north": north, "south": south})
        # On north are replicas that belong to south, but what follows is about another deployment.
        seen = {"deployment_list": [{**WEB, "total_replicas": 4}]}
        other = {"deployment_list": [{**WEB, "name": "other"}]}
        told = {
            "ansible.builtin.assert": {"that": "fleet_report.rows | map(attribute='hub') | list == ['north', 'south']"}
        }
        plays = [
            {"import_playbook": "scramjet.sth.status", "vars": seen},
            {"hosts": "hubs", "gather_facts": False, "tasks": [told, {**ROLE, "vars": other}]},
        ]
        fleet.book.write_text(json.dumps(plays))
        run_playbook(fleet.book, {"sth_hosts": "hubs"}, "-i", str(fleet.inventory))
        assert fleet.shown() == {"north": [0, 0, 1, 2, 3], "south": [0]}


@everything
def test_replicas_move_between_real_and_simulated_hubs_when_a_hub_is_lost_and_returns(tmp_path: pathlib.Path) -> None:
    with ExitStack() as stack:
        urls = {}
        for name in ("north", "south", "west"):
            (tmp_path / name).mkdir()
            urls[name] = stack.enter_context(role_hub(tmp_path / name))[0]
        urls["east"] = stack.enter_context(FakeHub("1.x")).api_url
        fleet = Fleet(tmp_path, {}, urls)
        given: dict[str, Any] = {"total_replicas": 12, "min_ready": 11, "on_unreachable": "reassign", "stable_for": 1}

        def shown(used: Fleet = fleet, **options: Any) -> dict[str, str]:
            rows = used.status(**{**given, **options})
            assert [row["drift"] for row in rows if row["reachable"]] == [False] * sum(row["reachable"] for row in rows)
            return {row["hub"]: row["indexes"] for row in rows}

        whole = {"north": "0-2", "south": "3-5", "west": "6-8", "east": "9-11"}
        try:
            fleet.deploy(**given)
            assert shown() == whole
            # Simulate a hub that cannot be reached by another address. The programs of the real one run on.
            without = Fleet(tmp_path, {}, {**urls, "south": "http://127.0.0.1:9"})
            without.deploy(warned=True, **given)
            assert shown(without) == {"north": "0-3", "south": None, "west": "4,6-8", "east": "5,9-11"}
            Fleet(tmp_path, {}, urls).deploy(**given)
            assert shown() == whole
            fleet.deploy(**given, args=["changed"])
            assert shown(args=["changed"]) == whole
        finally:
            fleet.deploy(state="absent", total_replicas=12)
