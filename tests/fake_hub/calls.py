# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request for the routes, and their answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

JSON_TYPES = ("application/json", "text/json", "application/*", "*/*")
OCTETS = "application/octet-stream"
STREAM_TYPES = (OCTETS, "application/*", "*/*")


class DiedError(Exception):
    """The request has killed the hub."""


@dataclass
class Call:
    """A request as a route sees it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    # Bytes received on the connection so far, including this request.
    received: int = 0
    # Whether the client has closed the connection.
    gone: Callable[[], bool] = lambda: False
    # Call it when later requests may be handled. A real hub has one thread, and handles requests in order.
    noted: Callable[[], None] = lambda: None

    def json(self) -> Any:
        """Return the decoded body; None for an empty one."""
        return json.loads(self.body) if self.body else None

    @property
    def content_type(self) -> str | None:
        """The media type without parameters."""
        given = self.headers.get("content-type")
        return None if given is None else given.split(";")[0].strip()


@dataclass
class Answer:
    """The answer of a route: JSON, text, nothing, or a stream. With `HANG`, the client never gets an answer."""

    status: int = 200
    reason: str = "OK"
    json: Any = None
    text: str | None = None
    # The pieces of a stream. None: there is no data now; look whether the client has closed the connection.
    stream: Callable[[], Iterator[bytes | None]] | None = None
    # For answers that are not JSON.
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False


HANG = Answer(hang=True)
NOT_FOUND = Answer(404, "Not Found")
