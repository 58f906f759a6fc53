# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of a task, as it plans, announces and reports them: the ``actions`` of every result."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import WrittenError

# The reason of an action that was not in the plan.
COMPENSATION = "compensation"


@dataclass(frozen=True)
class Action:
    """One planned write: ``action`` (a verb), ``object`` (its name in messages) and the reason.

    ``target`` is the object that the apply step needs. ``leaves`` is the object that exists after the write, as far as it can be
    predicted. Neither is reported.
    """

    action: str
    object: str
    reason: str
    target: Any = field(default=None, compare=False)
    leaves: Any = field(default=None, compare=False)


class Journal:
    """The actions of one run in order, each done or not. ``tell`` gets a line when an action begins. Thread-safe."""

    def __init__(self, tell: Callable[[str], None] = lambda line: None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._actions: list[Action] = []
        self._done: list[bool] = []

    def plan(self, actions: tuple[Action, ...]) -> None:
        """Add the actions of the plan."""
        with self._lock:
            self._actions.extend(actions)
            self._done.extend(False for dummy in actions)

    def say(self, line: str) -> None:
        """Report the progress of an action."""
        self._tell(line)

    def begin(self, action: Action) -> None:
        """Announce that ``action`` begins."""
        self._tell(f"{action.action} {action.object}: {action.reason}")

    def begin_unplanned(self, action: str, object: str) -> None:
        """Announce that a write begins that was not in the plan."""
        self.begin(Action(action, object, COMPENSATION))

    def done(self, action: Action) -> None:
        """Note that ``action`` was carried out."""
        with self._lock:
            self._done[next(i for i, item in enumerate(self._actions) if item is action)] = True

    def compensate(self, action: str, object: str) -> None:
        """Note that a write was carried out that was not in the plan: the removal of a twin, a rollback."""
        with self._lock:
            self._actions.append(Action(action, object, COMPENSATION))
            self._done.append(True)

    @contextmanager
    def doing(self, action: Action) -> Iterator[None]:
        """Wrap the code that carries out ``action``. It is noted as done if the code succeeds, or fails after it has written."""
        self.begin(action)
        with self._noting(lambda: self.done(action)):
            yield

    @contextmanager
    def compensating(self, action: str, object: str) -> Iterator[None]:
        """Wrap a write that was not in the plan. See `doing`."""
        self.begin_unplanned(action, object)
        with self._noting(lambda: self.compensate(action, object)):
            yield

    @staticmethod
    @contextmanager
    def _noting(note: Callable[[], None]) -> Iterator[None]:
        try:
            yield
        except WrittenError:
            note()
            raise
        note()

    @property
    def actions(self) -> tuple[Action, ...]:
        """All actions, in order."""
        return tuple(self._actions)

    @property
    def planned(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._actions)

    @property
    def written(self) -> bool:
        """Whether anything was written."""
        return any(self._done)

    def as_result(self) -> list[dict[str, Any]]:
        """Return ``[{action, object, reason, done}]``, the ``actions`` of a result."""
        return [
            {"action": item.action, "object": item.object, "reason": item.reason, "done": done}
            for item, done in zip(self._actions, self._done)
        ]
