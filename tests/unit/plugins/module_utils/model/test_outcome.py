# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run ended, on hubs that report it and on hubs that do not."""

from __future__ import annotations

import time

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import ended_record
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord

LAST = InstanceRecord("i", "s", "running", {"a": 1}, ("x",), created="2026-01-01T00:00:00Z")


def test_what_the_hub_still_says_is_taken_as_it_is() -> None:
    now = InstanceRecord("i", "s", "ended", outcome="killed", exit_code=137)
    assert ended_record(LAST, now, None, 4.0) is now


@pytest.mark.parametrize(
    ("output_ended_ago", "outcome"),
    [(None, "failed"), (0.0, "failed"), (60.0, "completed")],
)
def test_on_0_18_who_lingers_after_the_end_of_its_output_has_completed(
    output_ended_ago: float | None, outcome: str
) -> None:
    output_ended = None if output_ended_ago is None else time.monotonic() - output_ended_ago
    record = ended_record(LAST, None, output_ended, 30.0)
    assert (record.status, record.outcome) == ("ended", outcome)
    assert (record.id, record.app_config, record.args, record.created) == (
        LAST.id, LAST.app_config, LAST.args, LAST.created,
    )  # fmt: skip
