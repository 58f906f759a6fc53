# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hub behind a real nginx: certificates that are not to be trusted or are replaced, and an nginx that does not let everybody in."""

from __future__ import annotations

import pathlib
import shutil
import signal
import ssl
import subprocess
import time
from contextlib import contextmanager
from typing import Any

import pytest
import trustme

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.conftest import simulated_hub
from ansible_collections.scramjet.sth.tests.integration.nginx import needs_nginx, nginx, origin_of
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.certificates import BAD, write_certificate
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace
from ansible_collections.scramjet.sth.tests.running.ports import free_port
from ansible_collections.scramjet.sth.tests.unit.running import when_asked

pytestmark = needs_nginx
CERTIFICATES_AND_PASSWORDS = """
ssl_certificate {certificate}; ssl_certificate_key {key};
server {{
  listen 127.0.0.1:{certificates} ssl;
  ssl_client_certificate {authority}; ssl_verify_client on;
  location / {{ proxy_pass {origin}; }}
}}
server {{
  listen 127.0.0.1:{passwords} ssl;
  auth_basic hub; auth_basic_user_file {directory}/users;
  location / {{ proxy_pass {origin}; }}
}}
server {{
  listen 127.0.0.1:{old} ssl;
  ssl_protocols TLSv1; ssl_ciphers ALL:@SECLEVEL=0;
  location / {{ proxy_pass {origin}; }}
}}
"""
# A front with one certificate, whose file also has the key.
SERVER = """
server {{
  listen 127.0.0.1:{port} ssl;
  ssl_certificate {served}; ssl_certificate_key {served};
  client_max_body_size 0;
  location / {{
    proxy_pass {origin};
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 1h;
  }}
}}
"""


def test_a_failure_names_the_client_certificate_that_nginx_requires(
    tmp_path: pathlib.Path, signer: trustme.CA, certificate: tuple[str, str], authority: str
) -> None:
    ports = {"certificates": free_port(), "passwords": free_port(), "old": free_port()}
    mine, theirs = tmp_path / "mine.pem", tmp_path / "theirs.pem"
    signer.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(mine)
    trustme.CA().issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(theirs)
    (tmp_path / "users").write_text("me:{PLAIN}swordfish\n")

    def asking(where: str, scheme: str = "https", **options: str) -> dict[str, Any]:
        address = f"{scheme}://127.0.0.1:{ports[where]}/api/v1"
        return {"gather": ["version"], "api_url": address, "ca_path": authority, **options}

    # The request, the error code of its failure, and words of its message.
    asked: list[tuple[dict[str, Any], str, str]] = [
        (asking("certificates", client_cert=str(mine)), "", ""),
        (asking("certificates"), "UNAUTHORIZED", "set client_cert and client_key"),
        (asking("certificates", client_cert=str(theirs)), "UNAUTHORIZED", "set client_cert and client_key"),
        (asking("certificates", "http"), "UNREACHABLE", "use https:// in api_url"),
        (asking("passwords", url_username="me", url_password="swordfish"), "", ""),
        (asking("passwords"), "UNAUTHORIZED", "url_username and url_password"),
        (
            asking("passwords", url_username="me", url_password="other"),
            "UNAUTHORIZED",
            "url_username and url_password",
        ),
        (asking("old"), "UNREACHABLE", "let it offer TLS 1.2 or newer"),
    ]
    tasks: list[dict[str, Any]] = []
    for options, code, says in asked:
        refused = [f"told.error_code == '{code}'", f"'{says}' in told.msg", "'<html' not in told.msg"]
        tasks += asked_and_told(options, *(refused if code else ["told.hub.version == '1.0.1'"]))
    with contextmanager(simulated_hub)("1.x") as hub:
        chain, key = certificate
        servers = CERTIFICATES_AND_PASSWORDS.format(
            directory=tmp_path, certificate=chain, key=key, authority=authority, origin=origin_of(hub), **ports
        )
        with nginx(tmp_path, servers, *ports.values()):
            run_playbook(play(tmp_path / "asked.yml", {"tasks": tasks}), {})


