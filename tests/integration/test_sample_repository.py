# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every flow of the sample repository, as its pipelines run it, on hubs of three stages."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING
from ansible_collections.scramjet.sth.tests.running.commands import ROOT, ending_processes, without_own_variables
from ansible_collections.scramjet.sth.tests.running.pace import bound

SAMPLE = ROOT / "docs" / "samples" / "infra-as-code"
STAGES = ("dev", "staging", "production")
FLOW = re.compile(r"ci/stage\.py (\w+) ")
PIPELINES = [*sorted((SAMPLE / ".github" / "workflows").glob("*.yml")), SAMPLE / ".gitlab-ci.yml"]
# The secrets in the sample: a token of the hub, and one of the program.
SECRETS = ("hub-token", "pulse-token")


class Repository:
    """A copy of the sample, whose inventories name simulated hubs. Nothing else in it is changed."""

    def __init__(self, place: pathlib.Path, hubs: dict[str, FakeHub]) -> None:
        self.place = place
        self.hubs = hubs
        shutil.copytree(SAMPLE, place)
        for stage, hub in hubs.items():
            self.point(stage, hub.api_url)

    def point(self, stage: str, api_url: str) -> None:
        """Let the only hub of a stage be the one at ``api_url``."""
        path = self.place / "inventories" / stage / "hosts.yml"
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        quick = {"stable_for": 0, "stop_timeout": 0}
        read["hubs"]["hosts"][f"{stage}-1"] = {"sth_api_url": api_url, "deployment_defaults": quick}
        path.write_text(yaml.safe_dump(read), encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a flow; return its exit code and its output. Fails if the output contains a secret."""
        clean = without_own_variables()
        own = {
            "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
            "VAULT_PASSWORD": "change-me",
            "ANSIBLE_NOCOLOR": "1",
        }
        with ending_processes({**clean, **own}) as environment:
            done = subprocess.run(
                [sys.executable, "ci/stage.py", *arguments],
                cwd=self.place,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=bound(120),
                check=False,
            )
        assert not any(secret in done.stdout for secret in SECRETS), done.stdout
        return done.returncode, done.stdout

    def report(self, stage: str) -> tuple[str, dict[str, Any]]:
        text = (self.place / "reports" / f"{stage}.md").read_text(encoding="utf-8")
        path = self.place / "reports" / f"{stage}.json"
        return text, json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def versions(self, stage: str) -> dict[str, str]:
        path = self.place / "inventories" / stage / "group_vars" / "all" / "versions.yml"
        found: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))["versions"]
        return found

    def change(self, file: str, old: str, new: str) -> None:
        path = self.place / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> Iterator[Repository]:
    with ExitStack() as stack:
        hubs = {stage: stack.enter_context(FakeHub("1.x", token=f"{stage}-hub-token")) for stage in STAGES}
        yield Repository(tmp_path / "hubs", hubs)


def digests(hub: FakeHub) -> set[str]:
    """Return the stamps of the packages that a hub has."""
    return {str(item["config"]["version"]) for item in hub.sequences}


def test_review_apply_and_drift_of_a_stage(repository: Repository) -> None:
    assert repository.run("review", "dev")[0] == 0
    planned = repository.report("dev")
    assert "**1 of 1 deployment on 1 hub would change.**" in planned[0]
    assert not repository.hubs["dev"].writes
    code, output = repository.run("apply", "dev")
    assert code == 0, output
    assert repository.report("dev")[1]["rows"] == planned[1]["rows"]
    repository.change("inventories/dev/group_vars/all/stage.yml", "pulse_replicas: 1", "pulse_replicas: 2")
    assert repository.run("drift", "dev")[0] == 2


@pytest.mark.skipif(not EVERYTHING, reason="the exit codes of single runs: for make matrix")
def test_the_pipeline_distinguishes_drift_no_drift_and_a_failure(repository: Repository) -> None:
    assert repository.run("apply", "dev")[0] == 0
    assert repository.run("drift", "dev")[0] == 0
    repository.hubs["dev"].fault(Fault("reset", times=1000))
    code, output = repository.run("drift", "dev")
    assert code == 1, output
    assert "`UNREACHABLE`" in repository.report("dev")[0]
    shutil.rmtree(repository.place / "inventories" / "dev" / "group_vars")
    code, output = repository.run("drift", "dev")
    assert code == 1, output
    assert "failed before anything was read" in repository.report("dev")[0]


@pytest.mark.skipif(not EVERYTHING, reason="fourteen runs of playbooks: for make matrix")
def test_the_same_package_goes_through_all_stages(repository: Repository) -> None:
    # No version was promoted yet.
    for flow in ("review", "apply", "drift"):
        assert repository.run(flow, "staging")[0] == 0
    assert "Nothing is released for staging yet." in repository.report("staging")[0]
    code, output = repository.run("promote", "dev", "staging")
    assert code == 1
    assert "does not run" in output
    assert repository.versions("staging") == {}

    assert repository.run("apply", "dev")[0] == 0
    code, output = repository.run("promote", "dev", "staging")
    assert code == 0, output
    digest = repository.versions("staging")["pulse"]
    archive = repository.place / "releases" / f"pulse-{digest}.tar.gz"
    assert archive.is_file()
    # A change of the sources does not change staging.
    repository.change("packages/pulse/index.js", "hello", "good morning")
    assert repository.run("drift", "dev")[0] == 2
    assert repository.run("drift", "staging")[0] == 2
    code, output = repository.run("apply", "staging")
    assert code == 0, output
    assert repository.run("promote", "dev", "staging")[0] == 1
    code, output = repository.run("promote", "staging", "production")
    assert code == 0, output
    assert repository.versions("production") == {"pulse": digest}
    assert repository.run("apply", "production")[0] == 0
    assert digests(repository.hubs["dev"]) == digests(repository.hubs["production"]) == {f"1.0.0+sha256.{digest}"}
    assert len(repository.hubs["production"].instances) == 3
    # An archive is not deployed if its content does not have the digest in its name.
    shutil.copy(archive, archive.with_suffix(".kept"))
    assert repository.run("apply", "dev")[0] == 0
    assert repository.run("promote", "dev", "staging")[0] == 0
    newer = repository.versions("staging")["pulse"]
    assert newer != digest
    shutil.copy(archive, repository.place / "releases" / f"pulse-{newer}.tar.gz")
    code, output = repository.run("apply", "staging")
    assert code == 1
    assert "restore the archive, or promote again" in output


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: str(path.relative_to(SAMPLE)))
def test_the_pipelines_run_playbooks_that_exist(path: pathlib.Path) -> None:
    """The pipelines run the flows that the tests above run."""
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    every = {"review", "apply", "drift", "promote"}
    assert set(FLOW.findall(text)) == ({path.stem} if path.parent.name == "workflows" else every)


def test_every_vault_of_the_sample_is_encrypted() -> None:
    for stage in STAGES:
        path = SAMPLE / "inventories" / stage / "group_vars" / "all" / "vault.yml"
        assert path.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
