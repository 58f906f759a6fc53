# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A thread that keeps the exception that ended it, for the task that waits for it."""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag


class Attended(threading.Thread, ABC):
    """Does `work` in parallel with the task. ``name``: what it does, such as "read stderr". ``error`` is what ended it, or None."""

    def __init__(self, name: str) -> None:
        super().__init__(daemon=True, name=name)
        self.error: SthError | None = None
        # `join` waits for this flag, because an interrupted `threading.Thread.join` may treat a running thread as ended.
        self._over = Flag()

    def start(self) -> None:
        """Start the thread. Raises ``LOCAL_ERROR`` if the machine allows no more threads, or has no memory for one."""
        try:
            super().start()
        except RuntimeError as error:
            raise local_error(self.name, error) from None

    @abstractmethod
    def work(self) -> None:
        """Do the work of this thread; raise the failure that prevents it."""

    def at_end(self) -> None:
        """Do what belongs to the end of this thread, however it ended."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of this thread, at most ``timeout`` seconds."""
        self._over.wait(math.inf if timeout is None else timeout)

    def is_alive(self) -> bool:
        """Whether it has begun and has not ended."""
        return super().is_alive() and not self._over.is_set()

    def run(self) -> None:
        """Call `work`, and keep the failure that ended it."""
        try:
            self._work()
        finally:
            self._over.set()

    def _work(self) -> None:
        try:
            self.work()
        except SthError as error:
            self.error = error
        except SystemExit:
            # The task was interrupted, so the transport sends nothing more. Another thread of the task may need `error`.
            self.error = SthError(
                "LOCAL_ERROR", f"The task was interrupted before this thread could {self.name}: run the task again."
            )
        except Exception as error:
            # Otherwise the thread would end silently, and the task would wait for it until its time limit.
            self.error = local_error(self.name, error)
        finally:
            self.at_end()


def local_error(doing: str, error: Exception) -> SthError:
    """Build the failure for an unexpected exception. ``doing``: "read stderr"."""
    # A MemoryError has no text.
    cause = f"{type(error).__name__}: {error}".removesuffix(": ")
    made = SthError(
        "LOCAL_ERROR",
        f"Could not {doing} on the machine where the task runs ({cause}): check its memory and its "
        "limit of threads, or report this as a bug of scramjet.sth.",
    )
    made.__cause__ = error
    return made
