# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists and mappings that come as text, as from the survey of a job template or a command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from ansible.module_utils.common.yaml import yaml_load


def list_from(value: Any, commas: bool = False) -> Any:
    """Return the list that a text holds: JSON or YAML of one, or else one item on each line, and what is no text as it is.

    Empty lines do not count. ``commas``: they separate items too; without, text that begins with [ and is no list stays text.
    """
    if not isinstance(value, str):
        return value
    parsed = _parsed(value)
    if isinstance(parsed, list) and re.match(r"\s*(\[|- )", value):
        return parsed
    if commas:
        return [item.strip() for item in re.split(r"[,\r\n]", value) if item.strip()]
    if value.lstrip().startswith("["):
        # A list with a mistake in it, which nobody means as one item.
        return value
    return [line for line in value.splitlines() if line]


def mapping_from(value: Any) -> Any:
    """Return the mapping that a text holds as JSON or YAML; what is no text, or holds none, as it is."""
    if not isinstance(value, str):
        return value
    parsed = _parsed(value)
    return parsed if isinstance(parsed, Mapping) else value


def _parsed(text: str) -> Any:
    try:
        # Exactly a text: parsers take nothing that ansible-core derives from it.
        return yaml_load(str.__str__(text))
    except yaml.YAMLError:
        # What it says would quote the text, which may be secret.
        return None
