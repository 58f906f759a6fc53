# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of readiness and of an end that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance.options import InstanceOptions
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import (
    Ending,
    ending_from_options,
    readiness_from_options,
)
from ansible_collections.scramjet.sth.plugins.modules.sth_instance import TASK
from ansible_collections.scramjet.sth.tests.unit.running import validated


def options(**given: Any) -> InstanceOptions:
    return validated(InstanceOptions, TASK.options, name="web", **given)


def check(read: InstanceOptions) -> None:
    readiness_from_options(read)
    ending_from_options(read)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"wait_for": "event"}, "ready_event and wait_for: event need each other"),
        ({"ready_event": "up"}, "ready_event and wait_for: event need each other"),
        ({"wait_for": "event", "ready_event": " "}, "ready_event"),
        ({"failure_event": ""}, "failure_event"),
        ({"wait_timeout": -1}, "wait_timeout must not be negative"),
        ({"stable_for": -1}, "stable_for must not be negative"),
        ({"overload_timeout": -1}, "overload_timeout must not be negative"),
        ({"start_attempts": 0}, "start_attempts must be 1 or more"),
        ({"max_parallel": 0}, "max_parallel must be 1 or more"),
        ({"stop_timeout": -1}, "stop_timeout must not be negative"),
        ({"removal_timeout": -1}, "removal_timeout must not be negative"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(SthError) as raised:
        check(options(**given))
    assert raised.value.code == "INVALID_OPTION"
    assert words in raised.value.message


def test_the_rest_is_read() -> None:
    read = options(wait_for="event", ready_event="up", wait_timeout=0, stop_timeout=0, can_keepalive=True)
    readiness = readiness_from_options(read)
    assert (readiness.wait_for, readiness.ready_event, readiness.wait_timeout) == ("event", "up", 0)
    assert ending_from_options(read) == Ending(stop_timeout=0, can_keepalive=True)
