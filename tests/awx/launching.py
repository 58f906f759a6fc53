# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launches job templates and workflows as AWX does: with answers to a survey, an injected credential, and ansible-runner.

AWX marks each text of an answer as unsafe, writes the files of a credential, and runs ansible-runner with a private data directory.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.scramjet.sth.tests.awx.definitions import definitions
from ansible_collections.scramjet.sth.tests.running.commands import (
    CommandFailedError,
    run_command,
    without_own_variables,
)

TEXT = ("text", "textarea", "password")


class _Unsafe(yaml.SafeDumper):
    def represent_data(self, data: Any) -> yaml.Node:
        if isinstance(data, str):
            return self.represent_scalar("!unsafe", data)
        return super().represent_data(data)


def unsafe_yaml(value: Any) -> str:
    """Return ``value`` as YAML in which no text is evaluated, keys included."""
    text: str = yaml.dump(value, Dumper=_Unsafe)
    return text


@dataclass(frozen=True)
class Job:
    """A job that has run. ``events``: in their order. ``artifacts``: what its tasks have published with set_stats.

    ``place``: its private data directory.
    """

    place: pathlib.Path
    status: str
    events: list[dict[str, Any]]
    artifacts: dict[str, Any]
    stdout: str

    def kept_with(self, secret: str) -> list[str]:
        """Return the names of the files that a controller keeps of the job, and that contain ``secret``.

        The file ``command`` is ansible-runner's own, with the whole environment. AWX does not keep it, and stars out the secrets of a
        credential where it shows the environment.
        """
        kept = [path for path in (self.place / "artifacts").rglob("*") if path.is_file() and path.name != "command"]
        return [path.name for path in kept if secret.encode() in path.read_bytes()]

    def result(self, task: str) -> dict[str, Any]:
        """Return the result of a task that is no loop."""
        (found,) = self.results(task)
        return found

    def results(self, task: str) -> list[dict[str, Any]]:
        """Return the results of a task, as the events have them."""
        data = [event["event_data"] for event in self.events if event["event"].startswith("runner_on_")]
        return [item["res"] for item in data if item.get("task") == task and "res" in item]


