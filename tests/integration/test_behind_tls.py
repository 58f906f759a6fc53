# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hub behind a real nginx that lets in only clients with a certificate, or with a password, or that speaks only old TLS."""

from __future__ import annotations

import grp
import os
import pathlib
import pwd
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

import trustme

from ansible_collections.scramjet.sth.tests.integration.conftest import simulated_hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.test_behind_a_platform import NGINX, pytestmark, wait_for
from ansible_collections.scramjet.sth.tests.running.ports import free_port

__all__ = ["pytestmark"]
CONFIGURATION = """
# nginx must read the file of passwords, so it runs as the user who runs the test.
user {user} {group}; daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {directory}/1; proxy_temp_path {directory}/2; fastcgi_temp_path {directory}/3;
  uwsgi_temp_path {directory}/4; scgi_temp_path {directory}/5;
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

    def asking(where: str, scheme: str = "https", **options: str) -> dict[str, object]:
        address = f"{scheme}://127.0.0.1:{ports[where]}/api/v1"
        return {"gather": ["version"], "api_url": address, "ca_path": authority, **options}

    # The request, the error code of its failure, and words of its message.
    asked: list[tuple[dict[str, object], str, str]] = [
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
    tasks: list[dict[str, object]] = []
    for options, code, says in asked:
        refused = [f"told.error_code == '{code}'", f"'{says}' in told.msg", "'<html' not in told.msg"]
        that = refused if code else ["told.hub.version == '1.0.1'"]
        tasks += [
            {"scramjet.sth.sth_hub_info": options, "register": "told", "failed_when": False},
            {"ansible.builtin.assert": {"that": that, "fail_msg": "told {{ told }}"}},
        ]
    with contextmanager(simulated_hub)("1.x") as hub:
        parts = urlsplit(hub.api_url)
        configuration = tmp_path / "nginx.conf"
        chain, key = certificate
        who = {"user": pwd.getpwuid(os.geteuid()).pw_name, "group": grp.getgrgid(os.getegid()).gr_name}
        origin = f"{parts.scheme}://{parts.netloc}"
        configuration.write_text(
            CONFIGURATION.format(
                directory=tmp_path, certificate=chain, key=key, authority=authority, origin=origin, **ports, **who
            )
        )
        with subprocess.Popen([str(NGINX), "-p", str(tmp_path), "-c", str(configuration)]) as nginx:
            try:
                for port in ports.values():
                    wait_for(port)
                run_playbook(play(tmp_path / "asked.yml", {"tasks": tasks}), {})
            finally:
                nginx.terminate()
