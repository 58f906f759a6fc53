# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random tasks, and what a hub has after them. Everything follows from the random numbers of a seed."""

from __future__ import annotations

import json
import pathlib
import random
import shutil
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES

Options = dict[str, Any]

VERSIONS = ("1.0.0", "2.0.0", "3.0.0")
DEPLOYMENTS = ("shop", "mail")
INSTANCES = ("clock", "meter")
# A pool of instances, a package that nothing runs from, and the package that instances run from.
POOL, LIBRARY, BASE = "crew", "library", "base"
# What no task may touch.
OTHERS = "others"


@dataclass(frozen=True)
class Operation:
    """One task. ``answers``: the error codes that it may fail with although nothing is wrong, because another task was quicker."""

    name: str
    module: str
    options: Options
    answers: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = {key: value for key, value in self.options.items() if key != "src"}
        return f"{self.name} {json.dumps(told, sort_keys=True)}"


@dataclass(frozen=True)
class Wanted:
    """What one task leaves: its instances (by the name of the instance, the pool or the deployment), and packages that must be there.

    Each instance is its package, its version and its configuration.
    """

    instances: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    sequences: frozenset[tuple[str, str]] = frozenset()


def make_packages(directory: pathlib.Path) -> None:
    """Write all packages below ``directory``."""
    for name in (*DEPLOYMENTS, LIBRARY, BASE, OTHERS):
        for version in VERSIONS:
            path = pathlib.Path(shutil.copytree(PACKAGES / "probe", directory / name / version))
            manifest = path / "package.json"
            told = {**json.loads(manifest.read_text(encoding="utf-8")), "name": name, "version": version}
            manifest.write_text(json.dumps(told), encoding="utf-8")


