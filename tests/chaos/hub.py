# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real hub: started by the role, killed and stalled by its processes, and looked at without the client of the collection."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import (
    VERSION,
    link_installation,
    variables_of_hub,
)
from ansible_collections.scramjet.sth.tests.running.pace import bound

# What an instance says of itself, as the collection writes it.
MARK = "_sth"


@dataclass(frozen=True)
class Live:
    """An instance that runs. ``group``: the pool or the deployment that it belongs to, or its name."""

    id: str
    name: str
    group: str
    sequence: str
    config: dict[str, Any]


@dataclass
class RealHub:
    """A hub that the role keeps running: if it is killed, its supervisor starts it again."""

    directory: pathlib.Path
    version: str
    port: int
    kills: int = 0

    @property
    def api_url(self) -> str:
        """The address of the hub itself."""
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def is_1x(self) -> bool:
        """Whether its programs outlive it."""
        return int(self.version.split(".")[0]) >= 1

    # -- harm -----------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """Kill it, as a lack of memory would."""
        for pid in self._status()["hub"]:
            os.kill(pid, signal.SIGKILL)
            self.kills += 1

    def stall(self, seconds: float) -> None:
        """Let it stand still."""
        stopped = self._status()["hub"]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def wait(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + bound(30)
        while True:
            try:
                self.get("version")
            except OSError:
                assert time.monotonic() < end, "the hub has not come back"
                time.sleep(0.1)
            else:
                return

    # -- looks ----------------------------------------------------------------------------------------------------

    def get(self, path: str, timeout: float | None = None) -> Any:
        """Send a GET to the hub itself."""
        with urlopen(f"{self.api_url}/{path}", timeout=timeout or bound(10)) as answer:
            return json.load(answer)

    def live(self) -> list[Live]:
        """Read which instances run. One that does not answer is called ``silent``."""
        found = []
        for item in self.get("instances"):
            try:
                record = self.get(f"instance/{item['id']}", bound(3))
            except HTTPError as error:
                if error.code != 404:
                    raise
                continue
            except TimeoutError:
                found.append(Live(item["id"], "silent", "silent", "", {}))
                continue
            if not record.get("terminated") and record.get("status") not in ("completed", "errored"):
                config = dict(record.get("appConfig") or {})
                mark = config.pop(MARK, None) or {}
                sequence = record.get("sequence") or record.get("sequenceId")
                stored = sequence["id"] if isinstance(sequence, dict) else str(sequence)
                name = str(mark.get("name"))
                group = str(mark.get("deployment") or mark.get("pool") or name)
                found.append(Live(item["id"], name, group, stored, config))
        return found

    def sequences(self) -> dict[str, tuple[str, str]]:
        """Read the name and the version of each package, without the digest in the version."""
        stored = ((item["id"], item["config"]) for item in self.get("sequences"))
        return {key: (str(config["name"]), str(config["version"]).partition("+")[0]) for key, config in stored}

    def processes(self) -> list[int]:
        """Read from the process table which runners there are, whatever the hub says."""
        return list(self._status()["runners"])

    def _status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(subprocess.check_output([*self._supervise("status")]))
        return found

    def _supervise(self, command: str) -> list[str]:
        prefix = self.directory / "prefix"
        script, settings = prefix / "launcher" / "sth_supervise.py", prefix / "etc" / "settings.json"
        return [sys.executable, str(script), command, str(settings)]


@contextmanager
def real_hub(directory: pathlib.Path, installed: pathlib.Path | None, version: str) -> Iterator[RealHub]:
    """Run a hub with all its files below ``directory``: the 0.18.7 of the tests, or the one that is ``installed`` in a folder."""
    prefix = directory / "prefix"
    link_installation(prefix)
    if installed is not None:
        (prefix / "hub" / VERSION).unlink()
        (prefix / "hub" / version).symlink_to(installed)
    variables = {
        **variables_of_hub(directory),
        "hub_version": version,
        # A machine that does something else beside may have no more.
        "hub_instance_requirements": {"cpuLoad": 1, "freeMem": 64, "freeSpace": 64},
        # Otherwise every removal takes three minutes.
        "hub_instance_lifetime_extension": 1,
        "hub_client_requirements": False,
    }
    book = play(directory / "hub.yml", {"roles": ["scramjet.sth.hub"]})
    run_playbook(book, variables, seconds=200)
    hub = RealHub(directory, version, int(variables["hub_port"]))
    try:
        yield hub
    finally:
        subprocess.run(hub._supervise("stop"), check=True, timeout=60)
