# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers of hubs, in the shapes of all versions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.reading import UnreadableError, instance_record, read_id


@pytest.mark.parametrize(
    ("shown", "outcome", "exit_code"),
    [
        ({"status": "finishing"}, "completed", None),
        ({"status": "completed"}, "completed", None),
        ({"status": "errored"}, "unknown", None),
        ({"status": "killing", "ended": "2026-01-01T00:00:00.000Z"}, "unknown", None),
        ({"status": "completed", "terminated": {"exitcode": 0}}, "completed", 0),
        ({"status": "completed", "terminated": {"exitcode": 23}}, "failed", 23),
        ({"status": "completed", "terminated": {"exitcode": 3}}, "failed", 3),
        ({"status": "completed", "terminated": {"exitcode": 138, "reason": "stopped"}}, "stopped", 138),
        ({"status": "completed", "terminated": {"exitcode": 137, "reason": "killed"}}, "killed", 137),
        ({"status": "errored", "terminated": {"exitcode": 23, "reason": "Sequence failed"}}, "failed", 23),
        (
            {"status": "stopping", "terminated": {"exitcode": 138, "reason": "Instance stopped"}},
            "stopped",
            138,
        ),
        (
            {"status": "completed", "terminated": {"exitcode": -1, "reason": "Instance completed"}},
            "completed",
            -1,
        ),
    ],
)
def test_an_end_is_read_in_every_shape(shown: dict[str, Any], outcome: str, exit_code: int | None) -> None:
    record = instance_record({"id": "i", "sequence": "s", **shown}, True)
    assert (record.status, record.outcome, record.exit_code) == ("ended", outcome, exit_code)


@pytest.mark.parametrize("sequence", ["s", {"id": "s", "config": {"engines": {"node": "*"}}}])
@pytest.mark.parametrize("args", ["args", "sequenceArgs"])
def test_the_sequence_and_the_arguments_are_read_in_either_shape(sequence: Any, args: str) -> None:
    record = instance_record({"id": "i", "status": "running", "sequence": sequence, args: ["a"]}, True)
    assert (record.sequence_id, record.args) == ("s", ("a",))


@pytest.mark.parametrize("raw", [None, [], {}, {"id": 5}, {"id": ""}])
def test_an_item_without_an_id_is_refused(raw: Any) -> None:
    with pytest.raises(UnreadableError, match="a thing without an id"):
        read_id(raw, "a thing")
