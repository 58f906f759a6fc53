# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the ``args`` of a program in a task, which reach the program as JSON.

This runs on the controller, because a module gets values that are not JSON as text.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.plugin_utils.text_values import list_from

NAMES = ("args", "sequence_args")
_NO_JSON = (
    ((datetime.date, datetime.time), "a date or a time"),
    ((bytes, bytearray), "binary data"),
    ((set, frozenset), "a set"),
)


def with_json_args(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a task, with text in ``args`` (also in ``overrides``) converted to a list.

    Raises ``INVALID_CONFIG`` for values that JSON cannot represent. The module refuses args of another type.
    """
    prepared = _prepared(arguments, "")
    overrides = prepared.get("overrides")
    if isinstance(overrides, (list, tuple)):
        prepared["overrides"] = [
            _prepared(item, f"overrides[{index}].") if isinstance(item, Mapping) else item
            for index, item in enumerate(overrides)
        ]
    return prepared


def _prepared(holder: Mapping[str, Any], place: str) -> dict[str, Any]:
    prepared = dict(holder)
    for name in NAMES:
        args = prepared.get(name)
        if isinstance(args, str):
            # Parse it like the roles. ansible-core would split it at commas, even inside an argument.
            is_json = args.lstrip().startswith("[")
            args = prepared[name] = _list_in(args, place + name) if is_json else list_from(args)
        _refuse_other_than_json(args, place + name)
    return prepared


def _list_in(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # ansible-core before 2.19 converts a list with a date in it to such a text. It is not shown, because it may contain secrets.
        raise SthError(
            "INVALID_CONFIG",
            f"{name} is text that begins with [ but is not JSON: write a list, and write dates as strings.",
        ) from None


def _refuse_other_than_json(value: Any, name: str) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_other_than_json(item, f"{name}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _refuse_other_than_json(item, f"{name}[{index}]")
    for kinds, called in _NO_JSON:
        if isinstance(value, kinds):
            raise SthError("INVALID_CONFIG", f"{name} is {called}, which JSON cannot represent: write a string.")
