# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One round: harm while two controllers work, then none, and a look at what is there."""

from __future__ import annotations

import collections
import json
import pathlib
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ansible_collections.scramjet.sth.tests.chaos import proxy
from ansible_collections.scramjet.sth.tests.chaos.controller import TOO_SLOW, TRACEBACK, Controller, Ended
from ansible_collections.scramjet.sth.tests.chaos.hub import RealHub
from ansible_collections.scramjet.sth.tests.chaos.operations import (
    BASE,
    DEPLOYMENTS,
    LIBRARY,
    OTHERS,
    Operation,
    Operations,
    Wanted,
)
from ansible_collections.scramjet.sth.tests.running.pace import bound

# The harm of a round: connections, the hub, or the controllers.
SIGNALS = {"task killed": (signal.SIGKILL,), "task interrupted": (signal.SIGTERM, signal.SIGINT)}
HARMS = (*proxy.KINDS, "hub killed", "hub stalled", *SIGNALS, "nothing")


@dataclass
class Report:
    """What came of all rounds."""

    tasks: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)
    harms: collections.Counter[str] = field(default_factory=collections.Counter)
    problems: list[str] = field(default_factory=list)
    stuck: int = 0
    left: int = 0
    slowest: Ended | None = None
    # The number of the first round and of the last one.
    first: int = 1
    rounds: int = 0

    def add(self, ended: Ended) -> None:
        """Count a task."""
        self.tasks[ended.operation.name.partition(" ")[0], ended.code] += 1
        if self.slowest is None or ended.seconds > self.slowest.seconds:
            self.slowest = ended


