# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the definitions for AWX, as a controller gets them."""

from __future__ import annotations

from typing import Any

import yaml
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.scramjet.sth.tests.running.commands import COLLECTION

FILES = sorted((COLLECTION / "playbooks" / "vars" / "awx").glob("*.yml"))
IMAGE = "registry.example.com/sth-ee:1.0"


class Unsafe(str):
    """Text that Ansible does not evaluate, and writes with the tag ``!unsafe``."""


class _Loader(yaml.SafeLoader):
    pass


def _unsafe(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Unsafe:
    return Unsafe(loader.construct_scalar(node))


_Loader.add_constructor("!unsafe", _unsafe)


def definitions(**variables: str) -> dict[str, Any]:
    """Return the variables of all files, evaluated with ``variables``."""
    found: dict[str, Any] = {}
    for path in FILES:
        found.update(yaml.load(path.read_text(encoding="utf-8"), _Loader))
    evaluated: dict[str, Any] = _evaluated(found, {"sth_awx_image": IMAGE, **variables})
    return evaluated


def question(spec: dict[str, Any], variable: str) -> dict[str, Any]:
    """Return the question of a survey that asks for a variable."""
    return next(item for item in spec["spec"] if item["variable"] == variable)


def _evaluated(value: Any, variables: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _evaluated(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_evaluated(item, variables) for item in value]
    if isinstance(value, str) and not isinstance(value, Unsafe) and "{{" in value:
        return NativeEnvironment().from_string(value).render(variables)
    return value
