# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs targets on a hub behind a real nginx, as on a platform: with a path, TLS and a bearer token.

Also tests what happens if nginx gets no answer from the hub for a moment, or waits too short a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import pathlib
import runpy
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.routes import HUBS
from ansible_collections.scramjet.sth.tests.integration.conftest import Hub, simulated_hub
from ansible_collections.scramjet.sth.tests.integration.nginx import needs_nginx, nginx, origin_of
from ansible_collections.scramjet.sth.tests.integration.playbooks import (
    OF_MODULES,
    ROOT,
    own_environment,
    play,
    run_playbook,
    run_target,
)
from ansible_collections.scramjet.sth.tests.running.commands import run_command
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace
from ansible_collections.scramjet.sth.tests.running.ports import free_port
from ansible_collections.scramjet.sth.tests.unit.running import when, when_asked

pytestmark = needs_nginx

TOKEN = "the-token-of-the-platform"
MANAGER = "/api/v1/space/demo/api/v1"
PATH = f"{MANAGER}/sth/hub-1/api/v1"
SERVER = """
server {{
  listen 127.0.0.1:{port} ssl;
  ssl_certificate {certificate}; ssl_certificate_key {key};
  client_max_body_size 0;
  # Its answer is HTML.
  if ($http_authorization != "Bearer {token}") {{ return 401; }}
  location = {manager}/list {{ default_type application/json; return 200 '{hubs}'; }}
  location {path}/ {{
    proxy_pass {origin}/api/v1/;
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_request_buffering off; proxy_buffering off; proxy_read_timeout {waits};
  }}
}}
"""


@contextmanager
def platform(
    hub: FakeHub | Hub, certificate: tuple[str, str], directory: pathlib.Path, waits: str = "1h"
) -> Iterator[str]:
    """Run nginx in front of the hub and yield the address of its API there. ``waits``: how long it waits for an answer."""
    port = free_port()
    chain, key = certificate
    server = SERVER.format(
        port=port,
        certificate=chain,
        key=key,
        token=TOKEN,
        path=PATH,
        origin=origin_of(hub),
        manager=MANAGER,
        hubs=json.dumps(HUBS),
        waits=waits,
    )
    with nginx(directory, server, port):
        yield f"https://127.0.0.1:{port}{PATH}"


@pytest.mark.parametrize(
    "target", [*OF_MODULES, "role_run_job:refused+missing+completes", "playbooks:deploy+scale+rollback+cleanup"]
)
def test_target(target: str, tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str) -> None:
    with contextmanager(simulated_hub)("1.x") as hub, platform(hub, certificate, tmp_path) as api_url:
        # From the environment, which plays that a target runs have too.
        environment = {"STH_TOKEN": TOKEN, "STH_CA_PATH": authority}
        run_target(target, {**hub.variables, "sth_api_url": api_url}, tmp_path, environment)


