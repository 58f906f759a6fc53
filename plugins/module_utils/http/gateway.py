# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a gateway (a reverse proxy, a platform) in front of a hub, in the place of an answer of the hub.

Source: hub-behaviour.md#behind-a-gateway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError, LostAnswerError, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import Response
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses

_WHY = {
    429: "which allows only so many requests: let fewer tasks run at once, or raise its limit",
    502: "which got no answer from the hub: check that the hub runs, and look in the log of the gateway",
    503: "which passes on no request now: check that the hub runs, and look in the log of the gateway",
}


def is_from_gateway(response: Response) -> bool:
    """Whether a gateway has answered in the place of the hub.

    No hub uses these statuses itself. An event whose payload has the key opStatus can set any status, but that answer is JSON
    with the key ``error``, like other errors of hubs (hub-behaviour.md#event-payloads).
    """
    if response.status != 504 and response.status not in _WHY:
        return False
    try:
        body = json.loads(response.body)
    except ValueError:
        return True
    return not (isinstance(body, Mapping) and ("error" in body or "opStatus" in body))


def gateway_failure(response: Response, allowed: float) -> SthError:
    """Build the failure for the answer of a gateway: a `LostAnswerError` for a write, a `GatewayError` for a read.

    ``allowed``: for how many seconds the task would have waited for the answer.
    """
    why = _WHY.get(response.status) or (
        f"which waited only {response.seconds:.0f} s for the hub: check that the hub answers other requests, and set the time-out of "
        f"the gateway (nginx: proxy_read_timeout) to more than {allowed:.0f} s, which this request may take"
    )
    asks = f" It asks to wait {response.retry_after:.0f} s." if response.retry_after else ""
    text = (
        f"{response.method} {response.url} was answered {response.status} {response.shown_reason} by a gateway in front of the hub, "
        f"{why}.{asks}"
    )
    where = {"http_status": response.status, "method": response.method, "url": response.url}
    if response.method != "GET":
        return LostAnswerError("TIMEOUT" if response.status == 504 else "UNREACHABLE", text, **where)
    failure = GatewayError("UNREACHABLE", text, **where)
    failure.seconds, failure.retry_after = response.seconds, response.retry_after
    return failure


def pause_after(failure: GatewayError, growing: Pauses, attempt: int, longest: float) -> float:
    """Return how many seconds to wait before attempt number ``attempt`` (from 1): as the gateway asks, at most ``longest``."""
    # If the gateway has waited for the hub, this wait already spreads the requests, so no growing pause is needed.
    limited = failure.seconds >= growing.first
    grown = 0.0 if limited else min(growing.first * 2.0 ** min(attempt - 1, 32), growing.longest)
    return min(max(grown, failure.retry_after), longest)


def retry_after(text: str, date: str) -> float:
    """Read the header Retry-After: seconds, or a date, which is compared with the header ``date`` of the same answer.

    Returns 0.0 for a header that is missing or not valid.
    """
    text = text.strip()
    if not text:
        return 0.0
    if text.isascii() and text.isdigit():
        # More digits than these make no difference.
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(date)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0.0
