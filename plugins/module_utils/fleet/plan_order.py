# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides how many replicas of a fleet may be missing at a time, on each hub and on how many hubs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import Strategy
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError


@dataclass(frozen=True)
class Promise:
    """What the user wants for a deployment on the whole fleet, and how replicas are replaced on each hub.

    ``total``: replicas on all hubs. ``min_ready``: how many of them must be ready at any time; None for no such promise.
    """

    name: str
    total: int
    min_ready: int | None
    strategy: Strategy
    max_surge: int
    max_unavailable: int


def check_promise(promise: Promise) -> None:
    """Refuse a promise that could never be kept. Raises ``INVALID_OPTION``."""
    least = promise.min_ready
    if least is None:
        return
    if least < 0 or least > promise.total:
        raise _refused(
            promise,
            f"min_ready is {least}, and total_replicas is {promise.total}: set min_ready to a number from 0 to {promise.total}.",
        )
    if least and promise.strategy == "recreate":
        raise _refused(
            promise,
            "min_ready cannot be kept with strategy: recreate, which stops all replicas of a hub: leave out one of them.",
        )
    if least == promise.total and promise.strategy == "rolling" and promise.max_surge == 0:
        raise _refused(
            promise, "max_surge is 0 and min_ready is total_replicas, so nothing could be replaced: lower min_ready."
        )


def waits_for_missing(promise: Promise, ready: int) -> bool:
    """Whether no replica may be stopped until missing ones are started: too few are ready, and ``max_surge`` allows no other way.

    ``ready``: how many replicas of the fleet are ready now.
    """
    least = promise.min_ready
    return promise.strategy == "rolling" and promise.max_surge == 0 and least is not None and 0 < ready <= least


def missing_at_once(promise: Promise, ready: int) -> tuple[int, int]:
    """Return how many replicas may be missing on one hub, and on how many hubs at the same time (0: on all).

    ``ready``: how many replicas of the fleet are ready now. Raises ``INVALID_OPTION`` if too few are ready to replace one.
    """
    most, least = promise.max_unavailable, promise.min_ready
    if promise.strategy != "rolling" or most == 0 or least is None or ready == 0:
        return most, 0
    spare = max(0, min(promise.total, ready) - least)
    if spare == 0 and promise.max_surge == 0:
        raise _refused(
            promise,
            f"only {ready} of {promise.total} replicas are ready and min_ready is {least}, so none may be stopped, and max_surge is 0: set "
            "max_surge to 1, or lower min_ready for this run.",
        )
    if spare == 0:
        return 0, 0
    on_each = min(most, spare)
    return on_each, spare // on_each


def _refused(promise: Promise, message: str) -> SthError:
    return SthError("INVALID_OPTION", f"Deployment {promise.name}: {message}")