@dataclass(frozen=True)
class Controller:
    """Where jobs run: a project, the inputs of a credential for a hub, and a folder for what jobs leave."""

    project: pathlib.Path
    credential: Mapping[str, Any]
    directory: pathlib.Path
    imported: dict[str, Any] = field(default_factory=definitions)

    def launch(
        self, name: str, answers: Mapping[str, Any], *options: str, extra: Mapping[str, Any] | None = None
    ) -> Job:
        """Run a job template. ``extra``: variables that a workflow adds, which are not of the survey."""
        template = self.template(name)
        variables = {
            **template.get("extra_vars", {}),
            **answered(template["survey_spec"], answers),
            **(extra or {}),
        }
        place = self.directory / f"job-{len(list(self.directory.glob('job-*')))}"
        (place / "env").mkdir(parents=True)
        (place / "inventory").mkdir()
        (place / "project").symlink_to(self.project)
        hosts = {item["name"]: dict(item["variables"]) for item in self.imported["controller_hosts"]}
        (place / "inventory" / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
        environment, credential_variables = injected(
            self.imported["controller_credential_types"][0], self.credential, place
        )
        (place / "env" / "extravars").write_text(unsafe_yaml(variables), encoding="utf-8")
        (place / "env" / "credential").write_text(unsafe_yaml(credential_variables), encoding="utf-8")
        words = ["-e", f"@{place}/env/credential", *(["--diff"] if template["diff_mode"] else []), *options]
        (place / "env" / "cmdline").write_text(" ".join(words), encoding="utf-8")
        return _run(place, template["playbook"], environment)

    def launch_workflow(self, name: str, answers: Mapping[str, Any]) -> dict[str, Job]:
        """Run a workflow, and return its jobs by the identifiers of their nodes."""
        workflow = next(item for item in self.imported["controller_workflows"] if item["name"] == name)
        given = answered(workflow["survey_spec"], answers)
        nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
        followed = {follower for node in nodes.values() for follower in _followers(node, "success", "failure")}
        (current,) = set(nodes) - followed
        jobs: dict[str, Job] = {}
        published: dict[str, Any] = {}
        waiting = [current]
        while waiting:
            identifier = waiting.pop()
            node = nodes[identifier]
            template = node["unified_job_template"]["name"]
            # All answers go to each node, and override what earlier nodes have published.
            asked = {item["variable"] for item in self.template(template)["survey_spec"]["spec"]}
            own = {key: value for key, value in given.items() if key in asked}
            job = self.launch(template, own, extra={**published, **given})
            jobs[identifier] = job
            published.update(job.artifacts)
            waiting += _followers(node, "success" if job.status == "successful" else "failure")
        return jobs

    def template(self, name: str) -> dict[str, Any]:
        """Return a job template."""
        found: dict[str, Any] = next(item for item in self.imported["controller_templates"] if item["name"] == name)
        return found


def answered(spec: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that the answers to a survey become. Raises ValueError for an answer that AWX refuses."""
    variables: dict[str, Any] = {}
    for item in spec["spec"]:
        name, kind = item["variable"], item["type"]
        if name not in answers:
            if "default" in item:
                variables[name] = item["default"]
            elif item["required"]:
                raise ValueError(f"{name} is missing")
            continue
        value = answers[name]
        if kind in TEXT and not isinstance(value, str):
            raise ValueError(f"{name} is no text")
        if kind == "integer" and (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not item.get("min", value) <= value <= item.get("max", value)
        ):
            raise ValueError(f"{name} is no integer that may be given")
        if kind == "multiplechoice" and value not in item["choices"]:
            raise ValueError(f"{name} is none of the choices")
        variables[name] = value
    unknown = set(answers) - set(variables)
    if unknown:
        raise ValueError(f"the survey does not ask for {unknown}")
    return variables


def injected(
    kind: Mapping[str, Any], inputs: Mapping[str, Any], place: pathlib.Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environment and the variables that a credential becomes. Writes its files to ``place``, blank ones too."""
    namespace: dict[str, Any] = {key: value for key, value in inputs.items() if value != ""}
    for item in kind["inputs"]["fields"]:
        if item["type"] == "boolean":
            namespace.setdefault(item["id"], False)
    environment = ImmutableSandboxedEnvironment()

    def rendered(template: str) -> str:
        return environment.from_string(template).render(namespace)

    files: dict[str, str] = {}
    for label, template in kind["injectors"]["file"].items():
        path = place / "env" / label
        path.touch(0o600)
        path.write_text(rendered(template), encoding="utf-8")
        files[label.partition(".")[2]] = str(path)
    namespace["tower"] = {"filename": files}
    return (
        {name: rendered(template) for name, template in kind["injectors"]["env"].items()},
        {name: rendered(template) for name, template in kind["injectors"]["extra_vars"].items()},
    )


def _followers(node: Mapping[str, Any], *outcomes: str) -> list[str]:
    related = node.get("related", {})
    return [item["identifier"] for outcome in outcomes for item in related.get(f"{outcome}_nodes", [])]


def _run(place: pathlib.Path, playbook: str, credential: Mapping[str, str]) -> Job:
    home = place / "home"
    home.mkdir()
    clean = without_own_variables()
    programs = pathlib.Path(sys.executable).parent
    own = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "ANSIBLE_NOCOLOR": "1"}
    command = [str(programs / "ansible-runner"), "run", str(place), "-p", playbook, "-i", "job"]
    artifacts = place / "artifacts" / "job"
    try:
        run_command(command, environment={**clean, **own, **credential}, seconds=120)
    except CommandFailedError:
        # The job failed, or it never began.
        if not (artifacts / "status").exists():
            raise
    paths = sorted((artifacts / "job_events").glob("*.json"), key=lambda path: int(path.name.partition("-")[0]))
    events = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return Job(
        place,
        (artifacts / "status").read_text(encoding="utf-8"),
        events,
        events[-1]["event_data"].get("artifact_data", {}),
        (artifacts / "stdout").read_text(encoding="utf-8"),
    )