@pytest.mark.parametrize("hub", ["real-0.18"], indirect=True)
def test_large_input_arrives_at_a_real_hub(
    hub: Hub, tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    """A hub answers a write when it begins, and from then on nginx passes on only what fits into buffers."""
    sent, came_back = tmp_path / "in.txt", tmp_path / "out.txt"
    sent.write_bytes(b"".join(b"%07d\n" % number for number in range(3_000_000)))
    run = {
        "name": "copy",
        "sequence": "probe",
        "state": "completed",
        "app_config": {"behaviour": "copy"},
        "input": {"src": str(sent)},
        "output_dest": str(came_back),
        "run_timeout": bound(40),
    }
    remove = {"scramjet.sth.sth_sequence": {"name": "probe", "state": "absent", "in_use": "stop", "stop_timeout": 0}}
    with platform(hub, certificate, tmp_path) as api_url:
        book = play(tmp_path / "run.yml", {"tasks": [UPLOAD, {"scramjet.sth.sth_instance": run}, remove]})
        run_playbook(book, {"sth_api_url": api_url, "sth_token": TOKEN, "sth_ca_path": authority}, seconds=60)
    assert came_back.read_bytes() == sent.read_bytes()


def test_the_hubs_of_a_manager_are_found(tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str) -> None:
    both = {"gather": ["hubs", "version"]}
    tasks = [
        {
            "scramjet.sth.sth_hub_info": {
                "gather": ["hubs"],
                "api_url": "{{ sth_api_url | dirname | dirname | dirname | dirname }}",
            },
            "register": "space",
        },
        {
            "scramjet.sth.sth_hub_info": {"gather": ["version"], "api_url": "{{ space.hubs[0].api_url }}"},
            "register": "about",
        },
        {"scramjet.sth.sth_hub_info": {"gather": ["hubs"]}, "register": "of_hub", "ignore_errors": True},
        {"scramjet.sth.sth_hub_info": both, "register": "of_both", "ignore_errors": True},
        {
            "ansible.builtin.assert": {
                "that": [
                    "space.hubs | map(attribute='id') == ['hub-1']",
                    "space.hubs[0].api_url == sth_api_url",
                    "space.hubs[0].healthy and space.hubs[0].connected",
                    "about.hub.version == '1.0.1'",
                    "of_hub.error_code == 'NOT_FOUND' and 'address of a manager' in of_hub.msg",
                    "of_both.error_code == 'INVALID_OPTION'",
                ]
            }
        },
    ]
    with contextmanager(simulated_hub)("1.x") as hub, platform(hub, certificate, tmp_path) as api_url:
        run_playbook(
            play(tmp_path / "hubs.yml", {"tasks": tasks}),
            {"sth_api_url": api_url, "sth_token": TOKEN, "sth_ca_path": authority},
        )


def test_an_inventory_reads_the_hubs_through_their_manager(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    tasks = [UPLOAD, {"scramjet.sth.sth_instance": {"name": "web", "sequence": "probe"}}]
    with FakeHub("1.x") as hub, platform(hub, certificate, tmp_path) as api_url:
        book = play(tmp_path / "fill.yml", {"tasks": tasks})
        run_playbook(book, {"sth_api_url": api_url, "sth_token": TOKEN, "sth_ca_path": authority})
        source = {
            "plugin": "scramjet.sth.hubs",
            "managers": [{"api_url": api_url.removesuffix("/sth/hub-1/api/v1"), "prefix": "demo-"}],
            "gather": ["version", "instances"],
            "token": TOKEN,
            "ca_path": authority,
        }
        path = tmp_path / "test.sth_hubs.yml"
        path.write_text(json.dumps(source), encoding="utf-8")
        program = str(pathlib.Path(sys.executable).parent / "ansible-inventory")
        environment = {**own_environment(), "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
        said = run_command([program, "-i", str(path), "--list"], environment=environment, seconds=30)
    # ansible-inventory marks the texts of a hub as unsafe.
    listed = json.loads(said, object_hook=lambda item: item.get("__ansible_unsafe", item))
    assert (listed["sth_hubs"]["hosts"], listed["sth_instances"]["hosts"]) == (["demo-hub-1"], ["demo-hub-1_web"])
    about = listed["_meta"]["hostvars"]["demo-hub-1"]
    assert (about["sth_api_url"], about["sth_hub"]["version"]) == (api_url, "1.0.1")
    assert about["sth_managed_hub"]["id"] == "hub-1"
    instance = listed["_meta"]["hostvars"]["demo-hub-1_web"]
    assert (instance["sth_api_url"], instance["sth_instance"]["name"]) == (api_url, "web")
    assert TOKEN not in said


def test_deployments_are_summarised_and_exported(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    variables = {"sth_token": TOKEN, "sth_ca_path": authority, "sth_export_dest": str(tmp_path / "exported")}
    tasks = [
        {"scramjet.sth.sth_deployment": {"name": "shop", "src": PROBE, "replicas": 2, "stable_for": 0}},
        {"scramjet.sth.sth_deployment_info": {}, "register": "deployed"},
        {
            "ansible.builtin.assert": {
                "that": [
                    "deployed.deployments | map(attribute='name') == ['shop']",
                    "deployed.deployments[0].replicas == 2 and deployed.deployments[0].indexes == '0-1'",
                ],
                "fail_msg": "{{ deployed | to_json }}",
            }
        },
    ]
    with FakeHub("1.x") as hub, platform(hub, certificate, tmp_path) as api_url:
        run_playbook(play(tmp_path / "deployed.yml", {"tasks": tasks}), {**variables, "sth_api_url": api_url})
        run_playbook("scramjet.sth.export", {**variables, "sth_api_url": api_url})
    written = "".join(path.read_text() for path in (tmp_path / "exported").rglob("*.yml"))
    assert "name: shop" in written
    assert TOKEN not in written


def test_an_html_page_of_the_platform_is_not_shown_in_the_message(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    book = play(
        tmp_path / "refused.yml",
        {
            "tasks": [
                {"scramjet.sth.sth_hub_info": {"gather": ["version"]}, "register": "refused", "ignore_errors": True},
                {
                    "ansible.builtin.assert": {
                        "that": ["refused is failed", "refused.http_status == 401", "'<html' not in refused.msg"]
                    }
                },
            ]
        },
    )
    with contextmanager(simulated_hub)("1.x") as hub, platform(hub, certificate, tmp_path) as api_url:
        run_playbook(book, {"sth_api_url": api_url, "sth_token": "another", "sth_ca_path": authority})


# -- a gateway that gets no answer from the hub -----------------------------------------------------------------------

# How many requests a hub that is down must miss: more than all streams and looks of a run make with one retry each.
TURNED_AWAY = 12
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
UPLOAD: dict[str, Any] = {"scramjet.sth.sth_sequence": {"src": PROBE}, "register": "upload"}
START: dict[str, Any] = {
    "scramjet.sth.sth_instance": {"name": "web", "sequence": "probe", "stop_timeout": 1},
    "register": "start",
}
STOP: dict[str, Any] = {
    "scramjet.sth.sth_instance": {"name": "web", "state": "stopped", "stop_timeout": 1},
    "register": "stop",
}
REMOVE: dict[str, Any] = {"scramjet.sth.sth_sequence": {"name": "probe", "state": "absent"}, "register": "remove"}


def told(*conditions: str) -> dict[str, Any]:
    """Return a task that checks the results of earlier tasks."""
    results = "told {{ [upload, start | d(), stop | d(), remove | d(), job | d(), waited | d()] }}"
    return {"ansible.builtin.assert": {"that": list(conditions), "fail_msg": results}}


def test_an_outage_in_the_middle_ends_no_healthy_run(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    job = {
        "name": "job",
        "sequence": "probe",
        "state": "completed",
        "on_failure": "stop",
        "run_timeout": bound(60),
        # One retry is not enough: the outage lasts until more requests have failed.
        "request_retries": 1,
    }
    tasks = [
        UPLOAD,
        {"scramjet.sth.sth_instance": job, "register": "job"},
        told("job.instance.outcome == 'completed'", "job.collected.output.content == 'result\\n'"),
        REMOVE,
    ]
    with FakeHub("1.x") as hub:

        def fail() -> None:
            # A stream that is cut while it is silent loses nothing. It counts as silent after this time.
            time.sleep(Timings().silent + pace())
            hub.turned_away = 0
            hub.dead = True
            when(lambda: hub.turned_away >= TURNED_AWAY, come_back)

        def come_back() -> None:
            hub.dead = False
            with hub.state.lock:
                next(iter(hub.state.instances.values())).complete(b"result\n")

        when_asked(hub, "/output", fail)
        with platform(hub, certificate, tmp_path) as api_url:
            book = play(tmp_path / "outage.yml", {"tasks": tasks})
            run_playbook(book, {"sth_api_url": api_url, "sth_token": TOKEN, "sth_ca_path": authority}, seconds=180)
        assert hub.turned_away
        assert not [item for item in hub.writes if item.path.endswith("/_stop")]
        assert (hub.runners, hub.sequences) == (0, [])


def test_after_an_outage_at_any_write_the_next_run_completes_everything(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    def both(task: dict[str, Any]) -> list[dict[str, Any]]:
        name = task["register"]
        return [task, told(f"{name} is changed"), task, told(f"{name} is not changed")]

    writes = (("POST", "/sequence$"), ("POST", "/start$"), ("POST", "/_stop$"), ("DELETE", "/sequence/"))
    with FakeHub("1.x") as hub:
        for method, path in writes:
            hub.fault(Fault("die", method, path))

        def come_back() -> None:
            hub.dead, hub.turned_away = False, 0
            if any(item.times for item in hub.faults):
                when(lambda: hub.turned_away, come_back)

        # The hub comes back when it has missed a request that looks for the effect of the write.
        when(lambda: hub.turned_away, come_back)
        with platform(hub, certificate, tmp_path) as api_url:
            tasks = [item for task in (UPLOAD, START, STOP, REMOVE) for item in both(task)]
            book = play(tmp_path / "writes.yml", {"tasks": tasks})
            run_playbook(book, {"sth_api_url": api_url, "sth_token": TOKEN, "sth_ca_path": authority}, seconds=180)
        assert not [item for item in hub.faults if item.times]
        assert len([item for item in hub.writes if item.path.endswith("/start")]) == 2
        assert (hub.runners, hub.sequences) == (0, [])


@pytest.mark.parametrize("hub", ["real-0.18"], indirect=True)
def test_time_outs_of_a_gateway_that_are_too_short_are_reported_and_end_nothing(
    hub: Hub, tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    run = {"name": "job", "sequence": "probe", "state": "completed"}
    event = {"instance": "web", "expect": "done"}
    named = "'proxy_read_timeout' in"
    tasks = [
        UPLOAD,
        {"scramjet.sth.sth_instance": run, "register": "job"},
        told("job.instance.outcome == 'completed'", "'result' in job.collected.output.content"),
        START,
        {
            "scramjet.sth.sth_event": {**event, "wait_timeout": 5},
            "register": "waited",
            "failed_when": "waited.error_code | d() != 'TIMEOUT'",
        },
        told(f"{named} waited.msg"),
        {
            "scramjet.sth.sth_instance": {"name": "web", "state": "stopped", "stop_timeout": 6},
            "register": "stop",
        },
        told("stop is changed", f"{named} stop.notes | join"),
        {"scramjet.sth.sth_instance": {"name": "web", "state": "stopped"}, "register": "stop"},
        told("stop is not changed"),
        REMOVE,
    ]

    def finish() -> None:
        client = HubClient(hub.api_url)
        (job,) = client.instances()
        client.instance(job.id).send_event("finish", "")

    # The program runs until nginx has cut its output off.
    errors = tmp_path / "error.log"
    when(lambda: errors.exists() and "/output" in errors.read_text(encoding="utf-8"), finish)
    with platform(hub, certificate, tmp_path, waits="2s") as api_url:
        book = play(tmp_path / "short.yml", {"tasks": tasks})
        run_playbook(book, {"sth_api_url": api_url, "sth_token": TOKEN, "sth_ca_path": authority}, seconds=180)


# -- the event source -------------------------------------------------------------------------------------------------


def test_the_event_source_follows_a_hub_behind_an_impatient_gateway(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    """The gateway cuts each stream that is silent, so an event may be lost, but then a gap is reported. No event comes twice."""
    source = runpy.run_path(str(ROOT / "extensions" / "eda" / "plugins" / "event_source" / "hub_events.py"))["main"]

    async def follow(hub: FakeHub, api_url: str) -> None:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        given = {
            "hubs": [{"api_url": api_url}],
            "token": TOKEN,
            "ca_path": authority,
            "events": ["up"],
            "interval": 0.1,
        }
        following = asyncio.create_task(source(queue, given))

        async def until(*kinds: str) -> dict[str, Any]:
            while True:
                heard.append(await queue.get())
                if heard[-1]["type"] in kinds:
                    return heard[-1]

        async def emitted_after_a_gap(payload: int) -> None:
            event = await until("gap")
            while event["type"] == "gap":
                with hub.state.lock:
                    next(iter(hub.state.instances.values())).emit("up", payload)
                event = await until("event", "gap")

        heard: list[dict[str, Any]] = []
        await until("hub_reachable")
        await emitted_after_a_gap(1)
        hub.dead = True
        assert (await until("hub_unreachable"))["error_code"] == "UNREACHABLE"
        hub.dead = False
        await until("hub_reachable")
        await emitted_after_a_gap(2)
        assert [event["payload"] for event in heard if event["type"] == "event"] == [1, 2]
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following

    with FakeHub("1.x") as hub:
        client = HubClient(hub.api_url)
        with tarfile.open(tmp_path / "probe.tar.gz", "w:gz") as package:
            package.add(PROBE, arcname=".")
        client.send_sequence((tmp_path / "probe.tar.gz").read_bytes()).start(app_config={"behaviour": "run"})
        with platform(hub, certificate, tmp_path, waits="1s") as api_url:
            asyncio.run(asyncio.wait_for(follow(hub, api_url), bound(60)))
