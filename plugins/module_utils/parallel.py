# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several works at a time, none of which is begun any more once one has failed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, TypeVar

T = TypeVar("T")


def until_failure(works: Iterable[Callable[[], T]], parallel: int) -> list[Future[T | None]]:
    """Do ``works`` in order, ``parallel`` at a time; return how each ended, None for what was not begun.

    All is at rest when it returns.
    """
    over = threading.Event()

    def unless_over(work: Callable[[], T]) -> T | None:
        if over.is_set():
            return None
        try:
            return work()
        except BaseException:
            over.set()
            raise

    with ThreadPoolExecutor(parallel) as pool:
        return [pool.submit(unless_over, work) for work in works]
