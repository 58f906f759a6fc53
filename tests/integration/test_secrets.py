# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is ever shown: not in output at any verbosity, diff, log file, failure or process listing."""

from __future__ import annotations

import json
import pathlib
import threading
import uuid
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
# Of this run alone: other processes on the machine may talk of canaries too.
CANARY = f"canary{uuid.uuid4().hex[:12]}"
SECRETS = {
    "s_token": f"{CANARY}-token",
    "s_header": f"{CANARY}-header",
    "s_password": f'{CANARY}-pass"word',
    "s_key": f"{CANARY}-key",
    "s_arg": f"{CANARY}-arg",
    "s_other": f"{CANARY}-other",
    "s_url": f"https://me:{CANARY}-url@example.com",
    "s_later": f"{CANARY}-later",
    "s_pass": f"{CANARY}-pass",
    # So long that it does not fit where texts are shortened.
    "s_long": f"{CANARY}-{'long' * 230}",
}
PROGRAM: dict[str, Any] = {
    "app_config": {
        "behaviour": "run",
        "database": {"password": "{{ s_password }}", "url": "{{ s_url }}"},
        # Secrets inside other values, known by another key and by how they are written.
        "dsn": "host=x password={{ s_password }} port=1",
        "note": "the password is {{ s_password }}, ask {{ s_other }}",
        "smtp": {
            "db_pass": "{{ s_pass }}",
            "ssh_key": "{{ s_pass }}2",
            "header": "Authorization: Bearer {{ s_pass }}3",
        },
        "apiKey": "{{ s_key }}",
        "other": "{{ s_other }}",
        "shown": "plain",
    },
    "args": [
        "--token={{ s_arg }}",
        "--password",
        "{{ s_arg }}",
        "visible",
        {"apiKey": "{{ s_key }}", "run": ["--password", "{{ s_arg }}"]},
        "dsn:{{ s_password }}",
        "SMTP_PASSWORD={{ s_pass }}4",
        "--db-pass",
        "{{ s_pass }}5",
    ],
    "secret_keys": ["other"],
    "stable_for": 0,
}


EVENT: dict[str, Any] = {
    "instance": "keeper",
    "send": "ping",
    "payload": {"pin": "{{ s_other }}", "apiKey": "{{ s_key }}", "shown": "visible"},
    "expect": "pong",
    "secret_keys": ["pin"],
}


LOG: dict[str, Any] = {"instance": "keeper", "stream": "log", "wait_timeout": 0.5, "secret_keys": ["other"]}


