# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx in front of a hub, on loopback."""

from __future__ import annotations

import grp
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.running.pace import bound

NGINX = os.environ.get("STH_TEST_NGINX") or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
needs_nginx = pytest.mark.skipif(
    NGINX is None, reason="there is no nginx on this machine, and STH_TEST_NGINX names none"
)

CONFIGURATION = """
# nginx must read the files of the test, so it runs as the user who runs the test.
user {user} {group}; daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log;
# If nginx is reloaded, connections that are still open are cut soon.
worker_shutdown_timeout 1s;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {directory}/1; proxy_temp_path {directory}/2; fastcgi_temp_path {directory}/3;
  uwsgi_temp_path {directory}/4; scgi_temp_path {directory}/5;
  {servers}
}}
"""


@contextmanager
def nginx(directory: pathlib.Path, servers: str, *ports: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run nginx with these blocks ``server``, which listen at ``ports``."""
    who = {"user": pwd.getpwuid(os.geteuid()).pw_name, "group": grp.getgrgid(os.getegid()).gr_name}
    configuration = directory / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(directory=directory, servers=servers, **who), encoding="utf-8")
    with subprocess.Popen([str(NGINX), "-p", str(directory), "-c", str(configuration)]) as process:
        try:
            for port in ports:
                _wait_for(port)
            yield process
        finally:
            process.terminate()


def origin_of(hub: FakeHub | Hub) -> str:
    """Return the address of a hub without the path of its API."""
    parts = urlsplit(hub.api_url)
    return f"{parts.scheme}://{parts.netloc}"


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + bound(5)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nginx did not start"
            time.sleep(0.05)
        else:
            return
