# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The typed options of each module are those of its argument spec (docs/architecture.md#rooms)."""

from __future__ import annotations

import importlib
import pathlib
from dataclasses import fields
from typing import Any, Literal, Optional, get_type_hints

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import Ending
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import ENDING, HUB, Spec

MODULES = sorted(
    path.stem for path in (pathlib.Path(__file__).resolve().parents[3] / "plugins" / "modules").glob("sth_*.py")
)
TYPES = {"str": str, "path": str, "int": int, "float": float, "bool": bool, "raw": Any, "dict": dict[str, Any]}


def compare(kind: Any, spec: Spec) -> None:
    """Require one field for each option, of the type that Ansible makes of it."""
    of_suboptions = {item.name: item.metadata.get("kind") for item in fields(kind)}
    differing = ", ".join(sorted(of_suboptions.keys() ^ spec.keys()))
    assert not differing, f"{kind.__name__} and the argument spec must have the same options: {differing}"
    hints = get_type_hints(kind)
    wrong = {
        name: f"{hints[name]}, and the spec says {wanted}"
        for name, option in spec.items()
        for wanted in [type_of(option, of_suboptions[name])]
        if hints[name] != wanted
    }
    assert not wrong, f"{kind.__name__} has other types than the argument spec"
    for name, option in spec.items():
        if "options" in option:
            compare(of_suboptions[name], option["options"])


def type_of(option: dict[str, Any], of_suboptions: Any) -> Any:
    """Return the type of an option's value; None is in it if the option can be left out."""
    name = option["elements"] if option["type"] == "list" else option["type"]
    kind: Any = of_suboptions if "options" in option else TYPES[name]
    if "choices" in option:
        kind = Literal[tuple(option["choices"])]
    if option["type"] == "list":
        kind = list[kind]
    is_set = option.get("required") or option.get("default") is not None
    return kind if is_set or kind is Any else Optional[kind]


@pytest.mark.parametrize("module", MODULES)
def test_an_option_of_a_module_is_a_field_of_its_typed_options(module: str) -> None:
    task = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{module}").TASK
    compare(task.options_type, task.options)


def test_an_option_of_the_connection_is_a_field_of_it() -> None:
    # What was read from a file is not an option, and does not count when connections are compared.
    assert {item.name for item in fields(Connection) if item.compare} == HUB.keys()


@pytest.mark.parametrize(("kind", "spec"), [(Connection, HUB), (Ending, ENDING)])
def test_typed_options_have_the_defaults_of_the_argument_spec(kind: Any, spec: Spec) -> None:
    # A connection has its headers as a tuple, so that it can be a key.
    found = {item.name: item.default or None for item in fields(kind) if item.name in spec}
    assert found == {name: option.get("default") or None for name, option in spec.items()}
