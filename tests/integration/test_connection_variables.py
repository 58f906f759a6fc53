# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection variables work on a remote target too. They are read on the controller."""

from __future__ import annotations

import base64
import pathlib
from typing import Any

import trustme

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.ports import free_port

BASIC = "Basic " + base64.b64encode(b"user:word").decode()


def listing(told: str = "", **variables: Any) -> list[dict[str, Any]]:
    """Return a task that lists the sequences with these variables. ``told``: words of its message, if it has to fail."""
    that = f"listed is failed and {told!r} in listed.msg" if told else "listed is not failed"
    options = variables.pop("options", {})
    task = {"scramjet.sth.sth_sequence_info": options, "vars": variables, "register": "listed", "ignore_errors": True}
    return [task, {"ansible.builtin.assert": {"that": that, "fail_msg": "told {{ listed.msg | default('') }}"}}]


def run(path: pathlib.Path, hub: FakeHub, *tasks: list[dict[str, Any]], **environment: str) -> None:
    """Run the tasks on a target that looks like another machine."""
    book = play(path / "remote.yml", {"connection": "elsewhere", "tasks": [item for task in tasks for item in task]})
    plugins = str(ROOT / "tests" / "integration" / "connection")
    variables = {"sth_api_url": hub.api_url}
    run_playbook(
        book,
        variables,
        environment={
            "ANSIBLE_CONNECTION_PLUGINS": plugins,
            "STH_TEST_COPIES": str(path / "copies"),
            "ANSIBLE_REMOTE_TMP": str(path / "remote"),
            **environment,
        },
    )


def test_tokens_passwords_and_time_limits(tmp_path: pathlib.Path) -> None:
    token = tmp_path / "token"
    token.write_text("from-file\n", encoding="ascii")
    with FakeHub(generation="1.x") as hub:
        run(
            tmp_path,
            hub,
            listing(sth_token="from-variable", sth_headers={"X-Own": "a"}),
            listing(sth_url_username="user", sth_url_password="word"),
            # An option for authentication overrides all variables for it, and a variable overrides the environment.
            listing(options={"token": "from-option"}, sth_url_username="user", sth_url_password="word"),
            listing(sth_token="instead-of-environment"),
            listing(sth_token_file=str(token)),
            listing(options={"token_file": str(token)}, sth_token="from-variable"),
            listing(sth_token_file=str(tmp_path / "missing"), told="token_file"),
            listing(options={"api_url": "http://127.0.0.1:1", "request_retries": 0}, told="127.0.0.1:1/"),
            listing(sth_connect_timeout=0, told="connect_timeout"),
            listing(sth_request_timeout=0, told="request_timeout"),
            listing(sth_request_retries=-1, told="request_retries"),
            STH_URL_USERNAME="of-environment",
            STH_URL_PASSWORD="of-environment",
        )
        signed = [item.headers.get("authorization") for item in hub.requests if item.path.endswith("/sequences")]
        own = [item.headers.get("x-own") for item in hub.requests if item.path.endswith("/sequences")]
    assert signed == [
        "Bearer from-variable",
        BASIC,
        "Bearer from-option",
        "Bearer instead-of-environment",
        *2 * ["Bearer from-file"],
    ]
    assert own == ["a", *5 * [None]]


def test_certificates_and_proxies(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str, signer: trustme.CA
) -> None:
    client = signer.issue_cert("client.example.com")
    chain, key = tmp_path / "client.pem", tmp_path / "client.key"
    client.cert_chain_pems[0].write_to_path(chain)
    client.private_key_pem.write_to_path(key)
    own: dict[str, Any] = {"sth_client_cert": str(chain), "sth_client_key": str(key)}
    closed = f"http://127.0.0.1:{free_port()}"
    with FakeHub(generation="1.x", tls=certificate, client_ca=authority) as hub:
        run(
            tmp_path,
            hub,
            listing(sth_use_proxy=False, told="TLS", **own),
            listing(sth_use_proxy=False, sth_ca_path=authority, **own),
            listing(sth_use_proxy=False, sth_validate_certs=False, **own),
            listing(sth_use_proxy=False, sth_ca_path=authority, told="client_cert"),
            listing(sth_ca_path=authority, sth_request_retries=0, told="proxy", **own),
            HTTPS_PROXY=closed,
            NO_PROXY="",
        )
