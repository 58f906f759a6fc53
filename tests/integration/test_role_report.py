# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the role ``deployment``: of several hubs, the same in check mode and for real, without secrets."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
SECRET = "canary-of-the-report"
ROLE: dict[str, Any] = {"ansible.builtin.include_role": {"name": "scramjet.sth.deployment"}}


class Hubs:
    """Two hubs as hosts of one play."""

    def __init__(self, directory: pathlib.Path, north: FakeHub, south: FakeHub, entrance: str) -> None:
        self.directory = directory
        hosts = {"north": {"sth_api_url": north.api_url}, "south": {"sth_api_url": south.api_url}}
        common = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "sth_entrance": entrance,
            "deployment_defaults": {"stable_for": 0, "stop_timeout": 0},
            "deployment_report": "report.md",
        }
        inventory = {"hubs": {"hosts": hosts, "vars": common}}
        (directory / "hubs.yml").write_text(json.dumps(inventory), encoding="utf-8")

    def deploy(self, elements: Any, *options: str, **variables: Any) -> dict[str, Any]:
        """Run the role on both; return the report."""
        book = play(self.directory / "site.yml", {"hosts": "hubs", "tasks": [ROLE]})
        given = {"deployment_list": elements, **variables}
        output = run_playbook(book, given, "-i", str(self.directory / "hubs.yml"), *options)
        assert SECRET not in output.partition("PLAY [")[2]
        return self.report()

    def report(self) -> dict[str, Any]:
        text = self.text()
        assert SECRET not in text
        found: dict[str, Any] = json.loads((self.directory / "report.json").read_text(encoding="utf-8"))
        assert SECRET not in json.dumps(found)
        return found

    def text(self) -> str:
        return (self.directory / "report.md").read_text(encoding="utf-8")


def element(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "src": PROBE, "app_config": {"behaviour": "run", "password": SECRET}, **options}


@pytest.mark.parametrize(
    ("generation", "entrance"), [("1.x", "in_process"), *([("0.18", "module")] if EVERYTHING else [])]
)
def test_check_mode_and_a_real_run_report_the_same(generation: str, entrance: str, tmp_path: pathlib.Path) -> None:
    wanted = [element("web", replicas=2), element("api")]
    with FakeHub("1.x") as north, FakeHub(generation) as south:
        hubs = Hubs(tmp_path, north, south, entrance)
        planned = hubs.deploy(wanted, "--check")
        assert not north.writes
        assert not south.writes
        assert planned["check_mode"]
        done = hubs.deploy(wanted)
        assert not done["check_mode"]
        assert done["rows"] == planned["rows"]
        own = [(row["kind"], row["change"]) for row in done["rows"] if row["host"] == "south"]
        assert own == [
            ("deployment", "create"),
            ("sequence", "upload"),
            ("instance", "start"),
            ("instance", "start"),
            ("deployment", "create"),
            ("instance", "start"),
        ]
        assert "**4 of 4 deployments on 2 hubs changed.**" in hubs.text()
        assert hubs.deploy(wanted)["rows"] == []
        assert hubs.deploy(wanted, "--check")["rows"] == []
        assert "**0 of 4 deployments on 2 hubs would change.**" in hubs.text()


def test_the_report_of_a_failed_play_has_drift_and_failures(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north, FakeHub("1.x") as south:
        hubs = Hubs(tmp_path, north, south, "auto")
        refused = [element("web", replicas="{{ 'many' if inventory_hostname == 'south' else 1 }}")]
        with pytest.raises(CommandFailedError, match="web would change, and deployment_fail_on_drift is set"):
            hubs.deploy(refused, "--check", deployment_fail_on_drift=True)
        report = hubs.report()
        assert [(item["host"], item["error_code"]) for item in report["failures"]] == [("south", "INVALID_OPTION")]
        assert {row["host"] for row in report["rows"]} == {"north"}
        assert (report["summary"]["changed"], report["summary"]["failed"]) == (1, 1)
