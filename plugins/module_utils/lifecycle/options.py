# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say when an instance is ready, and how it is ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options


@dataclass(frozen=True, repr=False, eq=False)
class ReadinessOptions(Options):
    """The options of ``specs.READINESS``; times in seconds."""

    wait_for: Literal["running", "event", "healthy", "none"]
    ready_event: str | None
    failure_event: str | None
    wait_timeout: float
    stable_for: float
    overload_timeout: float
    start_attempts: int
    max_parallel: int


@dataclass(frozen=True, repr=False, eq=False)
class EndingOptions(Options):
    """The options of ``specs.ENDING``; times in seconds."""

    stop_timeout: float
    can_keepalive: bool
    removal_timeout: float
