# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs targets on a hub behind a real nginx, as on a platform: with a path, TLS and a bearer token."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import simulated_hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import OF_MODULES, play, run_playbook, run_target
from ansible_collections.scramjet.sth.tests.integration.real_hub import free_port
from ansible_collections.scramjet.sth.tests.running.pace import bound

NGINX = os.environ.get("STH_TEST_NGINX") or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(
    NGINX is None, reason="there is no nginx on this machine, and STH_TEST_NGINX names none"
)

TOKEN = "the-token-of-the-platform"
MANAGER = "/api/v1/space/demo/api/v1"
PATH = f"{MANAGER}/sth/hub-1/api/v1"
# As managers answer, by the types of their public client.
HUBS = """[{"id": "hub-1", "info": {"created": "2026-01-01T00:00:00.000Z"}, "healthy": true, "selfHosted": true,
"isConnectionActive": true, "topics": [], "sequences": [], "instances": []}]"""
CONFIGURATION = """
daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {directory}/1; proxy_temp_path {directory}/2; fastcgi_temp_path {directory}/3;
  uwsgi_temp_path {directory}/4; scgi_temp_path {directory}/5;
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
      proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 1h;
    }}
  }}
}}
"""


@contextmanager
def platform(origin: str, certificate: tuple[str, str], directory: pathlib.Path) -> Iterator[str]:
    """Run nginx in front of the hub and yield the address of its API there."""
    port = free_port()
    chain, key = certificate
    configuration = directory / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            directory=directory,
            port=port,
            certificate=chain,
            key=key,
            token=TOKEN,
            path=PATH,
            origin=origin,
            manager=MANAGER,
            hubs=HUBS,
        ),
        encoding="utf-8",
    )
    with subprocess.Popen([str(NGINX), "-p", str(directory), "-c", str(configuration)]) as nginx:
        try:
            wait_for(port)
            yield f"https://127.0.0.1:{port}{PATH}"
        finally:
            nginx.terminate()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + bound(5)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nginx did not start"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize(
    "target", [*OF_MODULES, "role_run_job:refused+missing+completes", "playbooks:deploy+scale+rollback+cleanup"]
)
def test_target(target: str, tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str) -> None:
    with contextmanager(simulated_hub)("1.x") as hub:
        parts = urlsplit(hub.api_url)
        with platform(f"{parts.scheme}://{parts.netloc}", certificate, tmp_path) as api_url:
            # From the environment, which plays that a target runs have too.
            environment = {"STH_TOKEN": TOKEN, "STH_CA_PATH": authority}
            run_target(target, {**hub.variables, "sth_api_url": api_url}, tmp_path, environment)


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
    with contextmanager(simulated_hub)("1.x") as hub:
        parts = urlsplit(hub.api_url)
        with platform(f"{parts.scheme}://{parts.netloc}", certificate, tmp_path) as api_url:
            run_playbook(
                play(tmp_path / "hubs.yml", {"tasks": tasks}),
                {"sth_api_url": api_url, "sth_token": TOKEN, "sth_ca_path": authority},
            )


def test_a_platform_that_refuses_answers_with_a_page(
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
    with contextmanager(simulated_hub)("1.x") as hub:
        parts = urlsplit(hub.api_url)
        with platform(f"{parts.scheme}://{parts.netloc}", certificate, tmp_path) as api_url:
            run_playbook(book, {"sth_api_url": api_url, "sth_token": "another", "sth_ca_path": authority})
