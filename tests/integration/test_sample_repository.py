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
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.integration.conftest import REAL_HUBS, Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING
from ansible_collections.scramjet.sth.tests.running.commands import COLLECTION, ending_processes, without_own_variables
from ansible_collections.scramjet.sth.tests.running.pace import bound

SAMPLE = COLLECTION / "docs" / "samples" / "infra-as-code"
STAGES = ("dev", "staging", "production")
FLOW = re.compile(r"ci/stage\.py (\w+) ")
PIPELINES = [*sorted((SAMPLE / ".github" / "workflows").glob("*.yml")), SAMPLE / ".gitlab-ci.yml"]
# The secrets in the sample: a token of the hub, and one of the program.
SECRETS = ("hub-token", "pulse-token")
# What a runner sets for each step.
OWN = {
    "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
    "VAULT_PASSWORD": "change-me",
    "ANSIBLE_NOCOLOR": "1",
}


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
        return self.execute([sys.executable, "ci/stage.py", *arguments], OWN)

    def execute(self, command: list[str], own: Mapping[str, str]) -> tuple[int, str]:
        """Run a command in this folder, with these variables beside those of the machine; see `run`."""
        with ending_processes({**without_own_variables(), **own}) as environment:
            done = subprocess.run(
                command,
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
    assert repository.run("drift", "dev")[0] == 10


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
    assert repository.run("drift", "no-such-stage")[0] == 1
    (repository.place / "ci" / "stage.py").unlink()
    assert repository.run("drift", "dev")[0] not in (0, 10)


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
    assert repository.run("drift", "dev")[0] == 10
    assert repository.run("drift", "staging")[0] == 10
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


@pytest.mark.skipif(not EVERYTHING, reason="the flows on simulated hubs run with make test: for make matrix")
@pytest.mark.parametrize("hub", REAL_HUBS, indirect=True)
def test_the_flows_of_a_stage_on_a_real_hub(hub: Hub, tmp_path: pathlib.Path) -> None:
    repository = Repository(tmp_path / "hubs", {})
    repository.point("dev", hub.api_url)
    assert repository.run("review", "dev")[0] == 0
    assert "**1 of 1 deployment on 1 hub would change.**" in repository.report("dev")[0]
    assert hub.get("sequences") == []
    for flow, code in (("drift", 10), ("apply", 0), ("drift", 0), ("apply", 0)):
        ended, output = repository.run(flow, "dev")
        assert ended == code, output
    assert "**0 of 1 deployment on 1 hub changed.**" in repository.report("dev")[0]
    assert len(hub.get("instances")) == 1
    code, output = repository.run("promote", "dev", "staging")
    assert code == 0, output
    repository.change("packages/pulse/index.js", "hello", "good morning")
    assert repository.run("drift", "dev")[0] == 10
    assert repository.run("promote", "dev", "staging")[0] == 1
    hub.empty()


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


# -- the steps of the pipelines ---------------------------------------------------------------------------------------

# Stands for gh and for curl, which talk to a server: writes down its name, its arguments and its input.
CLIENT = """#!/bin/sh
{ echo "$(basename "$0") $*"; case "$*" in *--body-file\\ -*) cat;; esac; } >> "$CALLS"
"""


class Pipeline:
    """Runs the shell scripts of a pipeline in a clone of the sample, as a runner does. Only gh and curl are not real."""

    def __init__(self, repository: Repository, place: pathlib.Path) -> None:
        self.repository = repository
        self.origin, self.calls, self.summary = place / "origin.git", place / "calls", place / "summary"
        programs = place / "programs"
        programs.mkdir()
        for name in ("gh", "curl"):
            (programs / name).write_text(CLIENT, encoding="ascii")
            (programs / name).chmod(0o755)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        self.git("--git-dir", str(self.origin), "config", "receive.advertisePushOptions", "true")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "The sample")
        self.git("remote", "add", "origin", str(self.origin))
        self.git("push", "--quiet", "origin", "main")
        self.git("config", f"url.{self.origin}.insteadOf", "https://oauth2:git-token@git.example.com/ops/hubs.git")
        self.environment = {
            **OWN,
            "PATH": f"{programs}:{OWN['PATH']}",
            "CALLS": str(self.calls),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(place / "outputs"),
        }

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.repository.place, check=True, capture_output=True, text=True
        )
        return done.stdout

    def run(self, script: str, **variables: str) -> int:
        """Run a script as GitHub and GitLab do: its first failing command ends it. Return its exit code."""
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        return self.repository.execute(command, {**self.environment, **variables})[0]

    def github(self, flow: str, **variables: str) -> list[tuple[str, int]]:
        """Run the steps of a workflow, whatever their conditions are. Return the condition and the exit code of each."""
        read = yaml.safe_load((SAMPLE / ".github" / "workflows" / f"{flow}.yml").read_text(encoding="utf-8"))
        (job,) = read["jobs"].values()
        scripts = [step for step in job["steps"] if "run" in step and not step["run"].startswith("pip install")]
        named = {name for step in [job, *scripts] for name in step.get("env", {})}
        assert named <= {*variables, *self.environment}
        return [(step.get("if", ""), self.run(step["run"], **variables)) for step in scripts]

    def gitlab(self, job: str, **variables: str) -> list[int]:
        """Run the scripts of a job. Return their exit codes."""
        read = yaml.safe_load((SAMPLE / ".gitlab-ci.yml").read_text(encoding="utf-8"))
        wanted = {**read.get(read[job].get("extends"), {}), **read[job]}
        return [self.run("\n".join(wanted[key]), **variables) for key in ("script", "after_script") if key in wanted]

    def called(self) -> str:
        """Return what gh and curl were asked since the last call."""
        said = self.calls.read_text(encoding="utf-8")
        self.calls.unlink()
        return said

    def changed(self, branch: str) -> set[str]:
        """Return the first folders of the files that a branch of the origin changes."""
        listed = self.git("--git-dir", str(self.origin), "diff", "--name-only", "main", branch).splitlines()
        return {name.partition("/")[0] for name in listed}


