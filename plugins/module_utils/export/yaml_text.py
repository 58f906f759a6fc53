# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes plain values as YAML that Ansible reads. A module may run on a machine without a YAML library. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.export.placeholders import Placeholder

# Text that needs no quotes, unless it is one of the words that some readers of YAML take for a boolean, null or a number.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"}
_TEMPLATE = re.compile(r"\{[{%#]")


def yaml_lines(value: Any, indent: str = "") -> Iterator[str]:
    """Yield the lines of a mapping or list in block style."""
    items = value.items() if isinstance(value, Mapping) else ((None, item) for item in value)
    for key, item in items:
        head = "-" if key is None else f"{_scalar(str(key), is_key=True)}:"
        if not isinstance(item, (Mapping, list, tuple)) or not item:
            yield f"{indent}{head} {_scalar(item)}"
        elif key is None:
            first, *rest = yaml_lines(item, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}{head}"
            yield from yaml_lines(item, f"{indent}  ")


def comment(text: str) -> str:
    """Return ``text`` as the line of a comment, whatever is in it."""
    return f"# {' '.join(''.join(item if item.isprintable() else ' ' for item in text).split())}".rstrip()


def _scalar(value: Any, is_key: bool = False) -> str:
    if isinstance(value, float):
        # YAML 1.1 takes a number with an exponent and without a point for a text.
        return re.sub(r"^(-?\d+)e", r"\1.0e", json.dumps(value, allow_nan=False))
    if isinstance(value, Placeholder) or not isinstance(value, str):
        return json.dumps(value, allow_nan=False)
    if _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    # A JSON string in ASCII is also a YAML string. But JSON writes a character beyond 16 bits as two escapes, and YAML as one.
    quoted = re.sub(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}", _as_one_escape, json.dumps(value))
    # Without ``!unsafe``, Ansible would evaluate a template in the configuration of a program. It does not evaluate keys.
    return f"!unsafe {quoted}" if _TEMPLATE.search(value) and not is_key else quoted


def _as_one_escape(pair: re.Match[str]) -> str:
    return f"\\U{ord(json.loads(chr(34) + pair.group() + chr(34))):08x}"
