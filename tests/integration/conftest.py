# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hubs that integration tests run against."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import trustme

from ansible_collections.scramjet.sth.plugins.module_utils.hub.versions import CAPABILITIES
from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.versions import Played
from ansible_collections.scramjet.sth.tests.integration.real_hub import role_hub
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace

# On 0.18, the collection recognises a completed run because its runner stays for some seconds (hub-behaviour.md#no-outcome-on-018).
LINGERING = replace(FAST, linger=5.0 * pace())
TIMINGS = {"0.18": LINGERING, "1.x": FAST}
FAILED = pytest.StashKey[bool]()
# A runner that does nothing takes about 60 MB.
INSTANCE_MEMORY = 80_000_000
REAL_HUBS = ["real-0.18", *(["live"] if os.environ.get("STH_TEST_API_URL") else [])]


@dataclass
class Hub:
    """A hub that tests may fill and must leave empty."""

    name: str
    api_url: str
    generation: str
    fake: FakeHub | None = None
    entrance: str = "auto"
    # Whether Python programs can run on it.
    python: bool = False
    # How many instances may run on it at once.
    many: int = 50

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that a target needs for this hub."""
        return {
            "sth_api_url": self.api_url,
            "sth_generation": self.generation,
            "sth_can": self.can,
            "sth_topics_have_types": self.played.has("topics_have_types"),
            "sth_drops_unread": self.fake is None and self.played.has("drops_unread"),
            "sth_loses_input_after_end": self.played.has("loses_input_after_end"),
            "sth_fake": self.fake is not None,
            "sth_entrance": self.entrance,
            "sth_python": self.python,
            "sth_many": self.many,
        }

    @property
    def can(self) -> list[str]:
        """The capabilities of its version."""
        return sorted(name for name in CAPABILITIES if self.played.has(name))

    @property
    def played(self) -> Played:
        """The version of the hub, with its features."""
        return Played(self.get("version")["version"])

    def get(self, path: str) -> Any:
        """Send a GET to the hub, without the client of the collection."""
        with urlopen(f"{self.api_url}/{path}", timeout=bound(20)) as answer:
            return json.load(answer)

    def empty(self) -> None:
        """End and remove everything on it, without the client of the collection."""
        end = time.monotonic() + bound(30)
        while self.get("sequences") and time.monotonic() < end:
            for instance in self.get("instances"):
                self._ask("POST", f"instance/{instance['id']}/_kill", b'{"removeImmediately":true}')
            for sequence in self.get("sequences"):
                self._ask("DELETE", f"sequence/{sequence['id']}")
            time.sleep(0.2)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> None:
        request = Request(f"{self.api_url}/{path}", body, {"Content-Type": "application/json"}, method=method)
        # An error is normal: an instance may have ended in the meantime, and a sequence may still be in use. The caller tries again.
        with contextlib.suppress(HTTPError):
            urlopen(request, timeout=bound(20)).close()


def _many_on_this_machine() -> int:
    """Return fifty, or fewer, so that half of the memory stays free."""
    memory = re.search(r"MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(encoding="ascii"))
    return min(50, int(memory.group(1)) * 1024 // 2 // INSTANCE_MEMORY) if memory else 8


@pytest.fixture(scope="session")
def real_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A real 0.18.7 hub for this worker, installed (once per checkout) and run by the role ``hub``."""
    with role_hub(tmp_path_factory.mktemp("hub")) as (api_url, python):
        yield Hub("real-0.18", api_url, "0.18", python=python, many=_many_on_this_machine())


def simulated_hub(generation: str, entrance: str = "auto") -> Generator[Hub, None, None]:
    """A simulated hub, on which check mode must not write."""
    lingers = not Played(generation).has("instance_status")
    with FakeHub(generation=generation, timings=LINGERING if lingers else FAST) as fake:
        yield Hub(f"fake-{generation}", fake.api_url, fake.state.generation, fake, entrance)
        checked = [item for item in fake.writes if "x-check-mode" in item.headers]
        assert not checked, f"written in check mode: {checked}"
        assert not fake.sequences, f"left on the hub: {fake.sequences}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know whether the test itself failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """A hub of the kind that the test names. A test must leave it empty. After a failed test, this fixture empties it."""
    kind = str(request.param)
    if kind.startswith("fake-"):
        simulated = simulated_hub(kind[5:])
        yield next(simulated)
        if request.node.stash.get(FAILED, True):
            # What a failed test has left or written is not a second failure.
            simulated.close()
        else:
            next(simulated, None)
        return
    if kind == "live":
        url = os.environ["STH_TEST_API_URL"]
        python = bool(os.environ.get("STH_TEST_PYTHON"))
        live = Hub(kind, url, "", python=python, many=_many_on_this_machine())
        live.generation = "1.x" if "instance_status" in live.can else "0.18"
    else:
        live = request.getfixturevalue("real_hub")
    yield live
    left = live.get("sequences")
    live.empty()
    assert left == [] or request.node.stash.get(FAILED, True), f"left on the hub: {left}"


@pytest.fixture(scope="session")
def signer() -> trustme.CA:
    """A certificate authority of the tests. No machine trusts it."""
    return trustme.CA()


@pytest.fixture(scope="session")
def authority(signer: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The authority's own certificate."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    signer.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def certificate(signer: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A server certificate for 127.0.0.1 and its key."""
    directory = tmp_path_factory.mktemp("tls")
    issued = signer.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(directory / "cert.pem")
    issued.private_key_pem.write_to_path(directory / "key.pem")
    return str(directory / "cert.pem"), str(directory / "key.pem")
