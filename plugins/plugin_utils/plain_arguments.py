# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task's arguments as a module gets them, which reach it as JSON: what a playbook holds besides that has become text there."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any


def as_module_gets(value: Any) -> Any:
    """Return ``value`` with keys as texts, lists for whatever is like one, and texts for dates and for values from a vault."""
    # What is no mapping takes long to find out, so that texts and numbers, of which there are most, come first.
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        # Text without what ansible-core notes of it.
        return str(value)
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else _key(key): as_module_gets(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_module_gets(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    # What a vault has encrypted is no text everywhere, and decrypted by this.
    return str(value)


def _key(key: Any) -> str:
    return json.dumps(key) if key is None or isinstance(key, (bool, int, float)) else str(as_module_gets(key))
