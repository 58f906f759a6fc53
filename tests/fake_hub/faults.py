# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults between a hub and its client."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass
class Fault:
    """A fault of requests with the method ``method`` and a path that contains ``path`` (a regex). Empty: any.

    ``reset``: the connection is closed before the request is handled. ``lost``: the request is handled, but its answer is lost.
    ``truncate``: the answer is cut off. ``drip``: the answer comes byte by byte. ``hang``: the request is not handled, and gets no
    answer. ``mute``: the request is handled, and gets no answer. ``status``: ``status``, ``reason``, ``headers`` and ``body`` are the
    answer, after ``seconds``. With ``handled``, the hub handles the request in the meantime; otherwise not at all.
    ``die``: the hub dies before it handles the request. ``cut``: the hub dies after it has handled the request.

    ``times``: how often this happens, after ``skip`` matching requests. ``then`` is called when it happens, before the client sees
    anything.
    """

    kind: Literal["reset", "lost", "truncate", "drip", "hang", "mute", "status", "die", "cut"]
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    status: int = 500
    reason: str = "Fault"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    handled: bool = False
    writes_only: bool = False
    then: Callable[[], object] = field(default=lambda: None, repr=False)

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


# The reason phrases of nginx.
REASONS = {
    429: "Too Many Requests",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


def from_gateway(status: int, method: str = "", path: str = "", *, retry_after: str = "", **how: Any) -> Fault:
    """Return a fault in which a gateway answers in the place of the hub. ``how``: other fields of the fault."""
    headers = {"Content-Type": "text/html", **({"Retry-After": retry_after} if retry_after else {})}
    page = f"<html><h1>{status} {REASONS[status]}</h1></html>".encode()
    return Fault("status", method, path, status=status, reason=REASONS[status], headers=headers, body=page, **how)
