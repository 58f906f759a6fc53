# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a program still answers, by what the hub writes to /audit."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.heartbeats import still_answers
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.running import HASTY

HUB, INSTANCE, REQUEST = 13010, 13012, 10117


def answers(hub: FakeHub) -> bool:
    options = {"api_url": hub.api_url, "request_retries": 0}
    return still_answers(HubClient(connection_from_options(options), HASTY), "one")


def audit(*beats: tuple[int, int, str], rest: bytes = b"") -> Fault:
    """Return an answer with lines: the milliseconds from now, the code, and the instance."""
    now = int(time.time() * 1000) + 1000
    lines = [{"receivedAt": now + after, "opCode": code, "objectId": about} for after, code, about in beats]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines) + rest
    return Fault("status", "GET", "/audit$", status=200, body=body)


@pytest.mark.parametrize(
    ("beats", "expected"),
    [
        ([(0, HUB, ""), (100, INSTANCE, "one"), (300, HUB, "")], True),
        ([(0, HUB, ""), (100, INSTANCE, "other"), (300, HUB, "")], False),
        # What other requests did with the instance.
        ([(0, HUB, ""), (100, REQUEST, "one"), (300, HUB, "")], False),
        # What happened before.
        ([(-9000, HUB, ""), (-8900, INSTANCE, "one"), (0, HUB, ""), (300, HUB, "")], False),
        ([(-9000, HUB, ""), (-5000, HUB, ""), (0, HUB, "")], True),
        # Another reader makes the hub write more of them.
        ([(0, HUB, ""), (10, HUB, ""), (20, HUB, ""), (40, INSTANCE, "one")], True),
        ([], True),
    ],
)
def test_a_program_answers_unless_the_hub_writes_twice_without_it(
    hub: FakeHub, beats: list[tuple[int, int, str]], expected: bool
) -> None:
    hub.fault(audit(*beats))
    assert answers(hub) is (expected or not hub.state.is_1x)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        audit(rest=b"not json\n"),
        audit(rest=b"{}\n"),
        audit(rest=b"[]\n"),
        audit(rest=b'{"receivedAt": "x", "opCode": 1}\n'),
        Fault("status", "GET", "/audit$", status=404),
        Fault("status", "GET", "/audit$", status=504),
        Fault("reset", "GET", "/audit$"),
        Fault("hang", "GET", "/audit$"),
    ],
)
def test_if_the_hub_does_not_report_heartbeats_the_program_counts_as_alive(hub: FakeHub, fault: Fault) -> None:
    hub.fault(fault)
    assert answers(hub)
