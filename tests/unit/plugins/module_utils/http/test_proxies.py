# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Through a proxy of the machine where the task runs, everything works that works without it."""

from __future__ import annotations

import json
import pathlib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

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
