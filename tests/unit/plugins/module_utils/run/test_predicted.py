# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state that earlier tasks of a play in check mode would have left on a hub."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.predicted import read_prediction

HUB = "http://hub/api/v1"
OLD, NEW = SequenceRecord("old", "app", "1"), SequenceRecord("predicted-1", "app", "2")
RUNS, STARTS = InstanceRecord("i", "old", "running"), InstanceRecord("predicted-2", "predicted-1", "running", {"a": 1})


def entry(hub: str = HUB, **what: Any) -> dict[str, Any]:
    return {"hub": hub, **what}


def test_predicted_items_are_listed_beside_the_real_ones() -> None:
    seen = read_prediction([entry(sequence=asdict(NEW)), entry(instance=asdict(STARTS))], HUB)
    assert seen.with_sequences([OLD]) == [OLD, NEW]
    assert seen.with_instances([RUNS], keeps_ended=True) == [RUNS, STARTS]


def test_items_that_would_be_removed_are_not_listed() -> None:
    entries = [entry(sequence=asdict(NEW)), entry(gone=NEW.id), entry(gone=OLD.id)]
    assert read_prediction(entries, HUB).with_sequences([OLD]) == []


def test_predicted_ends_are_listed_if_the_hub_keeps_ended_instances() -> None:
    seen = read_prediction([entry(instance=asdict(STARTS)), entry(ended=STARTS.id), entry(ended=RUNS.id)], HUB)
    listed = seen.with_instances([RUNS], keeps_ended=True)
    assert [(item.id, item.status, item.outcome) for item in listed] == [
        ("i", "ended", "stopped"), ("predicted-2", "ended", "stopped"),
    ]  # fmt: skip
    assert seen.with_instances([RUNS], keeps_ended=False) == []
    # What has ended meanwhile keeps the outcome that the hub tells.
    failed = InstanceRecord("i", "old", "ended", outcome="failed")
    assert seen.with_instances([failed], keeps_ended=True)[0] is failed


def test_topics() -> None:
    orders = entry(topic={"name": "orders", "content_type": "text/plain"})
    listed = [{"topic": "there", "contentType": "text/plain"}]
    made = {"topic": "orders", "contentType": "text/plain"}
    assert read_prediction([orders], HUB).with_topics(listed) == [*listed, made]
    assert read_prediction([orders, entry(gone="orders"), entry(gone="there")], HUB).with_topics(listed) == []
    assert read_prediction([entry(gone="orders"), orders], HUB).with_topics([]) == [made]


def test_predictions_for_another_hub_are_not_listed() -> None:
    seen = read_prediction(
        [entry("http://other/api/v1", sequence=asdict(NEW)), entry("http://other/api/v1", gone="old")], HUB
    )
    assert seen.with_sequences([OLD]) == [OLD]
