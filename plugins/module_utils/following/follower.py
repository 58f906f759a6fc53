# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows all hubs of an event source, and ends quickly."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.following.arguments import Arguments
from ansible_collections.scramjet.sth.plugins.module_utils.following.outbox import Outbox
from ansible_collections.scramjet.sth.plugins.module_utils.following.watch import Watch
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL, Timings


class Follower:
    """Follows hubs in threads. ``arrived`` is called, in any of them, when `take` has something."""

    def __init__(self, arguments: Arguments, arrived: Callable[[], None], timings: Timings = REAL) -> None:
        self._timings = timings
        self._outbox = Outbox(arrived)
        self._watches = [Watch(hub, arguments, self._outbox, timings) for hub in arguments.hubs]

    def start(self) -> None:
        """Begin to follow."""
        for watch in self._watches:
            watch.start()

    def take(self) -> dict[str, Any] | None:
        """Return the next event; None if there is none yet. Raises `SthError` if a hub is no longer followed."""
        return self._outbox.take()

    def stop(self) -> None:
        """End all threads and connections."""
        self._outbox.close()
        for watch in self._watches:
            watch.end()
        for watch in self._watches:
            watch.wait(self._timings.parting)
