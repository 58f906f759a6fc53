# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a program still answers, before it gets a stop that cannot be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline

_OF_HUB, _OF_INSTANCE = 13010, 13012


def still_answers(hub: HubClient, instance_id: str) -> bool:
    """Whether the runner of an instance sends heartbeats; True if the hub does not tell, or can still kill after a stop.

    While somebody reads ``/audit``, the hub writes a heartbeat of its own every ten seconds, and one of each instance when its runner
    reports next, which a runner does once a second. If the hub writes two without one of the instance in between, the program blocks its
    runner (hub-behaviour.md#programs-that-do-not-answer).
    """
    if not hub.dialect.stop_is_final:
        return True
    timings, first = hub.timings, 0.0
    bound = Deadline(timings.heartbeats)
    try:
        with hub.transport.stream("audit", timeout=timings.heartbeats, request=InFlight()) as audit:
            begun = audit.answered_at
            for beat in _beats(audit):
                if bound.passed or begun is None:
                    return True
                # The hub first sends what happened before.
                if beat["receivedAt"] / 1000 < begun:
                    continue
                if beat["opCode"] == _OF_INSTANCE and beat["objectId"] == instance_id:
                    return True
                if beat["opCode"] == _OF_HUB:
                    first = first or beat["receivedAt"]
                    # Other readers of /audit make the hub write more of them.
                    if beat["receivedAt"] - first >= timings.between_heartbeats * 1000:
                        return False
    except (SthError, ValueError, TypeError, KeyError):
        pass
    return True


def _beats(pieces: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield json.loads(line)
