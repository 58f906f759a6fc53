# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds a program's input while its output is read (interface.md section 5, ``input``)."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from ansible_collections.scramjet.sth.plugins.module_utils.client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError

_CONTENT_TYPES = {"content": "text/plain", "lines": "application/x-ndjson", "src": "application/octet-stream"}


@dataclass(frozen=True)
class Feed:
    """What to write to ``stream``: ``data`` or the file at ``path``."""

    stream: str
    content_type: str
    end: bool
    data: bytes | None = None
    path: str | None = None

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        return open(self.path, "rb") if self.path is not None else io.BytesIO(self.data or b"")


def feed_from_options(options: Mapping[str, Any] | None) -> Feed | None:
    """Read the option ``input``. Raises ``INVALID_OPTION`` where its file cannot be read."""
    if options is None:
        return None
    kind = next(name for name in _CONTENT_TYPES if options[name] is not None)
    data: bytes | None = None
    if kind == "content":
        data = options["content"].encode()
    elif kind == "lines":
        data = b"".join(json.dumps(line).encode() + b"\n" for line in options["lines"])
    else:
        try:
            open(options["src"], "rb").close()
        except OSError as error:
            raise SthError("INVALID_OPTION", f"input.src {options['src']} cannot be read: {error.strerror}.") from None
    content_type = options["content_type"] or _CONTENT_TYPES[kind]
    return Feed(options["stream"], content_type, options["end"], data, options["src"] if kind == "src" else None)


@contextlib.contextmanager
def feeding(hub: HubClient, instance_id: str, feed: Feed | None) -> Iterator[Feeder | None]:
    """Write ``feed`` from a thread of its own: the hub takes no more than the program does."""
    if feed is None:
        yield None
        return
    feeder = Feeder(hub, instance_id, feed)
    feeder.start()
    try:
        yield feeder
    finally:
        # A program may end without reading all of its input; the hub then drops the connection.
        feeder.join(1.0)


class Feeder(threading.Thread):
    """Writes one feed. ``error`` is what kept it from being taken whole."""

    def __init__(self, hub: HubClient, instance_id: str, feed: Feed) -> None:
        super().__init__(daemon=True, name=f"feed {feed.stream}")
        self.error: SthError | None = None
        self._client = hub.instance(instance_id)
        self._feed = feed

    def run(self) -> None:
        """Write."""
        feed = self._feed
        try:
            with feed.open() as data:
                if feed.stream == "stdin":
                    self._client.send_stdin(data, feed.end)
                else:
                    self._client.send_input(data, feed.content_type, feed.end)
        except SthError as error:
            self.error = error