class Round:
    """Draws everything from ``seed``, so that a round is the same whatever the rounds before it took."""

    def __init__(self, seed: str, hub: RealHub, front: proxy.Proxy, packages: pathlib.Path, report: Report) -> None:
        self._rng, self._hub, self._front, self._report = random.Random(seed), hub, front, report
        self._operations = Operations(self._rng, packages)
        self._controllers = [Controller(f"http://127.0.0.1:{front.port}/api/v1") for _number in range(2)]
        self._number = report.rounds
        self._log: list[str] = []

    def run(self) -> list[str]:
        """Run it. Return the problems, with all that was done in it."""
        self._report.rounds += 1
        harm, seconds = self._rng.choice(HARMS), self._rng.uniform(3.0, 10.0)
        self._report.harms[harm] += 1
        self._say(f"{harm} for {seconds:.1f} s")
        plans = [[self._operations.draw() for _turn in range(12)] for _controller in self._controllers]
        settled = self._operations.settle()
        repaired = self._operations.prepare()
        kills = self._hub.kills
        others = [item.id for item in self._hub.live() if item.group == OTHERS]
        problems = list(self._disturbed(harm, seconds, plans))
        self._front.set(proxy.NONE)
        self._hub.wait()
        problems += self._settled([*repaired, *settled])
        if (self._hub.is_1x or self._hub.kills == kills) and others:
            now = [item.id for item in self._hub.live() if item.group == OTHERS]
            if now != others:
                problems.append(f"the instance of others was {others} and is {now}")
        return [f"round {self._number} ({harm}): {problem}" for problem in problems] + (self._log if problems else [])

    # -- with harm ------------------------------------------------------------------------------------------------

    def _disturbed(self, harm: str, seconds: float, plans: list[list[Operation]]) -> Iterator[str]:
        over = threading.Event()
        found: list[Ended] = []

        def work(controller: Controller, plan: Iterable[Operation]) -> None:
            for operation in plan:
                if over.is_set():
                    return
                ended = controller.run(operation)
                self._say(f"  {self._controllers.index(controller)} {ended}")
                found.append(ended)

        workers = [threading.Thread(target=work, args=pair) for pair in zip(self._controllers, plans)]
        for worker in workers:
            worker.start()
        self._harm(harm, seconds)
        over.set()
        for worker in workers:
            worker.join()
        for ended in found:
            self._report.add(ended)
            if ended.code in (TRACEBACK, TOO_SLOW):
                yield str(ended)
            elif harm == "nothing" and ended.code not in ("ok", *ended.operation.answers):
                yield f"without any harm: {ended}"

    def _harm(self, harm: str, seconds: float) -> None:
        """Do harm for so long, after a quiet second."""
        end = time.monotonic() + seconds
        time.sleep(self._rng.uniform(0.2, 1.5))
        if harm in proxy.KINDS:
            self._front.set(proxy.Harm(harm, self._rng.choice((0.1, 0.3, 1.0))))
        for do in self._blows(harm):
            do()
            time.sleep(min(self._rng.uniform(0.2, 4.0), max(0.0, end - time.monotonic())))
            if time.monotonic() > end:
                return
        time.sleep(max(0.0, end - time.monotonic()))

    def _blows(self, harm: str) -> Iterator[Callable[[], object]]:
        if harm == "hub killed":
            yield self._hub.kill
        while harm == "hub stalled":
            yield lambda: self._hub.stall(self._rng.uniform(0.1, 3.0))
        numbers = SIGNALS.get(harm, ())
        while numbers:
            yield lambda: self._rng.choice(self._controllers).kill(self._rng.choice(numbers))

    # -- without --------------------------------------------------------------------------------------------------

    def _settled(self, tasks: list[tuple[Operation, Wanted]]) -> Iterator[str]:
        for operation, _wanted in tasks:
            ended = self._undisturbed(operation)
            if ended.code != "ok" and self._hub.is_1x and self._hub.kills and "restart" in ended.told:
                # Only another restart of the hub helps, as the failure says (docs/hub-behaviour.md#records-that-never-go).
                self._report.stuck += 1
                self._hub.kill()
                time.sleep(1)
                self._hub.wait()
                ended = self._undisturbed(operation)
            if ended.code != "ok":
                yield f"one run does not converge: {ended}"
        for operation, _wanted in tasks:
            ended = self._undisturbed(operation)
            if ended.code != "ok" or ended.changed:
                yield f"the run after that: {ended}"
        yield from self._differences([wanted for _operation, wanted in tasks])

    def _undisturbed(self, operation: Operation) -> Ended:
        ended = self._controllers[0].run(operation)
        self._report.add(ended)
        self._say(f"  settle: {ended}")
        return ended

    def _differences(self, wanted: list[Wanted]) -> Iterator[str]:
        stored = self._hub.sequences()
        live = self._hub.live()
        # Runs of a job may still be there where the task was killed.
        jobs = [item for item in live if item.group.startswith("job-")]
        there: dict[str, list[tuple[str, str, str]]] = collections.defaultdict(list)
        for item in live:
            if item not in jobs:
                there[item.group].append((*stored.get(item.sequence, ("no package", "")), json.dumps(item.config)))
        names = collections.Counter(item.name for item in live)
        yield from (f"{count} instances are {name}" for name, count in names.items() if count > 1)
        expected = {name: items for part in wanted for name, items in part.instances.items()}
        for name in sorted({*there, *expected}):
            if there.get(name, []) != expected.get(name, []):
                yield f"of {name} there is {there.get(name)} and not {expected.get(name)}"
        yield from self._lost(list(stored.values()), {item for part in wanted for item in part.sequences}, expected)
        yield from self._orphans(len(live))

    def _lost(
        self, stored: list[tuple[str, str]], kept: set[tuple[str, str]], expected: dict[str, list[tuple[str, str, str]]]
    ) -> Iterator[str]:
        counts = collections.Counter(stored)
        yield from (f"the package {item} is there {count} times" for item, count in counts.items() if count > 1)
        yield from (f"the package {item} is lost" for item in kept if item not in counts)
        # An update that was cut off between the upload and the first start: no replica says that the package is the deployment's, and it
        # may be anybody's. The next update to this version uses it.
        self._report.left += sum(name in DEPLOYMENTS and name not in expected for name, _version in counts)
        library = [item for item in counts if item[0] == LIBRARY and item not in kept]
        yield from (f"the package {item} is there" for item in library)
        unknown = {name for name, _version in counts} - {*DEPLOYMENTS, LIBRARY, BASE, OTHERS}
        yield from (f"the package {name} is there" for name in unknown)

    def _orphans(self, live: int) -> Iterator[str]:
        """A runner may end some seconds after its instance."""
        end = time.monotonic() + bound(10)
        while True:
            found = self._hub.processes()
            live = len(self._hub.live())
            if len(found) == live:
                return
            if time.monotonic() > end:
                yield f"{len(found)} processes run for {live} instances: {found}"
                return
            time.sleep(0.5)

    def _say(self, text: str) -> None:
        self._log.append(text)
