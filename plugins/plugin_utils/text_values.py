# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads lists and mappings from text, such as text from the survey of a job template or a command line."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from ansible.module_utils.common.yaml import yaml_load


def list_from(value: Any, commas: bool = False) -> Any:
    """Return the list in a text: JSON or YAML, or one item on each line. A list or mapping is returned unchanged.

    Empty lines are ignored. ``commas``: commas separate items too. Otherwise text that begins with [ but is not a list stays text.

    A number, boolean or date becomes a list with its text. AWX marks the answers to a survey as unsafe, and ansible-core from 2.19 on
    then reads a text such as 5 as a number, and an empty one as null.
    """
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (int, float, datetime.date)):
        return [str(value)]
    if not isinstance(value, str):
        return value
    parsed = _json_or_yaml(value)
    if isinstance(parsed, list) and re.match(r"\s*(---\s+)?(\[|- )", value):
        return parsed
    if commas:
        return [item.strip() for item in re.split(r"[,\r\n]", value) if item.strip()]
    if value.lstrip().startswith("["):
        # Probably a list with a mistake in it, and not one item.
        return value
    return [line for line in value.splitlines() if line]


def mapping_from(value: Any) -> Any:
    """Return the mapping in a JSON or YAML text. Any other value is returned unchanged."""
    if not isinstance(value, str):
        return value
    parsed = _json_or_yaml(value)
    return parsed if isinstance(parsed, Mapping) else value


def _no_json(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _json_or_yaml(text: str) -> Any:
    # A plain str, because parsers do not accept the subclasses of ansible-core.
    plain = str.__str__(text)
    try:
        # Not all JSON is YAML: an escaped emoji and a tab are not.
        return json.loads(plain, parse_constant=_no_json)
    except (ValueError, RecursionError):
        pass
    try:
        return yaml_load(plain)
    except (yaml.YAMLError, ValueError, RecursionError):
        # Do not show the error, because it would quote the text, which may be secret.
        return None
