# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The failures of tasks if the hub is not there, is another kind of server, refuses access, or dies."""

from __future__ import annotations

import http.server
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.ports import free_port

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"


def expect(tmp_path: pathlib.Path, api_url: str, code: str, *words: str, **options: Any) -> None:
    """Run a task on ``api_url``, in check mode and for real. It must fail with ``code`` and with ``words`` in its message."""
    task = {
        "scramjet.sth.sth_sequence": {"src": str(PROBE), "api_url": api_url, "request_retries": 0, **options},
        "register": "refused",
        "failed_when": False,
    }
    told = {
        "ansible.builtin.assert": {
            "that": [f"refused.error_code == '{code}'", *(f"'{word}' in refused.msg" for word in words)],
            "fail_msg": "told {{ refused }}",
        }
    }
    tasks = [{**task, "check_mode": True}, told, task, told]
    run_playbook(play(tmp_path / "bad_hub.yml", {"tasks": tasks}), {})


@pytest.fixture
def web_server() -> Iterator[str]:
    """An HTTP server that is not a hub."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>nothing here</html>")

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_no_server_at_the_address(tmp_path: pathlib.Path) -> None:
    expect(tmp_path, f"http://127.0.0.1:{free_port()}", "UNREACHABLE", "could not connect", "api_url")


def test_no_such_host(tmp_path: pathlib.Path) -> None:
    expect(tmp_path, "http://hub.invalid:8000", "UNREACHABLE", "hub.invalid", "api_url")


def test_a_server_that_is_not_a_hub(tmp_path: pathlib.Path, web_server: str) -> None:
    expect(tmp_path, web_server, "HUB_ERROR", "not a Scramjet Transform Hub", "api_url")


def test_a_manager_of_hubs(tmp_path: pathlib.Path) -> None:
    """Nothing is written to it: the task asks for its version, and for nothing else."""
    asked: list[tuple[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append((self.command, self.path))
            body = b'{"service":"@scramjet/manager","version":"1.2.3"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        api_url = f"http://127.0.0.1:{server.server_port}"
        expect(tmp_path, api_url, "HUB_ERROR", "manages hubs but is not a hub", "one of its hubs")
    finally:
        server.shutdown()
        server.server_close()
    # In check mode, and for real.
    assert asked == [("GET", "/api/v1/version")] * 2


def test_a_token_is_needed(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", token="right") as hub:
        expect(tmp_path, hub.api_url, "UNAUTHORIZED", "401", "token")
        expect(tmp_path, hub.api_url, "UNAUTHORIZED", "401", "token", token="wrong")
        assert not hub.sequences


def test_a_self_signed_certificate(tmp_path: pathlib.Path, certificate: tuple[str, str]) -> None:
    with FakeHub(generation="1.x", tls=certificate) as hub:
        expect(tmp_path, hub.api_url, "UNREACHABLE", "TLS", "ca_path")
        assert not hub.requests


def test_a_certificate_of_a_trusted_authority(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    task = {
        "scramjet.sth.sth_sequence_info": {"ca_path": authority},
        "register": "listed",
        "failed_when": "listed.exists",
    }
    with FakeHub(generation="1.x", tls=certificate) as hub:
        run_playbook(play(tmp_path / "tls.yml", {"tasks": [task]}), {"sth_api_url": hub.api_url})
        assert hub.requests


def test_a_hub_that_dies_during_an_upload(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x") as hub:
        hub.fault(Fault(kind="die", method="POST", path="/sequence"))
        task = {
            "scramjet.sth.sth_sequence": {"src": str(PROBE), "api_url": hub.api_url, "request_retries": 1},
            "register": "died",
            "failed_when": False,
        }
        told = {
            "ansible.builtin.assert": {
                "that": ["died.error_code == 'UNREACHABLE'", "'not known whether' in died.msg", "died is changed"],
                "fail_msg": "told {{ died }}",
            }
        }
        run_playbook(play(tmp_path / "dies.yml", {"tasks": [task, told]}), {})
