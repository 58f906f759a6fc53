# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One transition with one fault: three runs, and what is wrong with them."""

from __future__ import annotations

import importlib
import multiprocessing
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.faults.bounds import longest
from ansible_collections.scramjet.sth.tests.faults.kinds import Kind
from ansible_collections.scramjet.sth.tests.faults.table import NO_FAULT, Row
from ansible_collections.scramjet.sth.tests.faults.transitions import (
    OTHERS,
    TRANSITIONS,
    Options,
    Transition,
    given,
)
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, run_task

MODULES = "ansible_collections.scramjet.sth.plugins.modules"
# Ample for an answer of a hub that answers, and waited for in vain in many cells.
SILENCE = min(5.0, max(1.5, pace() / 2))
# Idle connections have tests of their own. On 0.18 a run has completed if its runner stays, on a busy machine too.
HUB = replace(FAST, reconnect=0.6, idle=60.0, linger=3.0 * pace())
TIMINGS = replace(
    HASTY,
    start_hold=0.5,
    force_hold=1.0,
    longest_answer=SILENCE,
    lost_upload_settles=0.3,
    reconnect=0.7,
    busy_after_end=3.0,
    kill_grace=SILENCE,
    stop_grace=SILENCE,
    outage=SILENCE,
    lost_start_shows=SILENCE,
)
COMMON: Options = {
    "connect_timeout": SILENCE,
    "request_timeout": SILENCE,
    "request_retries": 1,
    "stable_for": 0,
    "stop_timeout": 0.05,
    "overload_timeout": 0.5,
    "wait_timeout": 5.0,
    "removal_timeout": 5.0,
    # On a 0.18 hub, a run takes longer than its runner stays.
    "run_timeout": 20.0 + HUB.linger,
}
# What a person can do, in the words of the failures.
WAYS_OUT = (
    "run the task again",
    "run it",
    "check",
    "look",
    "see",
    "set",
    "raise",
    "restart",
    "free",
    "list",
    "use",
    "remove",
)


@dataclass(frozen=True)
class Picture:
    """What is on a hub: of the tasks, and of others. Without ids, of which each run makes new ones."""

    sequences: tuple[str, ...]
    processes: tuple[str, ...]
    topics: tuple[str, ...]
    others: tuple[str, ...]


@dataclass
class Cell:
    """What came of one fault. ``first`` is the error code of the first run, ``ok`` or ``killed``."""

    transition: Transition
    kind: Kind
    generation: str
    at: str
    first: str = ""
    second: str = ""
    third: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def row(self) -> Row:
        """What a table shows of it."""
        return Row(self.transition.subject, self.kind.name, self.first, self.second, self.third)

    def __str__(self) -> str:
        return f"{self.transition.name}, {self.generation}, {self.kind.name} {self.at}: {'; '.join(self.problems)}"


@dataclass(frozen=True)
class Undisturbed:
    """A run without a fault: what is there before and after it, and how many requests and writes it takes."""

    before: Picture
    after: Picture
    requests: int
    writes: int


def run(module: str, hub: Any, options: Options) -> dict[str, Any]:
    """Run a task with short times."""
    spec = importlib.import_module(f"{MODULES}.{module}").TASK.spec
    common = {name: value for name, value in COMMON.items() if name in spec}
    return run_task(module, hub, timings=TIMINGS, **{**common, **given(options)})


def act(api_url: str, module: str, options: Options) -> None:
    """Run a task in a process of its own, which may be killed."""
    run(module, SimpleNamespace(api_url=api_url), options)


def prepare(hub: FakeHub, transition: Transition) -> None:
    """Run the tasks before, and those of somebody else."""
    others: tuple[tuple[str, Options], ...] = (
        ("sth_sequence", {"src": OTHERS}),
        ("sth_instance", {"name": OTHERS, "sequence": OTHERS, "app_config": {"x": 9}}),
    )
    for module, options in (*others, *transition.before):
        result = run(module, hub, options)
        assert not result.get("failed"), result


def picture(hub: FakeHub) -> Picture:
    """Look at what is there, processes that the hub does not list too."""
    with hub.state.lock:
        hub.state.advance()
        stored = [(str(item.config["name"]), str(item.config["version"])) for item in hub.state.sequences.values()]
        alive = [item for item in hub.state.runners if item.process_alive]
        zombies = [item for item in hub.state.instances.values() if item.zombie]
        topics = tuple(sorted(hub.state.topics))
    processes = sorted(_described(item) for item in alive)
    return Picture(
        tuple(sorted(f"{name} {version[:24]}" for name, version in stored if name != OTHERS)),
        (*(described for described in processes if not described.startswith(OTHERS)), *("zombie" for _item in zombies)),
        topics,
        (
            *(described for described in processes if described.startswith(OTHERS)),
            *(name for name, _version in stored if name == OTHERS),
        ),
    )


def _described(process: Any) -> str:
    config = dict(process.settings)
    mark = config.pop("_sth", {})
    return f"{mark.get('name')} {process.sequence.config['version'][:24]} {sorted(config.items())} {process.args}"


