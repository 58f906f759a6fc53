# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that send requests to one hub in parallel, and that end when their task is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol


class Abandonable(Protocol):
    """A hub, or the transport to one."""

    def abandon(self) -> None:
        """Make every current and every later request fail."""


@contextmanager
def workers(hub: Abandonable, most: int) -> Iterator[ThreadPoolExecutor]:
    """Yield an executor of ``most`` threads. All threads have ended when the context is left, also after a failure.

    The keyword ``timeout`` of a task interrupts the thread that waits for them. Without `abandon`, the interruption would
    take effect only after the last thread has ended, perhaps minutes later, and the threads would go on writing until then.
    """
    pool = ThreadPoolExecutor(most)
    failure: Exception | None = None
    try:
        try:
            yield pool
        except Exception as error:
            failure = error
        pool.shutdown()
    except BaseException:
        hub.abandon()
        pool.shutdown(cancel_futures=True)
        raise
    if failure is not None:
        raise failure
