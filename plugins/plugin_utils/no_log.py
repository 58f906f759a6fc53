# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes the values of ``no_log`` options from a result, as ansible-core does for a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    # From 2.22 on values are registered when they are validated, and the older function is deprecated.
    from ansible.module_utils.secrets import mask_secrets  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from ansible.module_utils.common.parameters import remove_values
else:

    def remove_values(value: Any, no_log_strings: Any) -> Any:
        """Return ``value`` without registered secrets."""
        if isinstance(value, str):
            return mask_secrets(value)
        if isinstance(value, Mapping):
            return {key: remove_values(item, no_log_strings) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [remove_values(item, no_log_strings) for item in value]
        return value


def without_no_log(value: Any, no_log_values: set[str]) -> Any:
    """Return ``value`` (mappings, lists, scalars) with every ``no_log`` value in it hidden."""
    return remove_values(value, no_log_values)
