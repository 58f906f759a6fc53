# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates and the workflow for AWX, run by ansible-runner as AWX does, with a credential and answers to the surveys."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

import pytest
import trustme

from ansible_collections.scramjet.sth.tests.awx.launching import Controller, Job
from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING
from ansible_collections.scramjet.sth.tests.running.commands import ROOT

PLAYBOOKS = ("deploy", "rollout", "run_job", "scale", "rollback", "cleanup")
SECRETS = {"token": "canary-of-the-hub", "program": "canary-of-the-program"}
# The size of a result in bytes above which a controller drops it.
LARGEST = 700_000
QUICK = "stable_for: 0.5\nstop_timeout: 0\n"
RUN = "Run it to its end"

takes_long = pytest.mark.skipif(
    not EVERYTHING, reason="takes long, and test_a_job shows most of it: set STH_TEST_EVERYTHING=1, as make matrix does"
)
on_hubs = pytest.mark.parametrize("hub", ["fake-1.x", "real-0.18"], indirect=True)


@pytest.fixture
def project(tmp_path: pathlib.Path) -> pathlib.Path:
    """A project as docs/awx.md describes it: a playbook for each job template, and a package."""
    place = tmp_path / "project"
    (place / "playbooks").mkdir(parents=True)
    for name in PLAYBOOKS:
        (place / "playbooks" / f"{name}.yml").write_text(f"- import_playbook: scramjet.sth.{name}\n")
    shutil.copytree(ROOT / "tests" / "integration" / "packages" / "probe", place / "packages" / "probe")
    return place


@pytest.fixture
def controller(project: pathlib.Path, hub: Hub, tmp_path: pathlib.Path) -> Controller:
    """A controller with a credential that contains only the address of a hub."""
    return Controller(project, {"api_url": hub.api_url}, tmp_path)


def running(hub: Hub) -> list[str]:
    """Return the sequence ids of the instances that run on the hub."""
    # A 1.x hub also lists instances that have ended.
    instances = [item for item in hub.get("instances") if not item.get("ended")]
    return [item["sequence"]["id"] if isinstance(item["sequence"], dict) else item["sequence"] for item in instances]


def succeeded(job: Job) -> Job:
    assert job.status == "successful", job.stdout
    return job


def changed(job: Job) -> int:
    """Return how many tasks have changed something."""
    total: int = sum(job.events[-1]["event_data"]["changed"].values())
    return total


def test_a_job(
    project: pathlib.Path, tmp_path: pathlib.Path, signer: trustme.CA, authority: str, certificate: tuple[str, str]
) -> None:
    client = signer.issue_cert("client@example.org")
    with FakeHub("1.x", timings=FAST, token=SECRETS["token"], tls=certificate, client_ca=authority) as hub:
        credential = {
            "api_url": hub.api_url,
            "token": SECRETS["token"],
            "ca_certificate": pathlib.Path(authority).read_text(encoding="utf-8"),
            "client_certificate": client.cert_chain_pems[0].bytes().decode(),
            "client_key": client.private_key_pem.bytes().decode(),
        }
        job = succeeded(
            Controller(project, credential, tmp_path).launch(
                "STH - Run job",
                {
                    "run_job_src": "packages/probe",
                    "run_job_app_config": (
                        f"behaviour: complete\nseconds: 0.1\nresult: the report\nstdout: 'said {SECRETS['program']}'\n"
                        f"password: {SECRETS['program']}\n"
                    ),
                    "run_job_args": "one\ntwo words\n\n",
                    "run_job_run_timeout": 60,
                    "run_job_set_stats": "true",
                },
            )
        )
        assert not hub.sequences
    collected = job.result(RUN)["collected"]
    assert json.loads(collected["output"]["content"]) == {"args": ["one", "two words"], "result": "the report"}
    assert "said ********" in collected["stdout"]["content"]
    # The values that the next node of a workflow gets.
    published = job.artifacts.pop("run_job_published")
    assert not job.artifacts
    assert published["outcome"] == "completed"
    assert published["masked"]
    assert not {"output", "stdout", "stderr", "log"} & set(published)
    # The output is in the event of the task that ran the program, and in that of the task that shows it.
    told = [
        event["event_data"] for event in job.events if "two words" in json.dumps(event["event_data"].get("res", ""))
    ]
    shown = [
        item["task"]
        for item in told
        if "the report" in json.dumps(item["res"].get("collected", item["res"].get("msg")))
    ]
    assert shown == [RUN, "Show how it went"]
    for secret in (*SECRETS.values(), "PRIVATE KEY"):
        assert job.kept_with(secret) == []


@takes_long
@pytest.mark.parametrize("hub", ["fake-1.x"], indirect=True)
def test_a_large_output(controller: Controller) -> None:
    answers = {
        "run_job_src": "packages/probe",
        "run_job_app_config": "behaviour: flood\nbytes: 900000",
        "run_job_set_stats": "true",
    }
    job = succeeded(controller.launch("STH - Run job", answers))
    published = job.artifacts["run_job_published"]
    assert published["outcome"] == "completed"
    assert "were collected" in published["msg"]
    assert len(json.dumps(published)) < 3_000
    # A controller drops a whole result that is larger than its limit.
    assert len(job.result(RUN)["collected"]["output"]["content"]) == 131_072
    assert max(len(str(event["event_data"].get("res", {}))) for event in job.events) < LARGEST


