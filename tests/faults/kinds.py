# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong, and what a task may say then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault

# More often than any task asks.
ALWAYS = 10**6
_PAGE = b"<html><body>Please sign in</body></html>"


@dataclass(frozen=True, eq=False)
class Kind:
    """A fault. ``codes``: the error codes of a task that fails by it, if it fails.

    ``handled``: whether the hub does what it is asked for before somebody answers with ``status`` and ``body``. ``then``: what
    else happens to the hub. ``lasts``: whether it may go on until it is cleared. ``denies``: whether the hub itself says that
    it has not done what it has done. ``kills``: whether the process of the task is killed when it happens.
    """

    name: str
    does: Literal["reset", "lost", "truncate", "drip", "hang", "mute", "status", "die", "cut"]
    codes: tuple[str, ...]
    status: int = 500
    body: bytes = b""
    then: Callable[[FakeHub], object] = lambda hub: None
    lasts: bool = True
    handled: bool = False
    denies: bool = False
    kills: bool = False

    def fault(self, at: int, writes: bool, lasting: bool, then: Callable[[], object]) -> Fault:
        """Return the fault for request number ``at`` from now on, or write number ``at``; ``lasting``: for all after it too."""
        return Fault(
            self.does,
            times=ALWAYS if lasting else 1,
            skip=at - 1,
            status=self.status,
            body=self.body,
            handled=self.handled,
            writes_only=writes,
            then=then,
        )


def restart_in_a_stop(hub: FakeHub) -> None:
    """Kill the hub and start it again: after it has told a program to stop, or before it does anything else that it is asked for."""
    *_before, instance, order = hub.writes[-1].path.split("/")
    with hub.state.lock:
        if order == "_stop" and instance in hub.state.instances:
            hub.state.instances[instance].status = "stopping"
    hub.restart()


_LOST = ("UNREACHABLE",)
# Programs that run have ended or come back, and their records may block the removal of their package.
_RESTARTED = ("UNREACHABLE", "START_FAILED", "ENDED_EARLY", "CONFLICT", "TIMEOUT", "NOT_FOUND")
# A start that is not answered in time is a failed one.
_SILENT = ("TIMEOUT", "START_FAILED")
_ANSWERED = ("HUB_ERROR",)
_GATEWAY = ("UNREACHABLE", "TIMEOUT")

KINDS = (
    Kind("refused", "reset", _LOST, then=FakeHub.leave, lasts=False),
    Kind("reset before", "reset", _LOST),
    Kind("reset after", "lost", _LOST),
    Kind("hang before", "hang", _SILENT),
    Kind("hang after", "mute", _SILENT),
    Kind("slow drip", "drip", _SILENT),
    Kind("cut body", "truncate", _LOST),
    Kind("page of 200", "status", _ANSWERED, 200, _PAGE),
    Kind("other JSON", "status", _ANSWERED, 200, b'"hello"'),
    Kind("500", "status", _ANSWERED),
    Kind("500 after", "status", _ANSWERED, handled=True, denies=True),
    Kind("502", "status", _GATEWAY, 502, _PAGE),
    Kind("502 after", "status", _GATEWAY, 502, _PAGE, handled=True),
    Kind("503", "status", _GATEWAY, 503, _PAGE),
    Kind("504 after", "status", _GATEWAY, 504, _PAGE, handled=True),
    Kind("429", "status", _GATEWAY, 429, _PAGE),
    # A hub says so only of starts; of its version, it is no answer of a hub.
    Kind("419", "status", ("INSUFFICIENT_RESOURCES", "HUB_ERROR"), 419),
    Kind("401", "status", ("UNAUTHORIZED",), 401, _PAGE),
    Kind("restart before", "die", _RESTARTED, then=FakeHub.restart, lasts=False),
    Kind("restart after", "cut", _RESTARTED, then=FakeHub.restart, lasts=False),
    Kind("restart in a stop", "die", _RESTARTED, then=restart_in_a_stop, lasts=False),
    Kind("killed before", "hang", (), lasts=False, kills=True),
    Kind("killed after", "mute", (), lasts=False, kills=True),
)