class ProcessListing:
    """Looks at the arguments and, of what runs here, collects those that hold a canary."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ProcessListing:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    text = entry.read_bytes()
                except OSError:
                    continue
                if CANARY.encode() in text:
                    self.found.add(text.decode(errors="replace"))


@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_canaries_in_roles(entrance: str, tmp_path: pathlib.Path) -> None:
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(SECRETS))
    program = {
        **PROGRAM["app_config"],
        "behaviour": "complete",
        "seconds": 0.1,
        "stdout": "the key is {{ s_key }}",
        "stderr": "say {{ s_password }}",
    }
    job: dict[str, Any] = {
        "run_job_src": str(PROBE),
        "run_job_app_config": program,
        "run_job_args": PROGRAM["args"][:4],
        "run_job_secret_keys": ["other"],
        "run_job_stop_timeout": 0,
    }
    failing = {**job, "run_job_app_config": {**program, "behaviour": "throw_later", "message": "no {{ s_key }}"}}
    deployment = {"stop_timeout": 0, **PROGRAM, "name": "shop", "replicas": 1, "src": str(PROBE)}
    updated = {**deployment, "app_config": {**PROGRAM["app_config"], "apiKey": "{{ s_later }}"}}
    role = "ansible.builtin.include_role"
    tasks = [
        {role: {"name": "scramjet.sth.run_job"}, "vars": job},
        {
            "ansible.builtin.assert": {
                "that": [
                    "run_job_result.outcome == 'completed'",
                    "run_job_result.masked",
                    "run_job_result.stdout is search('the key is')",
                ]
            }
        },
        {"ansible.builtin.debug": {"var": "run_job_result"}},
        {
            "block": [{role: {"name": "scramjet.sth.run_job"}, "vars": failing}],
            "rescue": [{"ansible.builtin.debug": {"var": "run_job_result"}}],
        },
        {role: {"name": "scramjet.sth.deployment"}, "vars": {"deployment_list": [deployment]}},
        {role: {"name": "scramjet.sth.deployment"}, "vars": {"deployment_list": [updated]}},
        {"ansible.builtin.debug": {"var": "deployment_result"}},
    ]
    with FakeHub(generation="1.x", token=SECRETS["s_token"]) as hub, ProcessListing() as listing:
        defaults = {"group/scramjet.sth.hub": {"token": "{{ s_token }}", "headers": {"X-Extra": "{{ s_header }}"}}}
        book = play(tmp_path / "roles.yml", {"tasks": tasks, "module_defaults": defaults})
        output = run_playbook(
            book, {"sth_api_url": hub.api_url, "sth_entrance": entrance}, "-vvv", "--diff", "-e", f"@{secrets}",
            environment={"ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log")},
        )  # fmt: skip
    assert "plain" in output
    assert CANARY not in output, output[max(0, output.find(CANARY) - 2000) :][:4000]
    assert CANARY not in (tmp_path / "ansible.log").read_text()
    assert not listing.found


@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_canaries(entrance: str, tmp_path: pathlib.Path) -> None:
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(SECRETS))
    instance = {"name": "keeper", "sequence": "probe", **PROGRAM}
    changed = {**instance, "app_config": {**PROGRAM["app_config"], "apiKey": "{{ s_later }}"}, "stop_timeout": 0}
    failing = {
        **instance,
        "name": "failing",
        "app_config": {**PROGRAM["app_config"], "behaviour": "throw_at_start"},
        "stable_for": 2,
    }
    said = "bad token {{ s_long }}"
    talkative: dict[str, Any] = {
        **failing,
        "state": "completed",
        # Of what the others' arguments hold nothing in this configuration says that it is secret.
        "args": [],
        "app_config": {
            "behaviour": "throw_later",
            "message": said,
            "stdout": said,
            "stderr": said,
            "token": "{{ s_long }}",
        },
        "secret_keys": ["message", "stdout", "stderr"],
        "collect_max_bytes": 400,
    }
    emitted = {"name": "failed", "payload": {"apiKey": "{{ s_key }}", "pin": "{{ s_other }}"}, "after": 0.1}
    emitting = {
        **failing,
        "app_config": {"events": [emitted]},
        "args": [],
        "failure_event": "failed",
        "secret_keys": ["events.*.payload", "pin"],
    }
    unknown = {**instance, "name": "unknown", "sequence": "not-there"}
    deployment = {"stable_for": 0, "stop_timeout": 0, **instance, "name": "shop", "replicas": 2}
    broken = {**deployment, "app_config": failing["app_config"], "stable_for": 2}
    clean_up = [
        {"scramjet.sth.sth_sequence": {"name": "probe", "state": "absent", "in_use": "stop", "stop_timeout": 0}}
    ]
    tasks = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
        {"scramjet.sth.sth_instance": instance, "check_mode": True},
        {"scramjet.sth.sth_instance": instance, "register": "started"},
        {"scramjet.sth.sth_instance": changed},
        {"scramjet.sth.sth_instance_info": {"instance": ["keeper"], "secret_keys": ["other"]}, "register": "info"},
        {"scramjet.sth.sth_event": EVENT, "register": "event"},
        {"scramjet.sth.sth_event": {**EVENT, "expect": "never", "wait_timeout": 0.1}, "failed_when": False},
        {"scramjet.sth.sth_stream": LOG, "register": "log"},
        {
            "scramjet.sth.sth_stream": {
                "instance": "keeper",
                "stream": "input",
                "lines": [{"password": "{{ s_other }}"}],
            }
        },
        {"ansible.builtin.debug": {"var": "event"}},
        {"ansible.builtin.debug": {"var": "log"}},
        {"scramjet.sth.sth_instance": failing, "register": "failed", "failed_when": False},
        {"scramjet.sth.sth_instance": talkative, "register": "talked", "failed_when": False},
        {"scramjet.sth.sth_instance": emitting, "register": "emitted", "failed_when": False},
        {"scramjet.sth.sth_instance": unknown, "register": "missing", "failed_when": False},
        {"scramjet.sth.sth_deployment": deployment, "register": "deployed"},
        {"scramjet.sth.sth_deployment": {**deployment, "app_config": changed["app_config"]}, "register": "updated"},
        {"scramjet.sth.sth_deployment": broken, "register": "broken", "failed_when": False},
        {"ansible.builtin.debug": {"var": "deployed"}},
        {"ansible.builtin.debug": {"var": "broken"}},
        {"ansible.builtin.debug": {"var": "started"}},
        {"ansible.builtin.debug": {"var": "info"}},
        {"ansible.builtin.debug": {"var": "failed"}},
        {"ansible.builtin.debug": {"var": "talked"}},
        {"ansible.builtin.debug": {"var": "emitted"}},
        {
            "ansible.builtin.assert": {
                "that": [
                    "started.instance.app_config.shown == 'plain'",
                    "started.instance.args[3] == 'visible'",
                    "event.event.payload.shown == 'visible'",
                    "log.content is search('Handshake')",
                    "failed.error_code == 'START_FAILED'",
                    "talked.error_code == 'ENDED_EARLY' and talked.collected.stdout.truncated",
                    "emitted.error_code == 'START_FAILED' and 'failed' in emitted.msg",
                    "missing.error_code == 'NOT_FOUND'",
                    "deployed.instances[1].app_config.shown == 'plain'",
                    "updated is changed",
                    "broken.error_code == 'START_FAILED' and broken.rolled_back",
                ]
            }
        },
        *clean_up,
    ]
    with FakeHub(generation="1.x", token=SECRETS["s_token"]) as hub, ProcessListing() as listing:
        book = play(
            tmp_path / "secrets.yml",
            {
                "tasks": tasks,
                "module_defaults": {
                    "group/scramjet.sth.hub": {"token": "{{ s_token }}", "headers": {"X-Extra": "{{ s_header }}"}}
                },
            },
        )
        output = run_playbook(
            book, {"sth_api_url": hub.api_url, "sth_entrance": entrance}, "-vvv", "--diff", "-e", f"@{secrets}",
            environment={"ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log")},
        )  # fmt: skip
    assert "plain" in output
    assert "(changed)" in output
    assert CANARY not in output
    assert CANARY not in (tmp_path / "ansible.log").read_text()
    assert not listing.found
