# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_event``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options


@dataclass(frozen=True, repr=False, eq=False)
class EventOptions(Options):
    """The options of ``sth_event``."""

    instance: str | None
    sequence: str | None
    send: str | None
    payload: Any
    payload_json: str | None
    expect: str | None
    expect_which: Literal["next", "last"]
    failure_event: str | None
    wait_timeout: float
    max_parallel: int
    secret_keys: list[str]
    mask_output: bool
