# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes through topics: ``POST`` and ``GET /topic/:name`` (recordings topics-data)."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.scramjet.sth.tests.fake_hub.state import State


class TopicData:
    """The data in the topics of a hub; a name becomes a topic by being used."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._data: dict[str, bytearray] = {}
        self._ended: set[str] = set()

    def clashes(self, name: str, content_type: str) -> bool:
        """Whether a 1.x hub has the topic with another type; it makes one that it has not."""
        with self._state.lock:
            return self._state.is_1x and self._state.topics.setdefault(name, content_type) != content_type

    def write(self, name: str, data: bytes, ends: bool) -> bool:
        """Write; False where a 0.18 hub hangs, since the topic was ended."""
        with self._state.lock:
            if name in self._ended:
                return False
            self._data.setdefault(name, bytearray()).extend(data)
            # A 1.x hub goes on with it.
            if ends and not self._state.is_1x:
                self._ended.add(name)
        return True

    def read(self, name: str) -> Iterator[bytes | None]:
        """Yield what is in it, for ever; None is a pause."""
        while True:
            with self._state.lock:
                data = bytes(self._data.pop(name, b""))
            yield data or None
