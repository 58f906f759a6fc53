# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role hub writes for a front (`hub_front: nginx`), read by a real nginx: who is let in, and large and long requests."""

from __future__ import annotations

import pathlib
import random
import shutil
from contextlib import contextmanager
from typing import Any

import jinja2
import pytest
import trustme

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.conftest import Hub, simulated_hub
from ansible_collections.scramjet.sth.tests.integration.nginx import needs_nginx, nginx, origin_of
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.certificates import write_certificate
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace
from ansible_collections.scramjet.sth.tests.running.ports import free_port

pytestmark = needs_nginx
TEMPLATE = ROOT / "roles" / "hub" / "templates" / "front-nginx.conf.j2"
PROBE = ROOT / "tests" / "integration" / "packages" / "probe"


def front(hub: FakeHub | Hub, port: int, served: str, **given: Any) -> str:
    """Return the configuration as the role renders it. ``given``: variables of the role."""
    variables = {
        "hub_front_port": f"127.0.0.1:{port}",
        "hub_front_server_name": "",
        "hub_front_certificate": served,
        "hub_front_key": served,
        "hub_front_client_ca": "",
        "hub_front_tokens": [],
        **given,
    }
    template = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    return template.render(hub__given=variables, hub__origin=origin_of(hub), hub__front_mark="a test")


def test_only_clients_with_a_token_or_a_certificate_are_let_in(
    tmp_path: pathlib.Path, signer: trustme.CA, authority: str
) -> None:
    served = write_certificate(tmp_path / "hub.pem", signer)
    mine = tmp_path / "mine.pem"
    signer.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(mine)
    tokens, certificates = free_port(), free_port()
    # Options and whether they are enough.
    asked: list[tuple[int, dict[str, str], bool]] = [
        (tokens, {}, False),
        (tokens, {"token": "another"}, False),
        (tokens, {"token": "first-token"}, True),
        (tokens, {"token": "second.token"}, True),
        (certificates, {}, False),
        (certificates, {"token": "first-token"}, False),
        (certificates, {"client_cert": str(mine)}, True),
    ]
    tasks: list[dict[str, Any]] = []
    for port, options, enough in asked:
        given = {
            "gather": ["version"],
            "api_url": f"https://127.0.0.1:{port}/api/v1",
            "ca_path": authority,
            **options,
        }
        that = "told.hub.version == '1.0.1'" if enough else "told.error_code == 'UNAUTHORIZED'"
        tasks += [
            {"scramjet.sth.sth_hub_info": given, "register": "told", "failed_when": False},
            {"ansible.builtin.assert": {"that": [that], "fail_msg": "told {{ told }}"}},
        ]
    with contextmanager(simulated_hub)("1.x") as hub:
        servers = front(hub, tokens, served, hub_front_tokens=["first-token", "second.token"])
        servers += front(hub, certificates, served, hub_front_client_ca=authority)
        with nginx(tmp_path, servers, tokens, certificates):
            run_playbook(play(tmp_path / "asked.yml", {"tasks": tasks}), {})
        assert hub.fake is not None
        assert len(hub.fake.requests) == sum(enough for _port, _options, enough in asked)
        # The hub may write the headers of a request to its log.
        assert not [item for item in hub.fake.requests if "authorization" in item.headers]


@pytest.mark.parametrize("hub", ["fake-1.x", "real-0.18"], indirect=True)
def test_large_and_long_requests_go_through_it(
    hub: Hub, tmp_path: pathlib.Path, signer: trustme.CA, authority: str
) -> None:
    port, served = free_port(), write_certificate(tmp_path / "hub.pem", signer)
    large = pathlib.Path(shutil.copytree(PROBE, tmp_path / "large"))
    (large / "noise.bin").write_bytes(random.Random(17).randbytes(20_000_000))
    # A request for an event, and a stream without data, are silent for longer than request_timeout.
    event = {"name": "ready", "payload": "go", "after": 3 * pace()}
    job = {"behaviour": "complete", "seconds": 3 * pace(), "result": "42"}
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": str(large)}},
        {"scramjet.sth.sth_instance": {"name": "web", "sequence": "probe", "app_config": {"events": [event]}}},
        {
            "scramjet.sth.sth_event": {"instance": "web", "expect": "ready", "wait_timeout": bound(30)},
            "register": "told",
        },
        {
            "scramjet.sth.sth_instance": {"name": "job", "sequence": "probe", "state": "completed", "app_config": job},
            "register": "ran",
        },
        {
            "ansible.builtin.assert": {
                "that": ["told.event.payload == 'go'", "(ran.collected.output.content | from_json).result == '42'"],
                "fail_msg": "told {{ [told, ran] }}",
            }
        },
        {"scramjet.sth.sth_instance": {"name": "web", "state": "stopped", "stop_timeout": 1}},
        {"scramjet.sth.sth_sequence": {"name": "probe", "state": "absent"}},
    ]
    variables = {
        "sth_api_url": f"https://127.0.0.1:{port}/api/v1",
        "sth_token": "the-token",
        "sth_ca_path": authority,
        "sth_request_timeout": 2 * pace(),
    }
    with nginx(tmp_path, front(hub, port, served, hub_front_tokens=["the-token"]), port):
        run_playbook(play(tmp_path / "long.yml", {"tasks": tasks}), variables, seconds=180)
