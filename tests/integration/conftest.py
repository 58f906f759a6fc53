# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hubs that integration tests run against."""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.request import urlopen

import pytest
import trustme

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT
from ansible_collections.scramjet.sth.tests.integration.real_hub import role_hub

# On 0.18 a run is known to have completed by its runner's lingering, which must last longer than a crash takes.
TIMINGS = replace(FAST, linger=5.0)
# A runner that does nothing takes about 60 MB.
INSTANCE_MEMORY = 80_000_000
REAL_HUBS = ["real-0.18", *(["live"] if os.environ.get("STH_TEST_API_URL") else [])]

# Files that take longest begin first, so that none of them is alone in the end.
LONGEST = ("test_real_hub.py", "test_role_hub_in_turn.py", "test_role_hub_apart.py", "test_fake_1_x.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@dataclass
class Hub:
    """A hub that tests may fill and must leave empty."""

    name: str
    api_url: str
    generation: str
    fake: FakeHub | None = None
    entrance: str = "auto"
    # Whether programs in Python can run on it.
    python: bool = False
    # As many instances as it bears at once.
    many: int = 50

    @property
    def variables(self) -> dict[str, Any]:
        """What a target gets."""
        return {
            "sth_api_url": self.api_url,
            "sth_generation": self.generation,
            "sth_fake": self.fake is not None,
            "sth_entrance": self.entrance,
            "sth_python": self.python,
            "sth_many": self.many,
        }

    def get(self, path: str) -> Any:
        """Ask the hub, past our own client."""
        with urlopen(f"{self.api_url}/{path}", timeout=20) as answer:  # noqa: S310 - a loopback address of ours
            return json.load(answer)


def _many_on_this_machine() -> int:
    """Fifty, or as many as leave half of the memory free."""
    memory = re.search(r"MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(encoding="ascii"))
    return min(50, int(memory.group(1)) * 1024 // 2 // INSTANCE_MEMORY) if memory else 8


@pytest.fixture(scope="session")
def real_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A real 0.18.7 hub, installed (once per checkout) and run by the role that users have."""
    with role_hub(tmp_path_factory.mktemp("hub")) as api_url:
        settings = json.loads((ROOT / ".quickstart" / "prefix" / "etc" / "settings.json").read_text())
        yield Hub("real-0.18", api_url, "0.18", python=bool(settings.get("python")), many=_many_on_this_machine())


def simulated_hub(generation: str, entrance: str = "auto") -> Iterator[Hub]:
    """A simulated hub, on which check mode must not write."""
    with FakeHub(generation=generation, timings=TIMINGS) as fake:
        yield Hub(f"fake-{generation}", fake.api_url, generation, fake, entrance)
        checked = [item for item in fake.writes if "x-check-mode" in item.headers]
        assert not checked, f"written in check mode: {checked}"
        assert not fake.sequences, f"left on the hub: {fake.sequences}"


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """The hub of the kind that the test names; it must be left as empty as it was."""
    kind = str(request.param)
    if kind.startswith("fake-"):
        yield from simulated_hub(kind[5:])
        return
    if kind == "live":
        url = os.environ["STH_TEST_API_URL"]
        python = bool(os.environ.get("STH_TEST_PYTHON"))
        live = Hub(kind, url, "", python=python, many=_many_on_this_machine())
        live.generation = "0.18" if live.get("version")["version"].startswith("0.") else "1.x"
    else:
        live = request.getfixturevalue("real_hub")
    yield live
    assert live.get("sequences") == [], "left on the hub"


@pytest.fixture(scope="session")
def signer() -> trustme.CA:
    """A certificate authority that no machine trusts by itself."""
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
