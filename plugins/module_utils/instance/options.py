# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_instance``, without those of ``state: completed``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import EndingOptions, ReadinessOptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import (
    Program,
    ProgramOptions,
    member,
    settings_of,
    single,
)


@dataclass(frozen=True, repr=False, eq=False)
class InstanceOptions(ProgramOptions, ReadinessOptions, EndingOptions):
    """The options of ``sth_instance``, without those of ``state: completed``."""

    state: Literal["started", "restarted", "stopped", "absent", "completed"]
    name: str | None
    count: int | None
    id: str | None
    all: bool
    sequence: str | None
    on_change: Literal["recreate", "keep", "fail"]


def programs(options: InstanceOptions) -> list[Program]:
    """Return the program of each wanted member, by ``name`` and ``count``, or of the one instance with ``id``."""
    if options.name is None or options.count is None:
        return [single(options, options.name, options.id)]
    return [member(settings_of(options, index), options.name, index) for index in range(options.count)]
