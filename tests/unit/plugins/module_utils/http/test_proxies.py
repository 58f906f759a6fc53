# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through a proxy of the machine where the task runs, everything works that works without it."""

from __future__ import annotations

import contextlib
import json
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import trustme

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.forward_proxies import ForwardProxy
from ansible_collections.scramjet.sth.tests.unit.running import NEEDS_ITS_PATH, PACKAGES, run_task

MIB = 1024 * 1024


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", url)


@pytest.fixture(params=["http", "socks5", "socks5h"])
def proxy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForwardProxy]:
    with ForwardProxy(request.param).serving() as serving:
        use(monkeypatch, serving.url)
        yield serving


@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_a_large_upload_goes_through_a_proxy_in_pieces(
    hub: FakeHub, proxy: ForwardProxy, tmp_path: pathlib.Path
) -> None:
    source = shutil.copytree(PACKAGES / "probe", tmp_path / "probe")
    (source / "noise.bin").write_bytes(random.Random(17).randbytes(8 * MIB))
    result = run_task("sth_sequence", hub, src=str(source))
    assert result["changed"], result
    assert len(hub.sequences) == 1
    assert proxy.passed > 8 * MIB
    assert not run_task("sth_sequence", hub, src=str(source))["changed"]


@pytest.mark.slow
@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_a_long_poll_and_streams_go_through_a_proxy(hub: FakeHub, proxy: ForwardProxy) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    program = {"events": [{"name": "ready", "payload": "go", "after": 1.0}]}
    started = run_task("sth_instance", hub, name="web", sequence="probe", app_config=program, stable_for=0)
    assert started["changed"], started
    # Longer than one read may be silent.
    told = run_task("sth_event", hub, instance="web", expect="ready", request_timeout=0.5, wait_timeout=bound(20))
    assert told["event"]["payload"] == "go", told
    job = {"behaviour": "complete", "result": "42"}
    ran = run_task("sth_instance", hub, name="job", sequence="probe", state="completed", app_config=job)
    assert json.loads(ran["collected"]["output"]["content"])["result"] == "42", ran
    port = int(hub.api_url.rpartition(":")[2].partition("/")[0])
    assert {*proxy.went} == {("127.0.0.1", port)}
    # Writes, streams and the wait for an event have connections of their own.
    assert len(proxy.went) > 5


@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_a_proxy_gets_its_password_and_a_failure_does_not_show_it(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ForwardProxy("http", "me:canary-4711").serving() as proxy:
        use(monkeypatch, proxy.url)
        assert run_task("sth_hub_info", hub)["hub"]["version"]
        use(monkeypatch, proxy.url.replace("canary-4711", "wrong-4711"))
        refused = run_task("sth_hub_info", hub)
    assert refused["error_code"] == "UNAUTHORIZED"
    assert "The proxy asks for a user and a password" in refused["msg"]
    assert "4711" not in json.dumps(refused)


def certificate(directory: pathlib.Path) -> tuple[str, str]:
    """Write the certificate of a hub, and return its file and that of the authority."""
    signer = trustme.CA()
    signer.cert_pem.write_to_path(directory / "ca.pem")
    signer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(directory / "hub.pem")
    return str(directory / "hub.pem"), str(directory / "ca.pem")


def test_a_proxy_that_refuses_a_password_is_named_also_before_a_hub_with_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    served, authority = certificate(tmp_path)
    with ForwardProxy("http", "me:canary-4711").serving() as proxy, FakeHub("1.x", tls=(served, served)) as hub:
        use(monkeypatch, "")
        monkeypatch.setenv("https_proxy", proxy.url)
        assert run_task("sth_hub_info", hub, ca_path=authority)["hub"]["version"]
        monkeypatch.setenv("https_proxy", proxy.url.replace("canary-4711", "wrong-4711"))
        refused = run_task("sth_hub_info", hub, ca_path=authority)
    assert (refused["error_code"], refused["http_status"]) == ("UNAUTHORIZED", 407)
    assert "the proxy asks for a user and a password: write them into its address" in refused["msg"]
    assert "4711" not in json.dumps(refused)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("line", ["HTTP/1.1 502 {}", "HTTP/1.1 403 {}", "HTTP/1.1 407 {}", "{}"])
def test_the_password_that_a_proxy_repeats_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, scheme: str, line: str
) -> None:
    password = "canary/4711+x"
    said = f"me:{password} {b64encode(f'me:{password}'.encode()).decode()} {quote(password, safe='')}"
    answer = f"{line.format(said)}\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n{said}".encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        use(monkeypatch, "")
        port = listener.getsockname()[1]
        monkeypatch.setenv(f"{scheme}_proxy", f"http://me:{quote(password, safe='')}@127.0.0.1:{port}")

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client = listener.accept()[0]
                    with client:
                        client.recv(65536)
                        client.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        connection = connection_from_options({"api_url": f"{scheme}://hub.example:8000", "request_retries": 0})
        with pytest.raises(SthError) as refused:
            HubClient(connection).version()
        listener.shutdown(socket.SHUT_RDWR)
    shown = f"{refused.value.message} {refused.value.details}"
    assert "canary" not in shown
    assert "\n" not in shown
    assert b64encode(password.encode()).decode()[:8] not in shown


def test_a_proxy_that_does_not_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("http", "socks5h"):
        use(monkeypatch, f"{kind}://me:canary@127.0.0.1:1")
        connection = connection_from_options({"api_url": "http://127.0.0.1:2", "request_retries": 0})
        with pytest.raises(SthError, match="proxy") as refused:
            HubClient(connection).version()
        assert refused.value.code == "UNREACHABLE"


# A Python without PySocks, as most machines have it.
WITHOUT = """
import sys
sys.modules["socks"] = None
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
try:
    HubClient("http://127.0.0.1:1").version()
except SthError as error:
    print(error.code, error.message)
"""


@NEEDS_ITS_PATH
def test_a_socks_proxy_without_pysocks_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "socks5://me:canary@127.0.0.1:1")
    said: Any = subprocess.run(
        [sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True, timeout=bound(20)
    )
    assert said.stdout.startswith("UNREACHABLE "), said
    assert "install PySocks" in said.stdout
    assert "canary" not in said.stdout
