# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One deployment over several hubs, as playbooks do it: on simulated hubs of both generations."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.integration.entrances import EVERYTHING
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import role_hub
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
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
        self, directory: pathlib.Path, hubs: Mapping[str, FakeHub], urls: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory
        self.hubs = hubs
        self.inventory = directory / "inventory.json"
        urls = urls or {name: hub.api_url for name, hub in hubs.items()}
        hosts = {name: {"sth_api_url": url, "sth_request_retries": 0} for name, url in urls.items()}
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

    def status(self, warned: bool = False, **element: Any) -> list[dict[str, Any]]:
        """Return the rows that the playbook ``status`` writes."""
        dest = self.directory / "status.json"
        self.deploy("-e", f"sth_status_dest={dest}", book="scramjet.sth.status", warned=warned, **element)
        rows: list[dict[str, Any]] = json.loads(dest.read_text())
        return rows

    def writes(self) -> int:
        return sum(len(hub.writes) for hub in self.hubs.values())


def test_a_fleet_is_spread_loses_a_hub_and_gets_it_back(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("0.18") as south, FakeHub("1.x") as west:
        fleet = Fleet(tmp_path, {"north": north, "south": south, "west": west})
        whole = {"north": [0, 1, 2], "south": [3, 4], "west": [5, 6]}
        assert "changed=1" in fleet.deploy("--check", total_replicas=7)
        assert fleet.writes() == 0
        fleet.deploy(total_replicas=7)
        assert fleet.shown() == whole
        before = fleet.writes()
        assert "changed=1" not in fleet.deploy(total_replicas=7)
        assert fleet.writes() == before

        # Its programs go on, although nobody can reach it.
        west.leave()
        away: dict[str, Any] = {"total_replicas": 7, "on_unreachable": "reassign"}
        assert "No answer from west" in fleet.deploy(warned=True, **away)
        assert fleet.shown() == {"north": [0, 1, 2, 5], "south": [3, 4, 6], "west": [5, 6]}
        before = fleet.writes()
        rows = fleet.status(warned=True, **{**away, "args": ["changed"]})
        assert [(row["hub"], row["ready"], row["wanted"], row["drift"], row["reachable"]) for row in rows] == [
            ("north", 4, 4, True, True),
            ("south", 3, 3, True, True),
            ("west", None, None, None, False),
        ]
        assert fleet.writes() == before
        west.revive()
        fleet.deploy(**away)
        assert fleet.shown() == whole
        before = fleet.writes()
        fleet.deploy(**away)
        assert fleet.writes() == before


@everything
def test_the_surplus_stays_where_the_returned_hub_does_not_get_ready(tmp_path: pathlib.Path) -> None:
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
        assert "--limit north leaves some out" in fleet.refused("--limit", "north", total_replicas=4)
        assert fleet.writes() == before


@everything
def test_a_status_leaves_nothing_for_the_role_in_a_later_play(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("1.x") as south:
        Fleet(tmp_path, {"north": north}).deploy(total_replicas=4)
        fleet = Fleet(tmp_path, {"north": north, "south": south})
        # On north are replicas that belong to south, but what follows is about another deployment.
        seen = {"deployment_list": [{**WEB, "total_replicas": 4}]}
        other = {"deployment_list": [{**WEB, "name": "other"}]}
        plays = [
            {"import_playbook": "scramjet.sth.status", "vars": seen},
            {"hosts": "hubs", "gather_facts": False, "tasks": [{**ROLE, "vars": other}]},
        ]
        fleet.book.write_text(json.dumps(plays))
        run_playbook(fleet.book, {"sth_hosts": "hubs"}, "-i", str(fleet.inventory))
        assert fleet.shown() == {"north": [0, 0, 1, 2, 3], "south": [0]}


@everything
def test_a_fleet_of_real_hubs_and_a_simulated_one_loses_a_hub_and_gets_it_back(tmp_path: pathlib.Path) -> None:
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
            # Another address is a hub that nobody can reach, while its programs go on.
            without = Fleet(tmp_path, {}, {**urls, "south": "http://127.0.0.1:9"})
            without.deploy(warned=True, **given)
            assert shown(without, warned=True) == {"north": "0-3", "south": None, "west": "4,6-8", "east": "5,9-11"}
            Fleet(tmp_path, {}, urls).deploy(**given)
            assert shown() == whole
            fleet.deploy(**given, args=["changed"])
            assert shown(args=["changed"]) == whole
        finally:
            fleet.deploy(state="absent", total_replicas=12)