@cache
def undisturbed(transition: Transition, generation: str) -> Undisturbed:
    """Run a transition without a fault."""
    with FakeHub(generation, HUB) as hub:
        prepare(hub, transition)
        before, requests, writes = picture(hub), len(hub.requests), len(hub.writes)
        result = run(transition.module, hub, transition.options)
        assert not result.get("failed"), result
        return Undisturbed(before, picture(hub), len(hub.requests) - requests, len(hub.writes) - writes)


def try_out(transition: Transition, kind: Kind, generation: str, at: int, writes: bool, lasting: bool) -> Cell:
    """Let a fault happen at write (or request) number ``at`` of a transition, clear it, and run the task twice more."""
    wanted = undisturbed(transition, generation)
    where = f"at {'write' if writes else 'request'} {at}{' and after' if lasting else ''}"
    cell = Cell(transition, kind, generation, where)
    with FakeHub(generation, HUB) as hub:
        prepare(hub, transition)
        struck = threading.Event()

        def strike() -> None:
            if not struck.is_set():
                struck.set()
                kind.then(hub)

        hub.fault(kind.fault(at, writes, lasting, strike))
        begun = time.monotonic()
        if kind.kills:
            _killed(hub, cell, struck)
        else:
            _first(hub, cell, wanted)
        cell.seconds = time.monotonic() - begun
        # No transition starts and ends more instances than these.
        most = longest(COMMON, TIMINGS, instances=6)
        if cell.seconds > most:
            cell.problems.append(f"first run: has taken {cell.seconds:.0f} s, and may take {most:.0f} s")
        if not struck.is_set():
            # It has needed fewer writes than before.
            cell.first = NO_FAULT
        hub.revive()
        if hub.state.restarts and not hub.state.is_1x:
            # Its programs have ended with it, so that the whole play is run again.
            prepare(hub, transition)
        _again(hub, cell, wanted)
    return cell


def _killed(hub: FakeHub, cell: Cell, struck: threading.Event) -> None:
    """Run the task in a process, and kill that when the fault happens."""
    cell.first = "killed"
    process = _context().Process(
        target=act, args=(hub.api_url, cell.transition.module, cell.transition.options), daemon=True
    )
    process.start()
    end = time.monotonic() + bound(20)
    while not struck.wait(0.01) and process.is_alive() and time.monotonic() < end:
        pass
    process.kill()
    process.join()
    process.close()


@cache
def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    used = {transition.module for transition in TRANSITIONS}
    context.set_forkserver_preload([__name__, *(f"{MODULES}.{name}" for name in used)])
    return context


def _attempt(hub: FakeHub, cell: Cell, name: str) -> dict[str, Any] | None:
    """Run the task; None after an exception, which no task may end with."""
    try:
        return run(cell.transition.module, hub, cell.transition.options)
    except Exception:
        cell.problems.append(f"{name} run: {traceback.format_exc(limit=-6)}")
        return None


def _first(hub: FakeHub, cell: Cell, wanted: Undisturbed) -> None:
    result = _attempt(hub, cell, "first")
    if result is None:
        cell.first = "exception"
        return
    cell.first = code = result.get("error_code", "ok")
    if code != "ok":
        told = f"{code}: {result['msg']}"
        if code not in (*cell.kind.codes, *cell.transition.codes):
            cell.problems.append(f"first run: not one of {cell.kind.codes}, but {told}")
        if not any(f"{way} " in result["msg"].lower() for way in WAYS_OUT):
            cell.problems.append(f"first run: no way out in {told}")
        silently = not result["changed"] and picture(hub) != wanted.before
        if silently and not cell.kind.denies and not hub.state.restarts:
            cell.problems.append(f"first run: has changed the hub and says that it has not: {told}")


def _again(hub: FakeHub, cell: Cell, wanted: Undisturbed) -> None:
    for name in ("second", "third"):
        result = _attempt(hub, cell, name)
        if result is None:
            continue
        if result.get("failed") and _is_stuck(hub, result):
            # Only another restart of the hub helps, as the failure says (hub-behaviour.md#records-that-never-go).
            hub.restart()
            cell.first += " (stuck)"
            result = _attempt(hub, cell, name) or result
        said = result.get("error_code") or ("changed" if result["changed"] else "unchanged")
        setattr(cell, name, said)
        if result.get("failed"):
            cell.problems.append(f"{name} run: {said}: {result['msg']}")
        elif name == "third" and result["changed"] and not cell.transition.repeats:
            cell.problems.append(f"third run: has done {[item['object'] for item in result['actions']]}")
        cell.problems += [f"after the {name} run: {text}" for text in _differences(hub, wanted)]


def _is_stuck(hub: FakeHub, result: dict[str, Any]) -> bool:
    return hub.state.is_1x and hub.state.restarts > 0 and "restart" in result["msg"]


def _differences(hub: FakeHub, wanted: Undisturbed) -> Iterator[str]:
    found = picture(hub)
    for part in ("sequences", "processes", "topics", "others"):
        there, expected = getattr(found, part), getattr(wanted.after, part)
        if there != expected:
            yield f"{part} {there}, and not {expected}"
