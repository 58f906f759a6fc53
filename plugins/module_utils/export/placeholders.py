# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets of an exported program, replaced by variables. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker

PREFIX = "vault_"


class Placeholder(str):
    """A template expression that names a variable. It is written unchanged, while all other text of a program is escaped as data."""

    __slots__ = ()


class Placeholders:
    """Replaces secrets, and keeps the value of each variable. Equal values of one owner share a variable."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self.values: dict[str, Any] = {}
        self.owners: dict[str, str] = {}

    def program(self, owner: str, app_config: Any, args: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Return the configuration and the arguments of a program without secrets. ``owner``: its name, for the variables."""
        shown_config, shown_args = self._masker.program(app_config, args)
        return (
            self._replaced(app_config, shown_config, owner, ("app_config",)),
            self._replaced(list(args), shown_args, owner, ("args",)),
        )

    def _replaced(self, value: Any, shown: Any, owner: str, path: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping) and isinstance(shown, Mapping):
            return {key: self._replaced(item, shown[key], owner, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, (list, tuple)) and isinstance(shown, list):
            pairs = enumerate(zip(value, shown))
            return [self._replaced(item, mask, owner, (*path, str(index))) for index, (item, mask) in pairs]
        if value == shown:
            return value
        return Placeholder(f"{{{{ {self._variable(value, owner, path)} }}}}")

    def _variable(self, value: Any, owner: str, path: tuple[str, ...]) -> str:
        for name, known in self.values.items():
            if self.owners[name] == owner and type(known) is type(value) and known == value:
                return name
        # Leave app_config out of the name, because most variables come from it.
        parts = path if path[0] == "args" else path[1:]
        plain = PREFIX + re.sub(r"\W+", "_", "_".join((owner, *parts)), flags=re.ASCII).strip("_").lower()
        name, number = plain, 1
        while name in self.values:
            number += 1
            name = f"{plain}_{number}"
        self.values[name], self.owners[name] = value, owner
        return name
