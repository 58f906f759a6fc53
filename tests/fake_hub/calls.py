# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request as routes see it, and what they answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

JSON_TYPES = ("application/json", "text/json", "application/*", "*/*")
OCTETS = "application/octet-stream"
STREAM_TYPES = (OCTETS, "application/*", "*/*")
# How often a waiting answer looks whether there is something to say.
TICK = 0.005


class DiedError(Exception):
    """The request has killed the hub."""


@dataclass
class Call:
    """A request as a route sees it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    # Bytes that have come on the connection so far, this request's included.
    received: int = 0
    # Whether the client has gone: nobody waits for the answer any more.
    gone: Callable[[], bool] = lambda: False
    # Say that everything that came later may be handled now: a real hub has one thread and handles in order.
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
    """What is sent back: JSON, text, nothing, or a stream; ``HANG`` is no answer at all."""

    status: int = 200
    reason: str = "OK"
    json: Any = None
    text: str | None = None
    # None in it is a pause, in which the client may have gone.
    stream: Callable[[], Iterator[bytes | None]] | None = None
    # Of what is not JSON.
    content_type: str | None = None
    hang: bool = False


HANG = Answer(hang=True)
NOT_FOUND = Answer(404, "Not Found")
