# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converts the arguments of a task as for a module, which gets them as JSON. Other values of a playbook become text."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any


def as_module_gets(value: Any) -> Any:
    """Return ``value`` with keys as texts, sequences as lists, and dates and values from a vault as texts."""
    # The check for a mapping is slow, so check first for numbers and texts, which are more frequent.
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        # Plain text without the tags of ansible-core.
        return str(value)
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else _key(key): as_module_gets(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_module_gets(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    # A value from a vault is not a text on every version. This decrypts it.
    return str(value)


def _key(key: Any) -> str:
    return json.dumps(key) if key is None or isinstance(key, (bool, int, float)) else str(as_module_gets(key))
