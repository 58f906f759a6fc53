# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events on their way from the threads that follow hubs to whoever passes them on."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Callable

# The most events that wait here. If there are so many, the threads wait too, and the hubs keep further events.
MOST = 256


class Outbox:
    """A queue for many threads that put and one that takes. ``arrived`` is called, in any thread, when there is something."""

    def __init__(self, arrived: Callable[[], None], most: int = MOST) -> None:
        self._arrived = arrived
        self._most = most
        self._waiting: deque[dict[str, Any]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._failure: Exception | None = None

    def put(self, event: dict[str, Any]) -> None:
        """Add an event, as soon as there is room; drop it if the outbox is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._waiting) < self._most)
            if self._closed:
                return
            self._waiting.append(event)
        self._arrived()

    def take(self) -> dict[str, Any] | None:
        """Return the oldest event; None if there is none. After the last event, raises the exception that `fail` got."""
        with self._changed:
            if self._waiting:
                self._changed.notify_all()
                return self._waiting.popleft()
            if self._failure is not None:
                raise self._failure
        return None

    def fail(self, failure: Exception) -> None:
        """Make `take` raise ``failure`` after the last event, because the thread that follows a hub has ended."""
        self._failure = failure
        self._arrived()

    def close(self) -> None:
        """Wake every thread that waits for room. Their events, and later ones, are dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
