# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No task shows a secret or leaves one behind. docs/secrets.md lists the places that are searched."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import threading
import time
import uuid
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import recording
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import VERSION, link_installation, variables_of_hub
from ansible_collections.scramjet.sth.tests.running.pace import bound

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
# A different text in each run, because other processes on the machine may contain the canaries of another run.
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
    # Longer than the limits to which texts are shortened.
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


CONNECTION = {"group/scramjet.sth.hub": {"token": "{{ s_token }}", "headers": {"X-Extra": "{{ s_header }}"}}}
EVENT: dict[str, Any] = {
    "instance": "keeper",
    "send": "ping",
    "payload": {"pin": "{{ s_other }}", "apiKey": "{{ s_key }}", "shown": "visible"},
    "expect": "pong",
    "secret_keys": ["pin"],
}


LOG: dict[str, Any] = {"instance": "keeper", "stream": "log", "wait_timeout": 0.5, "secret_keys": ["other"]}


# Writes everything into files that a module would send to the syslog and to the journal of its machine. If the journal fails,
# ansible-core uses the syslog, so one run shows both.
LOGS = """
import functools, os, sys, syslog, types
def record(log, *words):
    with open(os.path.join(os.environ["STH_TEST_LOGS"], log), "a", encoding="utf-8") as file:
        print(*words, file=file)
def send(**fields):
    record("journal", fields)
    raise OSError
syslog.syslog = functools.partial(record, "syslog")
journal = types.SimpleNamespace(send=send, sendv=send)
sys.modules["systemd"] = types.SimpleNamespace(journal=journal, daemon=types.SimpleNamespace(booted=lambda: True))
"""
# A command that prints the journal of this machine. Modules then write to the real syslog and journal.
JOURNAL = os.environ.get("STH_TEST_JOURNAL")