@takes_long
@on_hubs
def test_each_template_in_turn(controller: Controller, hub: Hub) -> None:
    wanted = {"deployment_list": "- name: web\n  src: packages/probe\n  replicas: 2\n  app_config: {behaviour: run}\n"}
    defaults = {"deployment_defaults": QUICK}
    # In check mode (with the job type "check"), for real, and both again.
    for options, changes in ((["--check"], 1), ([], 1), ([], 0), (["--check"], 0)):
        assert changed(succeeded(controller.launch("STH - Deploy", {**wanted, **defaults}, *options))) == changes
    assert len(running(hub)) == 2
    drifting = {"deployment_list": "- {name: web, replicas: 3}", **defaults, "deployment_fail_on_drift": "true"}
    refused = controller.launch("STH - Deploy", drifting, "--check")
    assert refused.status == "failed"
    assert "web would change" in refused.stdout

    names = {"deployment_list": "web\n", **defaults}
    for changes in (1, 0):
        assert changed(succeeded(controller.launch("STH - Scale", {**names, "sth_scale_replicas": 3}))) == changes
    assert len(running(hub)) == 3

    before = set(running(hub))
    with (controller.project / "packages" / "probe" / "index.js").open("a") as source:
        source.write("// the next version\n")
    succeeded(controller.launch("STH - Deploy", {**wanted, **defaults}))
    assert not before & set(running(hub))
    for changes in (1, 0):
        assert changed(succeeded(controller.launch("STH - Roll back", names))) == changes
    assert set(running(hub)) <= before

    fleet: dict[str, Any] = {"deployment_list": "- {name: fleet, src: packages/probe, app_config: {behaviour: run}}"}
    fleet |= defaults
    fleet |= {"sth_hosts": "localhost", "sth_rollout_batches": "1\n100%", "sth_rollout_soak_time": 0}
    for options, changes in ((["--check"], True), ([], True), ([], False), (["--check"], False)):
        assert (changed(succeeded(controller.launch("STH - Roll out", fleet, *options))) > 0) == changes

    for changes in (1, 0):
        cleaned = succeeded(
            controller.launch("STH - Clean up", {"sth_cleanup": "web\nfleet\nprobe\n", "sth_cleanup_stop_timeout": 0})
        )
        assert (changed(cleaned) > 0) == bool(changes)
    assert hub.get("sequences") == []


@takes_long
@on_hubs
def test_the_workflow_rolls_back_if_its_smoke_job_fails(controller: Controller, hub: Hub) -> None:
    answers: dict[str, Any] = {
        "deployment_list": "- name: web\n  src: packages/probe\n  app_config: {behaviour: run}\n",
        "deployment_defaults": QUICK,
        "run_job_src": "packages/probe",
        "run_job_app_config": "behaviour: complete\nseconds: 0.1",
    }
    jobs = controller.launch_workflow("STH - Release", answers)
    assert {name: job.status for name, job in jobs.items()} == {"deploy": "successful", "smoke-job": "successful"}
    first = running(hub)

    with (controller.project / "packages" / "probe" / "index.js").open("a") as source:
        source.write("// the next version\n")
    # The smoke job fails with this version.
    failing = {
        **answers,
        "run_job_app_config": f"behaviour: throw_later\npassword: {SECRETS['program']}\nmessage: not well",
    }
    jobs = controller.launch_workflow("STH - Release", failing)
    assert {name: job.status for name, job in jobs.items()} == {
        "deploy": "successful",
        "smoke-job": "failed",
        "rollback": "successful",
    }
    assert running(hub) == first
    assert jobs["smoke-job"].result(RUN)["error_code"] == "ENDED_EARLY"
    for job in jobs.values():
        assert job.kept_with(SECRETS["program"]) == []
    succeeded(controller.launch("STH - Clean up", {"sth_cleanup": "web\nprobe", "sth_cleanup_stop_timeout": 0}))


@takes_long
@pytest.mark.parametrize("hub", ["fake-1.x"], indirect=True)
@pytest.mark.parametrize(
    ("template", "answers", "says"),
    [
        ("STH - Deploy", {"deployment_list": "[canary"}, "deployment_list must be a list"),
        ("STH - Deploy", {"deployment_list": "- name: web\n  password: canary\n"}, "Remove: password"),
        ("STH - Run job", {}, "exactly one of run_job_src and run_job_sequence"),
        (
            "STH - Run job",
            {"run_job_src": "packages/probe", "run_job_app_config": "canary"},
            "run_job_app_config must be",
        ),
        ("STH - Clean up", {"sth_cleanup": " \n"}, "sth_cleanup is empty"),
    ],
)
def test_a_bad_answer(controller: Controller, template: str, answers: dict[str, str], says: str) -> None:
    job = controller.launch(template, answers)
    assert job.status == "failed"
    assert says in " ".join(job.stdout.split())
    assert job.kept_with("canary") == []
