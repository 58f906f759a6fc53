# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each message that a playbook or a role itself fails with ends with one of the codes of docs/failures.md."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODES = set(
    re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "failures.md").read_text(encoding="utf-8"), re.MULTILINE)
)
FAILING = {"ansible.builtin.assert": "fail_msg", "ansible.builtin.fail": "msg"}
FILES = [
    path
    for place in ("playbooks", "roles")
    for path in sorted((ROOT / place).rglob("*.yml"))
    if "vars" not in path.parts
]


def messages(content: Any) -> Iterator[str]:
    """Yield the messages of all tasks that fail, at any depth."""
    if isinstance(content, list):
        for item in content:
            yield from messages(item)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key in FAILING:
                yield value.get(FAILING[key], "")
            yield from messages(value)


# Each worker reads all these files before its first test, so with the quick loader.
FOUND = [
    pytest.param(message, id=f"{path.relative_to(ROOT)}-{number}")
    for path in FILES
    for number, message in enumerate(messages(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)))
]


@pytest.mark.parametrize("message", FOUND)
def test_each_failure_has_a_code(message: str) -> None:
    ending = re.search(r" \(error_code=(.+)\)$", message)
    assert ending, f"no code at the end of: {message}"
    code = ending[1]
    if code.startswith("{{"):
        # One of several codes, or the code of a task that has failed.
        chosen = set(re.findall(r"'([A-Z_]+)'", code))
        assert chosen
        assert chosen <= CODES
    else:
        assert code in CODES


def test_the_tasks_are_found() -> None:
    assert len(FOUND) > 20
