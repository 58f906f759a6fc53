# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between a hub and its client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


@dataclass
class Fault:
    """One thing to go wrong, for requests whose method is ``method`` and whose path has ``path`` (a regex) in it.

    ``reset``: the connection is closed before the request is handled. ``lost``: the request is handled, but its answer is lost.
    ``truncate``: the answer is cut off. ``hang``: no answer. ``status``: the request is not handled, and ``status`` and ``body``
    are the answer. ``die``: the hub dies before it handles the request. ``cut``: the hub dies after it has handled the request.
    ``times``: how often this happens, after ``skip`` matching requests.
    """

    kind: Literal["reset", "lost", "truncate", "hang", "status", "die", "cut"]
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    status: int = 500
    body: bytes = b""
    writes_only: bool = False

    def strikes(self, method: str, path: str, write: bool) -> bool:
        """Whether the fault happens to this request. Counts the request."""
        if self.times <= 0 or (self.method and method != self.method) or not re.search(self.path, path):
            return False
        if self.writes_only and not write:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True
