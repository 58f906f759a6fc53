# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run ended, on hubs that report it and on hubs that do not."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import (
    ended_record,
    from_the_log,
    has_finished,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord

LAST = InstanceRecord("i", "s", "running", {"a": 1}, ("x",), created="2026-01-01T00:00:00Z")


def test_an_outcome_that_the_hub_reports_is_used_unchanged() -> None:
    now = InstanceRecord("i", "s", "ended", outcome="killed", exit_code=137)
    assert ended_record(LAST, now, None, 4.0) is now


@pytest.mark.parametrize(
    ("output_ended_ago", "outcome"),
    [(None, "failed"), (0.0, "failed"), (60.0, "completed")],
)
def test_on_0_18_a_program_that_stays_after_its_output_has_completed(
    output_ended_ago: float | None, outcome: str
) -> None:
    output_ended = None if output_ended_ago is None else time.monotonic() - output_ended_ago
    record = ended_record(LAST, None, output_ended, 30.0)
    assert (record.status, record.outcome) == ("ended", outcome)
    assert (record.id, record.app_config, record.args, record.created) == (
        LAST.id, LAST.app_config, LAST.args, LAST.created,
    )  # fmt: skip


def logged(*messages: str) -> str:
    lines = (json.dumps({"level": "INFO", "from": "PythonRunner", "msg": message}) for message in messages)
    return "\n".join([*lines, json.dumps({"level": "INFO", "from": "CSIController", "msg": "Cleanup completed"}), ""])


@pytest.mark.parametrize(
    ("messages", "outcome"),
    [
        ([], "unknown"),
        (["Running instance..."], "failed"),
        (["Sequence returned no output.", "Finished."], "completed"),
    ],
)
def test_on_0_18_the_outcome_of_a_python_program_is_not_known_without_its_log(
    messages: list[str], outcome: str
) -> None:
    """The hub may forget a short program before its log is asked for."""
    assert from_the_log(ended_record(LAST, None, None, 4.0), logged(*messages)).outcome == outcome


def test_a_python_program_without_a_log_has_failed_if_the_hub_reports_an_exit_code() -> None:
    record = InstanceRecord("i", "s", "ended", outcome="failed", exit_code=213)
    assert from_the_log(record, "") is record


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        # Logs of 0.18.7 and 1.0.1.
        (["Running instance...", "Sending PANG", "done", "Sequence returned no output.", "Finished."], True),
        (["Running instance...", "Output type: text/plain", "last", "Finished."], True),
        (["Running instance...", "Content-type: text/plain", "last", "Finished."], True),
        # A program that logs the last line itself, and then exits.
        (["Running instance...", "Sending PANG", "Finished."], False),
        (["Running instance...", "Finished.", "Sequence returned no output."], False),
        (["Running instance...", "Output type: text/plain", "Finished.", "Not yet."], False),
        # The beginning of a log may be lost: another client has read it, or it is too long.
        (["last", "Finished."], True),
        ([], False),
    ],
)
def test_a_python_program_has_finished_if_its_runner_says_so_after_it_has_returned(
    messages: list[str], expected: bool
) -> None:
    assert has_finished(logged(*messages)) is expected
