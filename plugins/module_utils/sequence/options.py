# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_sequence``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import EndingOptions
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import PackageOptions


@dataclass(frozen=True, repr=False, eq=False)
class SequenceOptions(PackageOptions, EndingOptions):
    """The options of ``sth_sequence``."""

    state: Literal["present", "absent"]
    name: str | None
    version: str | None
    id: str | None
    on_change: Literal["replace", "overwrite", "keep", "fail"]
    keep_old: bool
    in_use: Literal["fail", "keep", "stop"]
