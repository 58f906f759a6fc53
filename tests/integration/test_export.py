# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``scramjet.sth.apply`` takes the files of ``scramjet.sth.export``, and then changes nothing on the hub."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import tarfile
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.conftest import REAL_HUBS, Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.export.support import read_yaml

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
SECRET = "canary-of-the-export"
QUICK = {"stable_for": 0, "stop_timeout": 0}
RUNS = {"behaviour": "run"}


def as_si_uploads(api_url: str, directory: pathlib.Path) -> str:
    """Upload a package as the CLI does, without a digest, and start one instance of it; return the id of the instance."""
    package = directory / "foreign"
    shutil.copytree(PROBE, package)
    manifest = json.loads((package / "package.json").read_text())
    (package / "package.json").write_text(json.dumps({**manifest, "name": "@scope/foreign", "version": "2.0.0"}))
    archive = directory / "foreign.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        for path in sorted(package.rglob("*")):
            packed.add(path, str(path.relative_to(package)), recursive=False)
    sent = ask(f"{api_url}/sequence", archive.read_bytes(), "application/octet-stream")
    config = {"appConfig": {**RUNS, "dbPass": SECRET}, "args": ["{{ kept }}", f"--token={SECRET}"]}
    started = ask(f"{api_url}/sequence/{sent['id']}/start", json.dumps(config).encode(), "application/json")
    return str(started["id"])


def ask(url: str, body: bytes, kind: str) -> dict[str, Any]:
    with urlopen(Request(url, body, {"Content-Type": kind}, method="POST"), timeout=bound(20)) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


def filled(api_url: str, directory: pathlib.Path) -> None:
    """Run a deployment, a pool with members of their own, and an instance with a name."""
    config = {**RUNS, "password": SECRET, "greeting": "Hello {{ name }}", "on": "yes", "deep": {"list": [1, "2", None]}}
    tasks = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
        {
            "scramjet.sth.sth_deployment": {
                "name": "web",
                "sequence": "probe",
                "replicas": 2,
                "index_key": "shard",
                "app_config": "{{ config }}",
                **QUICK,
            }
        },
        {
            "scramjet.sth.sth_instance": {
                "name": "pool",
                "sequence": "probe",
                "count": 2,
                "app_config": {**RUNS, "size": 1},
                "overrides": [{}, {"app_config": {"size": 2}, "args": ["own"]}],
                **QUICK,
            }
        },
        {"scramjet.sth.sth_instance": {"name": "clock", "sequence": "probe", "app_config": RUNS, **QUICK}},
    ]
    given = directory / "config.yml"
    # Text that looks like a template in the configuration of a program is data.
    text = json.dumps(config).replace('"Hello', '!unsafe "Hello')
    given.write_text(f"config: {text}\n", encoding="utf-8")
    run_playbook(play(directory / "fill.yml", {"tasks": tasks}), {"sth_api_url": api_url}, "-e", f"@{given}")


def export(api_url: str, directory: pathlib.Path, *options: str, **variables: Any) -> str:
    output = run_playbook(
        "scramjet.sth.export",
        {"sth_api_url": api_url, "sth_export_dest": "exported", **variables},
        *with_vault(directory),
        *options,
        directory=directory,
    )
    assert SECRET not in output
    return output