def test_a_certificate_of_nginx_that_is_not_to_be_trusted_is_named(
    tmp_path: pathlib.Path, signer: trustme.CA, authority: str
) -> None:
    ports = {kind: free_port() for kind in BAD}
    tasks: list[dict[str, Any]] = []
    servers = ""
    with FakeHub("1.x") as hub:
        for kind, (cause, advice) in BAD.items():
            served = write_certificate(tmp_path / f"{kind}.pem".replace(" ", "-"), signer, kind)
            servers += SERVER.format(port=ports[kind], served=served, origin=origin_of(hub))
            options = {"api_url": f"https://127.0.0.1:{ports[kind]}/api/v1", "ca_path": authority}
            # A write is refused as well as a read, and neither reaches the hub.
            for module, given in (
                ("sth_hub_info", {"gather": ["version"]}),
                ("sth_sequence", {"name": "probe", "state": "absent"}),
            ):
                tasks += asked_and_told(
                    {**given, **options},
                    "told.error_code == 'UNREACHABLE'",
                    "told is not changed",
                    f"told.msg is search({cause!r})",
                    f'"{advice}" in told.msg',
                    module=module,
                )
        with nginx(tmp_path, servers, *ports.values()):
            run_playbook(play(tmp_path / "asked.yml", {"tasks": tasks}), {})
        assert not hub.requests


@pytest.mark.parametrize("kind", ["", "wrong CA"], ids=["same CA", "wrong CA"])
def test_a_certificate_is_replaced_while_a_task_waits_for_a_job(
    kind: str, tmp_path: pathlib.Path, signer: trustme.CA, authority: str
) -> None:
    port, served = free_port(), tmp_path / "hub.pem"
    first = write_certificate(served, signer)
    job = {
        "name": "job",
        "sequence": "probe",
        "state": "completed",
        "on_failure": "stop",
        "api_url": f"https://127.0.0.1:{port}/api/v1",
        "ca_path": authority,
        "run_timeout": bound(60),
    }
    goes_on = ["told.instance.outcome == 'completed'", "told.collected.output.content == 'result\\n'"]
    fails = [
        "told.error_code == 'UNREACHABLE'",
        "told is changed",
        "'not known whether' in told.msg",
        f'"{BAD["wrong CA"][1]}" in told.msg',
    ]
    with (
        FakeHub("1.x") as hub,
        nginx(tmp_path, SERVER.format(port=port, served=first, origin=origin_of(hub)), port) as front,
    ):

        def replace() -> None:
            # A stream that is cut while it is silent loses nothing. It counts as silent after this time.
            time.sleep(Timings().silent + pace())
            before = shown(port)
            shutil.move(write_certificate(tmp_path / "next.pem", signer, kind), served)
            reload(front, port, before)
            if not kind:
                complete()

        def complete() -> None:
            with hub.state.lock:
                next(iter(hub.state.instances.values())).complete(b"result\n")

        when_asked(hub, "/output", replace)
        upload = {"src": str(ROOT / "tests" / "integration" / "packages" / "probe"), "api_url": hub.api_url}
        tasks = [
            {"scramjet.sth.sth_sequence": upload},
            *asked_and_told(job, *(fails if kind else goes_on), module="sth_instance"),
        ]
        run_playbook(play(tmp_path / "replaced.yml", {"tasks": tasks}), {}, seconds=180)
        # Nobody stops a healthy program because of a certificate.
        assert not [item for item in hub.writes if item.path.endswith("/_stop")]
        assert hub.runners == (1 if kind else 0)


def asked_and_told(options: dict[str, Any], *that: str, module: str = "sth_hub_info") -> list[dict[str, Any]]:
    """Return a task with these options, and one that checks its result."""
    return [
        {f"scramjet.sth.{module}": options, "register": "told", "failed_when": False},
        {"ansible.builtin.assert": {"that": list(that), "fail_msg": "told {{ told }}"}},
    ]


def shown(port: int) -> str:
    """Return the certificate that a new connection gets."""
    return ssl.get_server_certificate(("127.0.0.1", port))


def reload(front: subprocess.Popen[bytes], port: int, before: str) -> None:
    """Let nginx read its files again, and wait until it shows another certificate than ``before``."""
    front.send_signal(signal.SIGHUP)
    end = time.monotonic() + bound(10)
    while shown(port) == before and time.monotonic() < end:
        time.sleep(0.05)
