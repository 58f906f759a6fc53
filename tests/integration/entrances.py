# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a target through both entrances on simulated hubs, and compares the results of its tasks.

They must be equal, except for values that depend on the clock.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import simulated_hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, run_target

# A module in its own process takes four times as long. The targets that are compared, test_same_through_both.py and test_secrets.py show
# that it does the same. Other tests use the second entrance only with `make matrix`.
through_entrances = pytest.mark.parametrize("entrance", ["in_process", *(["module"] if EVERYTHING else [])])
# Keys that differ in each run: durations, times of the hub's clock, and logs, which contain times.
OF_ITS_OWN = {"created", "started", "ended", "received", "elapsed", "seconds", "attempts", "log", "logs", "sha256"}
# Keys that ansible-core adds if failed_when lets a failure pass. It adds them only for a module.
CORES_OWN = {"failed_when_suppressed_exception", "exception"}
# The name of the task that cleans up at the end of a target. Its result is not compared, because it depends on time.
CLEANING_UP = "Remove what is left"
_RANDOM = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HUB"),
    (re.compile(r"/[\w./-]*/ansible\.\w+\.sth"), "WORKSPACE"),
    # How much of a log is read depends on time.
    (re.compile(r"it said .*?; (?=see the end)"), ""),
)


def compare_entrances(target: str, directory: pathlib.Path) -> None:
    """Run the target through both entrances. Fails if a run fails or if their results differ."""
    paths = []
    # "auto" and not "in_process", because some tasks of a target cannot run in-process.
    for entrance in ("auto", "module"):
        own = directory / entrance
        own.mkdir()
        paths.append(own / "results.json")
        with contextmanager(simulated_hub)("1.x", entrance) as hub:
            run_target(target, hub.variables, own, environment=recording(paths[-1]))
    require_same(*(recorded(path) for path in paths))


def compare_if_asked(target: str, directory: pathlib.Path) -> None:
    """Run the target through one entrance; with ``make matrix`` through both."""
    if EVERYTHING:
        compare_entrances(target, directory)
        return
    with contextmanager(simulated_hub)("1.x") as hub:
        run_target(target, hub.variables, directory)


def require_same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    """Fail if the recorded results of two plays differ."""
    differences = list(_differences(one, other))
    assert not differences, "\n".join(differences)


def recording(path: pathlib.Path) -> dict[str, str]:
    """Return the environment in which a playbook writes the results of its tasks to ``path``."""
    return {"STH_TEST_RECORD": str(path)}


def recorded(path: pathlib.Path) -> list[dict[str, Any]]:
    """Return the recorded results, in order."""
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [item for item in found if not item["task"].endswith(CLEANING_UP)]


def _differences(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> Iterator[str]:
    if [item["task"] for item in one] != [item["task"] for item in other]:
        yield "other tasks were run"
        return
    for item, counterpart in zip(one, other):
        for text in _compared(item["result"], counterpart["result"], ""):
            yield f"{item['task']}: {text}"


def _compared(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other} - CORES_OWN):
            if key not in one or key not in other:
                yield f"{path}.{key} is in one of them only"
            elif key not in OF_ITS_OWN and not (key == "instances" and _are_ids(one[key]) and _are_ids(other[key])):
                yield from _compared(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (item, counterpart) in enumerate(zip(one, other)):
            yield from _compared(item, counterpart, f"{path}[{number}]")
    elif _comparable(one) != _comparable(other):
        yield f"{path} is {one!r} and {other!r}"


def _are_ids(items: Any) -> bool:
    """Whether ``items`` are ids of the instances of a sequence. A hub lists ended ones for some time, so their number differs."""
    return isinstance(items, list) and all(isinstance(item, str) for item in items)


def _comparable(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    for pattern, name in _RANDOM:
        text = pattern.sub(name, text)
    return text