def apply(api_url: str, directory: pathlib.Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Apply the file; return how many tasks changed something, and the report."""
    found = ["-e", "@exported/exported.yml"]
    if (directory / "exported" / "exported_vault.yml").exists():
        found += ["-e", "@exported/exported_vault.yml"]
    given = {"sth_api_url": api_url, "deployment_report": "report.md", "deployment_defaults": QUICK}
    # The files come last on the command line, so they override these variables.
    output = run_playbook(
        "scramjet.sth.apply", given, *found, *with_vault(directory), "-v", *options, directory=directory
    )
    assert SECRET not in output
    changed = re.search(r"changed=(\d+)", output)
    assert changed
    return int(changed.group(1)), json.loads((directory / "report.json").read_text())


def with_vault(directory: pathlib.Path) -> list[str]:
    password = directory / "password"
    password.write_text("of the test\n")
    return ["--vault-password-file", str(password)]


def texts(directory: pathlib.Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (directory / "exported").iterdir()}


def adopted(api_url: str, directory: pathlib.Path) -> None:
    """Export a hub on which everything runs, and apply what was written, until nothing changes any more."""
    filled(api_url, directory)
    output = export(api_url, directory, "--check")
    assert not (directory / "exported").exists()
    export(api_url, directory)
    assert apply(api_url, directory, "--check")[0] == 0
    assert apply(api_url, directory)[0] == 0
    first = texts(directory)
    assert SECRET not in "".join(first.values())
    assert first["exported_vault.yml"].startswith("$ANSIBLE_VAULT")

    foreign = as_si_uploads(api_url, directory)
    output = export(api_url, directory)
    assert f"Applying replaces instance {foreign} by replicas of the new deployment foreign" in output
    assert texts(directory) != first
    planned, report = apply(api_url, directory, "--check")
    assert planned == 1
    assert [(row["name"], row["change"], row["reason"]) for row in report["rows"]] == [
        ("foreign", "update", "the deployment takes it over"),
        ("foreign-0", "replace", "the deployment takes it over"),
    ]
    changed, done = apply(api_url, directory)
    assert (changed, done["rows"]) == (1, report["rows"])
    assert apply(api_url, directory, "--check")[0] == 0
    assert apply(api_url, directory)[0] == 0
    # Export again: the instance that was taken over has a name now.
    export(api_url, directory)
    again = texts(directory)
    assert export(api_url, directory).count("changed=0")
    assert texts(directory) == again
    found = read_yaml(again["exported.yml"])
    assert [item["name"] for item in found["deployment_list"]] == ["foreign", "web"]
    assert found["deployment_list"][0]["sequence"] == "@scope/foreign@2.0.0"
    assert found["deployment_list"][0]["args"][0] == "{{ kept }}"
    assert "take_over" not in again["exported.yml"]
    assert apply(api_url, directory, "--check")[0] == 0


@pytest.fixture(params=["1.x", "0.18"] if EVERYTHING else [])
def simulated(request: pytest.FixtureRequest) -> Iterator[FakeHub]:
    with FakeHub(request.param) as hub:
        yield hub


def test_an_export_of_a_hub_can_be_applied_without_changes(simulated: FakeHub, tmp_path: pathlib.Path) -> None:
    adopted(simulated.api_url, tmp_path)


@pytest.mark.parametrize("hub", REAL_HUBS if EVERYTHING else [], indirect=True)
def test_an_export_of_a_real_hub_can_be_applied_without_changes(hub: Hub, tmp_path: pathlib.Path) -> None:
    try:
        adopted(hub.api_url, tmp_path)
    finally:
        hub.empty()


def test_an_export_of_instances_of_si_can_be_applied(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as hub:
        as_si_uploads(hub.api_url, tmp_path)
        export(hub.api_url, tmp_path)
        _changed, report = apply(hub.api_url, tmp_path)
        assert [row["reason"] for row in report["rows"]] == ["the deployment takes it over"] * 2
        assert apply(hub.api_url, tmp_path, "--check")[0] == 0


@pytest.mark.skipif(not EVERYTHING, reason="what a module writes differs in nothing else: for make matrix")
def test_as_a_module_the_export_is_the_same_without_secrets(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as hub:
        as_si_uploads(hub.api_url, tmp_path)
        export(hub.api_url, tmp_path)
        whole = texts(tmp_path)
        shutil.rmtree(tmp_path / "exported")
        output = export(hub.api_url, tmp_path, sth_entrance="module")
        assert texts(tmp_path) == {"exported.yml": whole["exported.yml"]}
        assert "The task ran as a module, which does not pass on secrets" in output


@pytest.mark.skipif(not EVERYTHING, reason="each takes a run of a playbook: for make matrix")
@pytest.mark.parametrize(
    ("playbook", "given", "says"),
    [
        ("apply", {}, "Set deployment_list, sth_instances or both"),
        ("apply", {"sth_instances": [{"sequence": "x"}]}, "with a name in each element"),
        ("apply", {"sth_instances": [{"name": "x", "sequence": "x", "state": "absent"}]}, "the options state"),
        ("export", {"sth_export_dst": "x"}, "sth_export_dst (sth_export_dest?)"),
    ],
)
def test_bad_options_are_refused_before_the_hub_is_asked(
    playbook: str, given: dict[str, Any], says: str, tmp_path: pathlib.Path
) -> None:
    with FakeHub("1.x") as hub:
        with pytest.raises(CommandFailedError, match=re.escape(says)):
            run_playbook(f"scramjet.sth.{playbook}", {"sth_api_url": hub.api_url, **given}, directory=tmp_path)
        assert not hub.requests
