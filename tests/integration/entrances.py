# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records what the tasks of a target return, and compares what they return through two entrances."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT

# What no two runs have in common: times, and digests of logs, in which there are times.
VARYING = {"created", "started", "ended", "received", "elapsed", "seconds", "sha256"}
# ansible-core says so of each module that fails where failed_when lets it pass, and means its traceback, of which there is none.
CORES_OWN = {"failed_when_suppressed_exception", "exception"}
_RANDOM = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HUB"),
    (re.compile(r"/[\w./-]*/ansible\.\w+\.sth"), "WORKSPACE"),
    (re.compile(r'("ts": ?)\d+|\d{4}-\d\d-\d\dT[\d:.]+Z'), "TIME"),
)


def recording(path: pathlib.Path) -> dict[str, str]:
    """Return the environment in which a playbook writes the results of its tasks to ``path``."""
    return {
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "integration" / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "recording",
        "STH_TEST_RECORD": str(path),
    }


def differences(one: pathlib.Path, other: pathlib.Path) -> list[str]:
    """Return where two recordings of one playbook differ, except in what no two runs have in common."""
    first, second = _recorded(one), _recorded(other)
    if [item["task"] for item in first] != [item["task"] for item in second]:
        return ["other tasks were run"]
    return [
        f"{item['task']}: {text}"
        for item, counterpart in zip(first, second)
        for text in _compared(_comparable(item), _comparable(counterpart), "")
    ]


def _recorded(path: pathlib.Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _comparable(value: Any, key: str = "") -> Any:
    if key in VARYING and value is not None:
        return type(value).__name__
    if key == "instances" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        # Of a sequence; it depends on how long the hub lists what has ended.
        return []
    if isinstance(value, dict):
        return {name: _comparable(item, name) for name, item in value.items() if name not in CORES_OWN}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, str):
        for pattern, name in _RANDOM:
            value = pattern.sub(name, value)
    return value


def _compared(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            if key in one and key in other:
                yield from _compared(one[key], other[key], f"{path}.{key}")
            else:
                yield f"{path}.{key} is in one of them only"
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (item, counterpart) in enumerate(zip(one, other)):
            yield from _compared(item, counterpart, f"{path}[{number}]")
    elif one != other:
        yield f"{path} is {one!r} and {other!r}"
