# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example rulebooks, run by a real ansible-rulebook against a real hub: `make rulebooks`.

``STH_TEST_API_URL`` names another hub to run them against, which must be empty.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import role_hub
from ansible_collections.scramjet.sth.tests.running.commands import COLLECTION, ending_processes, without_own_variables
from ansible_collections.scramjet.sth.tests.running.pace import bound

ENGINE = pathlib.Path(sys.executable).parent / "ansible-rulebook"
pytestmark = pytest.mark.skipif(not ENGINE.exists(), reason="ansible-rulebook is not installed: make rulebooks")
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
# The hub does not check the token, but no output may contain it.
CANARY = "canary-of-the-token"
ANSWERS = {
    "load": {"name": "overloaded", "payload": {"replicas": 3}},
    "order": {"name": "order_failed", "payload": {"order": "of a book"}},
}
DEPLOYMENT = {
    "name": "shop",
    "sequence": "probe@current",
    "replicas": 2,
    "app_config": {"behaviour": "throw_when_told", "answers": ANSWERS},
}


@pytest.fixture(scope="module", autouse=True)
def java() -> None:
    """Fail if ansible-rulebook finds no Java that it can use. Where it is installed, its tests were asked for."""
    environment = {**os.environ, "PATH": f"{ENGINE.parent}{os.pathsep}{os.environ['PATH']}"}
    found = subprocess.run([str(ENGINE), "--version"], env=environment, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(
            "ansible-rulebook does not find Java 17 or newer: install it (on Debian and Ubuntu, apt install "
            f"openjdk-17-jre-headless), or set JAVA_HOME to it.\n{found.stdout}{found.stderr}",
            pytrace=False,
        )


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubClient]:
    """A real hub with the probe."""
    given = os.environ.get("STH_TEST_API_URL")
    if given:
        yield filled(given)
        run_playbook("scramjet.sth.cleanup", {"sth_api_url": given, "sth_cleanup": ["probe"]}, seconds=300)
        return
    with role_hub(tmp_path_factory.mktemp("hub")) as (api_url, _python):
        yield filled(api_url)


def filled(api_url: str) -> HubClient:
    listed = [{**DEPLOYMENT, "src": PROBE}]
    del listed[0]["sequence"]
    run_playbook("scramjet.sth.deploy", {"sth_api_url": api_url, "deployment_list": listed})
    return HubClient(api_url)


def live(hub: HubClient) -> list[InstanceRecord]:
    return [item for item in hub.instances() if item.live and item.mark and item.mark.deployment == "shop"]


def wait_until(holds: Callable[[], bool], what: str, said: pathlib.Path) -> None:
    """Wait until a rulebook has done something."""
    end = time.monotonic() + bound(60)
    while not holds():
        output = said.read_text(encoding="utf-8", errors="replace")
        assert time.monotonic() < end, f"{what} has not come about:\n{output[-8000:]}"
        time.sleep(0.2)


@contextmanager
def rulebook(rulebook: str, variables: Mapping[str, Any], directory: pathlib.Path) -> Iterator[pathlib.Path]:
    """Run a rulebook as a user does, from when it follows the hub until it is interrupted. Yield the file with its output."""
    (directory / "inventory.yml").write_text(
        "all: {hosts: {localhost: {ansible_connection: local}}}\n", encoding="utf-8"
    )
    (directory / "vars.yml").write_text(json.dumps(dict(variables)), encoding="utf-8")
    said = directory / "said.txt"
    command = [
        str(ENGINE), "--rulebook", rulebook, "--inventory", str(directory / "inventory.yml"),
        "--vars", str(directory / "vars.yml"), "--verbose",
    ]  # fmt: skip
    clean = without_own_variables()
    # ansible-rulebook searches ansible-galaxy and ansible-playbook in PATH.
    path = f"{ENGINE.parent}{os.pathsep}{clean['PATH']}"
    own = {"PATH": path, "STH_TOKEN": CANARY, "ANSIBLE_NOCOLOR": "1", "TMPDIR": str(directory)}
    with ending_processes({**clean, **own}) as environment, said.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: "hub_reachable" in said.read_text(errors="replace"), "the hub is followed", said)
            yield said
            process.send_signal(signal.SIGINT)
            # It must end in time, although it has open requests for events, and threads.
            process.wait(bound(10))
        finally:
            process.kill()
            process.wait()
    text = said.read_text(encoding="utf-8", errors="replace")
    assert CANARY not in text
    assert "Traceback" not in text


def test_a_crash_is_repaired_by_a_playbook(hub: HubClient, tmp_path: pathlib.Path) -> None:
    variables = {"hubs": [{"name": "here", "api_url": hub.api_url}], "deployments": [DEPLOYMENT]}
    before = {item.id for item in live(hub)}
    assert len(before) == 2
    with rulebook("scramjet.sth.restore", variables, tmp_path) as said:
        crashed = min(before)
        hub.instance(crashed).send_event("throw", "")
        wait_until(lambda: len({item.id for item in live(hub)} - {crashed}) == 2, "another replica", said)
        wait_until(lambda: "PLAY RECAP" in said.read_text(errors="replace"), "the end of the playbook", said)
    output = said.read_text(encoding="utf-8", errors="replace")
    assert re.findall(r"localhost +: .*changed=(\d) .*failed=(\d)", output) == [("1", "0")]
    assert before - {crashed} < {item.id for item in live(hub)}


def test_a_program_scales_its_deployment(hub: HubClient, tmp_path: pathlib.Path) -> None:
    named = {"name": "here", "api_url": hub.api_url}
    with rulebook("scramjet.sth.scale", {"hubs": [named], "deployment": "shop", "most_replicas": 4}, tmp_path) as said:
        # All replicas emit the event, but the playbook must run only once.
        for item in live(hub):
            hub.instance(item.id).send_event("load", "")
        wait_until(lambda: len(live(hub)) == 3, "a third replica", said)
        wait_until(lambda: "PLAY RECAP" in said.read_text(errors="replace"), "the end of the playbook", said)
    output = said.read_text(encoding="utf-8", errors="replace")
    assert re.findall(r"localhost +: .*changed=(\d) .*failed=(\d)", output) == [("1", "0")]


def test_the_rulebook_of_the_page_reports_events(hub: HubClient, tmp_path: pathlib.Path) -> None:
    page = (COLLECTION / "docs" / "event-driven.md").read_text(encoding="utf-8")
    (text,) = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "Tell of crashes" in block]
    book = yaml.safe_load(text)
    # One of the two hubs on the page does not exist here.
    book[0]["sources"][0]["scramjet.sth.hub_events"]["hubs"] = [
        {"name": "north", "api_url": hub.api_url},
        {"name": "south", "api_url": "http://127.0.0.1:9"},
    ]
    path = tmp_path / "book.yml"
    path.write_text(yaml.safe_dump(book), encoding="utf-8")
    with rulebook(str(path), {}, tmp_path) as said:
        wait_until(lambda: "south: GET http://127.0.0.1:9" in said.read_text(errors="replace"), "the outage", said)
        chosen = live(hub)[0]
        hub.instance(chosen.id).send_event("order", "")
        told = f"{chosen.label} on north: {{'order': 'of a book'}}"
        wait_until(lambda: told in said.read_text(errors="replace"), told, said)
