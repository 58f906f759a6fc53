# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See as_list.yml, as_mapping.yml and misspelt_names.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.scramjet.sth.plugins.plugin_utils.known_names import misspelt_names
from ansible_collections.scramjet.sth.plugins.plugin_utils.text_values import list_from, mapping_from


class FilterModule:
    """Filters of this collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"as_list": list_from, "as_mapping": mapping_from, "misspelt_names": misspelt_names}