class Operations:
    """Draws tasks for the packages below ``directory``."""

    def __init__(self, rng: random.Random, directory: pathlib.Path) -> None:
        self._rng = rng
        self._directory = directory

    def draw(self) -> Operation:
        """Return any task."""
        kinds = (
            self.deploy, self.deploy, self.scale, self.roll_back, self.delete,
            self.upload, self.remove, self.start, self.start, self.stop, self.restart, self.crew, self.job, self.job,
        )  # fmt: skip
        return self._rng.choice(kinds)()

    def settle(self) -> list[tuple[Operation, Wanted]]:
        """Return tasks that say of everything how it is to be, and what is there afterwards."""
        return [
            *(self._settled_deployment(name) for name in DEPLOYMENTS),
            *(self._settled_instance(name) for name in INSTANCES),
            self._settled_crew(),
            self._settled_library(),
        ]

    def prepare(self) -> list[tuple[Operation, Wanted]]:
        """Return the tasks that come first, and whose things no other task touches. They repeat what a 0.18 hub lost."""
        others = (OTHERS, VERSIONS[0])
        return [
            (Operation("upload base", "sth_sequence", {"src": self._src(BASE, VERSIONS[0])}), _stored(BASE)),
            (Operation("upload others", "sth_sequence", {"src": self._src(OTHERS, VERSIONS[0])}), _stored(OTHERS)),
            (
                Operation("start others", "sth_instance", {"name": OTHERS, "sequence": OTHERS, "app_config": {"x": 9}}),
                Wanted({OTHERS: [(*others, _config(9))]}, frozenset({others})),
            ),
        ]

    # -- the tasks ------------------------------------------------------------------------------------------------

    def deploy(self) -> Operation:
        """Deploy or update."""
        return self._deploy(self._rng.choice(DEPLOYMENTS), self._rng.choice(VERSIONS), self._rng.randint(1, 3))

    def scale(self) -> Operation:
        """Change the number of replicas."""
        options = {"name": self._rng.choice(DEPLOYMENTS), "replicas": self._rng.randint(1, 3)}
        return Operation("scale", "sth_deployment", options, ("NOT_FOUND", "CONFLICT", "INVALID_OPTION", "AMBIGUOUS"))

    def roll_back(self) -> Operation:
        """Go back to the version before."""
        options = {"name": self._rng.choice(DEPLOYMENTS), "state": "rolled_back"}
        return Operation("roll back", "sth_deployment", options, ("NOT_FOUND", "CONFLICT", "START_FAILED"))

    def delete(self) -> Operation:
        """Remove a deployment."""
        return self._delete(self._rng.choice(DEPLOYMENTS))

    def upload(self) -> Operation:
        """Upload or replace a package."""
        options = {"src": self._src(LIBRARY, self._rng.choice(VERSIONS))}
        return Operation("upload", "sth_sequence", options, ("CONFLICT",))

    def remove(self) -> Operation:
        """Remove a package."""
        return self._remove()

    def start(self) -> Operation:
        """Start or change an instance."""
        return self._start(self._rng.choice(INSTANCES), self._rng.randint(1, 3))

    def stop(self) -> Operation:
        """Stop an instance."""
        return self._end(self._rng.choice(INSTANCES), self._rng.choice(("stopped", "absent")))

    def restart(self) -> Operation:
        """Restart an instance."""
        started = self._start(self._rng.choice(INSTANCES), self._rng.randint(1, 3))
        return Operation("restart", "sth_instance", {**started.options, "state": "restarted"}, started.answers)

    def crew(self) -> Operation:
        """Grow or shrink a pool."""
        return self._crew(self._rng.randint(0, 3))

    def job(self) -> Operation:
        """Run a program to its end."""
        job = {"behaviour": "complete", "seconds": round(self._rng.uniform(0.1, 3.0), 1)}
        options = {
            "name": f"job-{self._rng.randint(1, 2)}",
            "sequence": BASE,
            "state": "completed",
            "app_config": job,
            "on_failure": "stop",
        }
        return Operation("run job", "sth_instance", options, ("CONFLICT",))

    # -- how it is to be ------------------------------------------------------------------------------------------

    def _settled_deployment(self, name: str) -> tuple[Operation, Wanted]:
        if self._rng.random() < 0.2:
            return self._delete(name), Wanted()
        version, replicas = self._rng.choice(VERSIONS), self._rng.randint(1, 3)
        found = {name: [(name, version, _config())] * replicas}
        return self._deploy(name, version, replicas), Wanted(found, frozenset({(name, version)}))

    def _settled_instance(self, name: str) -> tuple[Operation, Wanted]:
        if self._rng.random() < 0.3:
            return self._end(name, "absent"), Wanted()
        number = self._rng.randint(1, 3)
        return self._start(name, number), Wanted({name: [(BASE, VERSIONS[0], _config(number))]})

    def _settled_crew(self) -> tuple[Operation, Wanted]:
        count = self._rng.randint(0, 2)
        return self._crew(count), Wanted({POOL: [(BASE, VERSIONS[0], _config(0))] * count} if count else {})

    def _settled_library(self) -> tuple[Operation, Wanted]:
        if self._rng.random() < 0.3:
            return self._remove(), Wanted()
        version = self._rng.choice(VERSIONS)
        return Operation("upload", "sth_sequence", {"src": self._src(LIBRARY, version)}), Wanted(
            sequences=frozenset({(LIBRARY, version)})
        )

    # -- their options --------------------------------------------------------------------------------------------

    def _src(self, name: str, version: str) -> str:
        return str(self._directory / name / version)

    def _deploy(self, name: str, version: str, replicas: int) -> Operation:
        options = {"name": name, "src": self._src(name, version), "replicas": replicas}
        return Operation(f"deploy {version}", "sth_deployment", options, ("CONFLICT", "START_FAILED", "NOT_FOUND"))

    def _delete(self, name: str) -> Operation:
        options = {"name": name, "state": "absent", "src": self._src(name, VERSIONS[0])}
        return Operation("delete", "sth_deployment", options, ("CONFLICT",))

    def _remove(self) -> Operation:
        options = {"name": LIBRARY, "state": "absent", "in_use": "stop"}
        return Operation("remove", "sth_sequence", options, ("CONFLICT",))

    def _start(self, name: str, number: int) -> Operation:
        options = {"name": name, "sequence": BASE, "app_config": {"x": number}}
        return Operation("start", "sth_instance", options, ("CONFLICT", "START_FAILED", "NOT_FOUND"))

    def _end(self, name: str, state: str) -> Operation:
        return Operation(state, "sth_instance", {"name": name, "state": state}, ("CONFLICT",))

    def _crew(self, count: int) -> Operation:
        options = {"name": POOL, "sequence": BASE, "count": count, "app_config": {"x": 0}}
        return Operation("pool", "sth_instance", options, ("CONFLICT", "START_FAILED", "NOT_FOUND"))


def _stored(name: str) -> Wanted:
    return Wanted(sequences=frozenset({(name, VERSIONS[0])}))


def _config(number: int | None = None) -> str:
    return json.dumps({} if number is None else {"x": number})
