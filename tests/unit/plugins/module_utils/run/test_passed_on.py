# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task in check mode passes on to the next one: the state that it would leave, without secrets."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import marked, member_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.passed_on import entries, fill_masked
from ansible_collections.scramjet.sth.plugins.module_utils.run.predicted import read_prediction
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK

HUB = "http://hub/api/v1"
OLD, NEW = SequenceRecord("old", "app", "1"), SequenceRecord("", "app", "2")
RUNS = InstanceRecord("i", "old", "running", {})


def handed_on(*actions: Action, ended: tuple[InstanceRecord, ...] = ()) -> Any:
    """Return what the next task sees, through the file that lies between the two."""
    return read_prediction(json.loads(json.dumps(entries(actions, ended, HUB, Masker()))), HUB)


def test_in_check_mode_the_next_task_sees_predicted_uploads_starts_and_removals() -> None:
    config = marked({"a": 1}, member_mark("web", 0))
    seen = handed_on(
        Action("upload", "", "", leaves=NEW),
        Action("start", "", "", leaves=InstanceRecord("", "", "running", config, ("x",))),
        Action("stop", "", "", RUNS),
        Action("delete", "", "", OLD),
    )
    (sequence,) = seen.with_sequences([OLD])
    assert (sequence.ref, sequence.known_id) == (NEW.ref, None)
    (instance,) = seen.with_instances([RUNS], keeps_ended=False)
    assert (instance.app_config, list(instance.args), instance.live) == (config, ["x"], True)
    # It runs from what would have been uploaded.
    assert instance.sequence_id == sequence.id != ""


def test_each_predicted_item_has_an_id_of_its_own() -> None:
    start = Action("start", "", "", leaves=InstanceRecord("", "old", "running", {}))
    made = handed_on(start, start).with_instances([], keeps_ended=True)
    assert len({item.id for item in made}) == 2
    assert {item.sequence_id for item in made} == {"old"}


def test_in_check_mode_a_completed_job_has_ended_for_the_next_task() -> None:
    assert handed_on(ended=(RUNS,)).with_instances([RUNS], keeps_ended=False) == []


def test_a_topic_is_made_and_removed() -> None:
    topic = {"name": "orders", "content_type": "text/plain"}
    listed = [{"topic": "orders", "contentType": "text/plain"}]
    assert handed_on(Action("create", "", "", leaves=topic)).with_topics([]) == listed
    assert handed_on(Action("delete", "", "", topic)).with_topics(listed) == []


def test_predictions_contain_no_secret_and_missing_values_count_as_equal() -> None:
    config = marked({"password": "canary", "a": 1}, member_mark("web", None))
    start = Action("start", "", "", leaves=InstanceRecord("", "old", "running", config, ("--token=canary",)))
    assert "canary" not in json.dumps(entries([start], (), HUB, Masker()))
    (record,) = handed_on(start).with_instances([], keeps_ended=True)
    assert fill_masked(record.app_config, {**config, "a": 2}) == config
    assert fill_masked(list(record.args), ("--token=canary",)) == ["--token=canary"]


def test_predictions_are_read_back_unchanged() -> None:
    assert fill_masked({"a": [MASK, 1]}, {"a": ["x", 2]}) == {"a": ["x", 1]}
    assert fill_masked([MASK, 1], ["x"]) == [MASK, 1]
    assert fill_masked("plain", "wanted") == "plain"
    assert fill_masked({"gone": 1}, {}) == {"gone": 1}
