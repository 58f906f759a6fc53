# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes to a stream of an instance or to a topic, and fails if it accepts no data for too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import LostAnswerError, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL
from ansible_collections.scramjet.sth.plugins.module_utils.streams.feeding import Feed, Feeder

# The buffers of a stream that nobody reads hold this much. So a smaller write is answered at once, unless the stream was ended
# (hub-behaviour.md#ended-input).
BUFFERED = 16 * 1024


def write_watched(
    feed: Feed,
    write: Callable[[IO[bytes], InFlight], None],
    ended: Callable[[], SthError | None],
    what: str,
    closed_by: str,
    wait_timeout: float,
    look_every: float,
) -> None:
    """Write ``feed``. ``ended`` is called every ``look_every`` seconds, and returns a failure if the write can no longer succeed.

    ``what`` names the stream; ``closed_by`` says what may have closed it.

    Raises ``TIMEOUT`` if no data was accepted for ``wait_timeout`` seconds, ``CONFLICT`` if the stream was ended.
    """
    feeder = Feeder(feed, write)
    try:
        feeder.start()
        while feeder.is_alive():
            feeder.join(look_every)
            impossible = ended() if feeder.is_alive() else None
            if impossible is not None:
                raise impossible
    finally:
        # Also after a failure, so that nothing is written after the task has ended.
        feeder.request.abort()
        if feeder.is_alive():
            feeder.join(REAL.interrupted)
    if feeder.error is None:
        return
    if feeder.error.code != "TIMEOUT" or feeder.error.is_answer or not isinstance(feeder.error, LostAnswerError):
        raise ended() or _in_part(feeder.error)
    if feed.size <= BUFFERED:
        raise SthError(
            "CONFLICT",
            f"{what} accepted no data for wait_timeout ({wait_timeout:g} s): {closed_by}. Check the program, and "
            "the hub's log.",
        )
    raise SthError(
        "TIMEOUT",
        f"{what} accepted no more data for wait_timeout ({wait_timeout:g} s): the program does not read it, or too slowly; some "
        "of it may have been delivered. Raise wait_timeout, or check the program.",
    )


def _in_part(error: SthError) -> SthError:
    """Add to the failure of a write that some of the data may have arrived."""
    if not isinstance(error, LostAnswerError):
        return error
    said = "Some of the data may have been delivered, and another run would write all of it again."
    return LostAnswerError.of(error, message=f"{error.message} {said}")
