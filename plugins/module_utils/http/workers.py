# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that ask one hub at once, and that end when their task is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol


class Abandonable(Protocol):
    """A hub, or the transport to one."""

    def abandon(self) -> None:
        """Let every request on its way fail, and every further one."""


@contextmanager
def workers(hub: Abandonable, most: int) -> Iterator[ThreadPoolExecutor]:
    """Yield an executor of ``most`` threads; all is at rest when the context is left, also after a failure.

    What interrupts the thread that waits for them (the keyword ``timeout`` of a task does) would otherwise be heard of when
    the last of them has ended by itself, after minutes, and they would go on writing until then.
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