@pytest.mark.skipif(not EVERYTHING, reason="six runs of playbooks: for make matrix")
def test_the_steps_of_the_workflows_on_github(repository: Repository, tmp_path: pathlib.Path) -> None:
    pipeline = Pipeline(repository, tmp_path)
    token = {"GH_TOKEN": "gh-token"}
    assert {code for _condition, code in pipeline.github("review", STAGE="dev", NUMBER="7", **token)} == {0}
    said = pipeline.called()
    assert said.startswith("gh pr comment 7 --body-file -\n## dev\n# Deployment report")
    assert "would change" in said
    assert {code for _condition, code in pipeline.github("apply", STAGE="dev")} == {0}
    assert "on 1 hub changed.**" in pipeline.summary.read_text(encoding="utf-8")
    repository.change("inventories/dev/group_vars/all/stage.yml", "pulse_replicas: 1", "pulse_replicas: 2")
    steps = pipeline.github("drift", STAGE="dev", **token)
    assert [code for _condition, code in steps] == [10, 0, 0]
    assert "code=10" in pathlib.Path(pipeline.environment["GITHUB_OUTPUT"]).read_text(encoding="utf-8")
    assert steps[1][0] == "failure() && steps.drift.outputs.code == '10'"
    assert steps[2][0] == "failure() && steps.drift.outputs.code != '10'"
    assert pipeline.called().startswith("gh issue create --title dev has drifted --body-file reports/dev.md\n")
    pipeline.git("checkout", "--quiet", "inventories")
    assert {
        code for _condition, code in pipeline.github("promote", FROM="dev", TO="staging", GITHUB_RUN_ID="1", **token)
    } == {0}
    assert pipeline.called() == "gh pr create --fill\n"
    assert pipeline.changed("promote-staging-1") == {"releases", "inventories"}


@pytest.mark.skipif(not EVERYTHING, reason="six runs of playbooks: for make matrix")
def test_the_scripts_of_the_jobs_on_gitlab(repository: Repository, tmp_path: pathlib.Path) -> None:
    pipeline = Pipeline(repository, tmp_path)
    server = {
        "GITLAB_TOKEN": "git-token",
        "CI_API_V4_URL": "https://git.example.com/api/v4",
        "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_SERVER_HOST": "git.example.com",
        "CI_PROJECT_PATH": "ops/hubs",
        "CI_PIPELINE_ID": "1",
        "CI_DEFAULT_BRANCH": "main",
    }
    assert pipeline.gitlab("review", STAGE="dev", **server) == [0, 0]
    said = pipeline.called()
    assert "body@reports/dev.md" in said
    assert said.endswith("https://git.example.com/api/v4/projects/1/merge_requests/7/notes\n")
    assert pipeline.gitlab("dev", CI_JOB_NAME="dev") == [0]
    repository.change("inventories/dev/group_vars/all/stage.yml", "pulse_replicas: 1", "pulse_replicas: 2")
    # The job allows this exit code.
    assert pipeline.gitlab("drift", STAGE="dev") == [10]
    pipeline.git("checkout", "--quiet", "inventories")
    assert pipeline.gitlab("promote", FROM="dev", TO="staging", **server) == [0]
    assert pipeline.changed("promote-staging-1") == {"releases", "inventories"}