class Watch:
    """Searches, while a playbook runs, everything that other users of the machine can read, and collects the places with a canary.

    These are the arguments and the environment of each process, and the files below ``directory`` that other users can open.
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self.found: set[str] = set()
        self._directory = directory
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            # Not with a glob, which fails if a process ends in the meantime.
            for process in filter(str.isdigit, os.listdir("/proc")):
                for name in ("cmdline", "environ"):
                    self._look_at(pathlib.Path("/proc", process, name))
            for folder, folders, files in os.walk(self._directory):
                folders[:] = [item for item in folders if _open_to_others(os.path.join(folder, item))]
                for item in files:
                    if _open_to_others(os.path.join(folder, item)):
                        self._look_at(pathlib.Path(folder, item))

    def _look_at(self, path: pathlib.Path) -> None:
        try:
            content = path.read_bytes()
        except OSError:
            return
        if CANARY.encode() in content:
            self.found.add(f"{path}: {content.decode(errors='replace')}")


def _open_to_others(path: str) -> bool:
    try:
        return bool(os.lstat(path).st_mode & 0o077)
    except OSError:
        return False


def run_watched(
    directory: pathlib.Path, plays: dict[str, Any], variables: dict[str, Any], *options: str, kept: tuple[str, ...] = ()
) -> str:
    """Run a play that has `SECRETS` as variables, and return its output. Fails if a canary can be seen or is left behind.

    ``kept``: folders below ``directory`` that may contain secrets.
    """
    secrets = directory / "secrets.json"
    secrets.write_text(json.dumps(SECRETS))
    secrets.chmod(0o600)
    for name in ("home", "site", "tmp", "remote", "logs"):
        directory.joinpath(name).mkdir()
    if not JOURNAL:
        (directory / "site" / "sitecustomize.py").write_text(LOGS)
    environment = {
        # A controller such as AWX makes its artifacts from these results.
        **recording(directory / "results.json"),
        "ANSIBLE_LOG_PATH": str(directory / "ansible.log"),
        "ANSIBLE_HOME": str(directory / "home" / ".ansible"),
        "ANSIBLE_REMOTE_TEMP": str(directory / "remote"),
        "ANSIBLE_ASYNC_DIR": str(directory / "async"),
        "HOME": str(directory / "home"),
        "TMPDIR": str(directory / "tmp"),
        "PYTHONPATH": str(directory / "site"),
        "STH_TEST_LOGS": str(directory / "logs"),
    }
    book = play(directory / "play.yml", plays)
    with Watch(directory) as watch:
        output = run_playbook(
            book, variables, "-vvvv", "--diff", *options, "-e", f"@{secrets}", environment=environment, seconds=200
        )
    assert CANARY not in output, output[max(0, output.find(CANARY) - 2000) :][:4000]
    assert not watch.found
    # A background job removes its files after it has reported that it is finished.
    end = time.monotonic() + bound(10)
    while any((directory / "remote").iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    if JOURNAL:
        (directory / "logs" / "journal").write_bytes(subprocess.check_output(JOURNAL, shell=True))
    left = [
        path
        for path in directory.rglob("*")
        if path.is_file() and path != secrets and path.relative_to(directory).parts[0] not in kept
    ]
    assert directory / "ansible.log" in left
    assert [path for path in left if CANARY.encode() in path.read_bytes()] == []
    return output


@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_canaries_in_roles(entrance: str, tmp_path: pathlib.Path) -> None:
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
    with FakeHub(generation="1.x", token=SECRETS["s_token"]) as hub:
        plays = {"tasks": tasks, "module_defaults": CONNECTION}
        output = run_watched(tmp_path, plays, {"sth_api_url": hub.api_url, "sth_entrance": entrance})
    assert "plain" in output


@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_canaries(entrance: str, tmp_path: pathlib.Path) -> None:
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
        # Leave out the arguments of the others: nothing in this configuration would mark their values as secret.
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
    # The arguments of a module of ansible-core are sent to the syslog or to the journal. This shows that the test finds them there.
    written = f"written {uuid.uuid4().hex}"
    tasks.append({"ansible.builtin.command": {"argv": ["echo", written]}})
    with FakeHub(generation="1.x", token=SECRETS["s_token"]) as hub:
        plays = {"tasks": tasks, "module_defaults": CONNECTION}
        output = run_watched(tmp_path, plays, {"sth_api_url": hub.api_url, "sth_entrance": entrance})
    assert "plain" in output
    assert "(changed)" in output
    for log in ("journal",) if JOURNAL else ("journal", "syslog"):
        assert written in (tmp_path / "logs" / log).read_text(errors="replace")


@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_canaries_in_check_mode(entrance: str, tmp_path: pathlib.Path) -> None:
    instance = {"name": "keeper", "sequence": "probe", **PROGRAM}
    tasks = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
        {"scramjet.sth.sth_instance": instance},
        # Starts from the prediction of the task before.
        {"scramjet.sth.sth_instance": {**instance, "args": ["--token", "{{ s_later }}"]}},
        {"scramjet.sth.sth_deployment": {**instance, "name": "shop", "replicas": 2}, "register": "deployed"},
        {"ansible.builtin.assert": {"that": ["deployed is changed", "deployed.actions | length >= 2"]}},
    ]
    with FakeHub(generation="1.x", token=SECRETS["s_token"]) as hub:
        plays = {"tasks": tasks, "module_defaults": CONNECTION}
        run_watched(tmp_path, plays, {"sth_api_url": hub.api_url, "sth_entrance": entrance}, "--check")
        assert not hub.sequences


def test_canaries_in_the_keyword_environment(tmp_path: pathlib.Path) -> None:
    """A task with it runs as a module, and ansible-core writes it into the command line of the module."""
    # The command that builds gets these as an argument and in its environment, so other processes may see them.
    built = uuid.uuid4().hex
    source = tmp_path / "shop"
    source.mkdir()
    (source / "package.json").write_text('{"name": "shop", "version": "1.0.0", "main": "index.js"}')
    (source / "index.js").write_text("module.exports = () => {};")
    connection = {"STH_TOKEN": "{{ s_token }}", "STH_HEADERS": "{{ {'X-Extra': s_header} | to_json }}"}
    proxy = {"http_proxy": "http://me:{{ s_pass }}@127.0.0.1:9", "no_proxy": "127.0.0.1"}
    # It does not get those for the hub.
    command = 'test "$PLAIN" = word && test -n "$NPM_TOKEN" && test -z "$STH_TOKEN$STH_HEADERS" && touch built'
    build = {"src": str(source), "build": command}
    tasks: list[dict[str, Any]] = [
        {
            "scramjet.sth.sth_sequence": build,
            "environment": {**connection, "NPM_TOKEN": f"{built}-a", "PLAIN": "word"},
            "register": "uploaded",
        },
        {
            "scramjet.sth.sth_sequence": {**build, "build": f"echo $NPM_TOKEN for password={built}-b; exit 3"},
            "environment": {**connection, "NPM_TOKEN": f"{built}-a"},
            "register": "failed",
            "failed_when": False,
        },
        # A misspelt option, whose value -vvv would show.
        {
            "scramjet.sth.sth_sequence": {**build, "api_tokn": "{{ s_other }}"},
            "environment": {**connection, **proxy},
            "register": "misspelt",
            "failed_when": False,
        },
        # With another poll, ansible-core would give the environment to its own async_status.
        {
            "scramjet.sth.sth_sequence_info": {},
            "environment": {**connection, **proxy},
            "async": 60,
            "poll": 0,
            "register": "started",
        },
        {
            "ansible.builtin.async_status": {"jid": "{{ started.ansible_job_id }}"},
            "register": "background",
            "until": "background.finished | bool",
            "retries": 300,
            "delay": 0.2,
        },
        {"ansible.builtin.debug": {"var": "failed"}},
        {
            "ansible.builtin.assert": {
                "that": [
                    "uploaded is changed",
                    "failed.error_code == 'BUILD_FAILED'",
                    "'******** for password=********' in failed.msg",
                    "misspelt.error_code == 'INVALID_OPTION'",
                    "background.sequences | length == 1",
                ]
            }
        },
    ]
    with FakeHub(generation="1.x", token=SECRETS["s_token"]) as hub:
        output = run_watched(tmp_path, {"tasks": tasks}, {"sth_api_url": hub.api_url})
        assert len(hub.sequences) == 1
        assert {item.headers.get("x-extra") for item in hub.requests} == {SECRETS["s_header"]}
    assert "PLAIN=word" in output
    for text in (output, (tmp_path / "ansible.log").read_text(), (tmp_path / "results.json").read_text()):
        assert built not in text


def test_canaries_in_the_background(tmp_path: pathlib.Path) -> None:
    """The result of a job in the background is kept in a file on its machine, for ``async_status``."""
    started: dict[str, Any] = {**PROGRAM, "name": "keeper", "sequence": "probe"}
    failing = {**started, "name": "failing", "app_config": {**PROGRAM["app_config"], "behaviour": "throw_at_start"}}
    background = {"async": 60, "poll": 0}
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
        {"scramjet.sth.sth_instance": started, **background, "register": "started"},
        {"scramjet.sth.sth_instance": {**failing, "stable_for": 2}, **background, "register": "failed"},
        {"scramjet.sth.sth_instance": {**started, "sequence": "not-there"}, **background, "register": "refused"},
        *(
            {
                "ansible.builtin.async_status": {"jid": f"{{{{ {job}.ansible_job_id }}}}"},
                "register": f"{job}_end",
                "until": f"{job}_end.finished | bool",
                "retries": 300,
                "delay": 0.2,
                "failed_when": False,
            }
            for job in ("started", "failed", "refused")
        ),
        {
            "ansible.builtin.assert": {
                "that": [
                    "started_end.instance.app_config.shown == 'plain'",
                    "failed_end.error_code == 'START_FAILED'",
                    "refused_end.error_code == 'NOT_FOUND'",
                ]
            }
        },
    ]
    with FakeHub(generation="1.x", token=SECRETS["s_token"]) as hub:
        run_watched(tmp_path, {"tasks": tasks, "module_defaults": CONNECTION}, {"sth_api_url": hub.api_url})
    jobs = [path.read_text() for path in (tmp_path / "async").iterdir()]
    assert len(jobs) == 3
    assert any("START_FAILED" in job for job in jobs)


def test_canaries_in_the_role_hub(tmp_path: pathlib.Path) -> None:
    link_installation(tmp_path / "prefix")
    given = {
        **variables_of_hub(tmp_path),
        "hub_state": "stopped",
        "hub_version": VERSION,
        "hub_runner_environment": {"DATABASE_PASSWORD": "{{ s_password }}", "PLAIN": "{{ s_other }}"},
        "hub_config": {"verserConfig": {"token": "{{ s_key }}"}},
        # Not used, because the version is installed already.
        "hub_package_source": "{{ s_url }}/sth.tar.gz",
        "hub_front_tokens": ["{{ s_token }}"],
    }
    role = "ansible.builtin.include_role"
    tasks = [
        {role: {"name": "scramjet.sth.hub", "apply": {"check_mode": True}}, "vars": given},
        {role: {"name": "scramjet.sth.hub"}, "vars": given},
        {
            role: {"name": "scramjet.sth.hub"},
            "vars": {**given, "hub_runner_environment": {"DATABASE_PASSWORD": "{{ s_later }}"}},
        },
        {"ansible.builtin.assert": {"that": "hub_result.actions == ['write the settings']"}},
        # As text, right and wrong.
        {
            role: {"name": "scramjet.sth.hub"},
            "vars": {
                **given,
                "hub_runner_environment": "DATABASE_PASSWORD: {{ s_later }}",
                "hub_config": '{"verserConfig": {"token": "{{ s_key }}"}}',
                "hub_front_tokens": "{{ s_token }}\n{{ s_key }}\n",
            },
        },
        {"ansible.builtin.assert": {"that": "hub_result.actions == []"}},
        {
            "block": [
                {
                    role: {"name": "scramjet.sth.hub"},
                    "vars": {
                        **given,
                        "hub_runner_environment": "DATABASE_PASSWORD={{ s_later }}",
                        "hub_config": "token={{ s_key }}",
                        "hub_front_tokens": "['{{ s_token }}'",
                    },
                }
            ],
            "rescue": [
                {"ansible.builtin.assert": {"that": "ansible_failed_result.msg is search('hub_front_tokens must be')"}}
            ],
        },
        {
            "block": [
                {
                    role: {"name": "scramjet.sth.hub"},
                    "vars": {
                        **given,
                        "hub_version": "0.18.6",
                        "hub_package_source": "",
                        "hub_npm_registry": "http://me:{{ s_pass }}@{{ registry }}/",
                    },
                }
            ],
            "rescue": [{"ansible.builtin.assert": {"that": "ansible_failed_result.stderr is search('E404')"}}],
        },
    ]
    # A hub is a registry without packages.
    with FakeHub(generation="1.x") as hub:
        registry = hub.api_url.split("/")[2]
        run_watched(tmp_path, {"tasks": tasks}, {"registry": registry}, kept=("prefix",))
    for name in ("settings.json", "runner-environment.json"):
        path = tmp_path / "prefix" / "etc" / name
        assert CANARY in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
