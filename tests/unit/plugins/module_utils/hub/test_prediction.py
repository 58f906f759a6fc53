# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is added to the lists of a hub: nothing, except in check mode."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.prediction import Prediction
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub


def test_without_predictions_the_lists_are_those_of_the_hub() -> None:
    sequence, instance, topic = SequenceRecord("s", "app", "1"), InstanceRecord("i", "s", "ended"), {"topic": "t"}
    prediction = Prediction()
    assert prediction.with_sequences(iter([sequence])) == [sequence]
    for keeps_ended in (True, False):
        assert prediction.with_instances(iter([instance]), keeps_ended) == [instance]
    assert prediction.with_topics(iter([topic])) == [topic]


class Hiding(Prediction):
    """Lists one sequence, whatever the hub lists."""

    def with_sequences(self, listed: Iterable[SequenceRecord]) -> list[SequenceRecord]:
        return [SequenceRecord("made-up", "app", "1")]


def test_every_list_includes_the_predictions(hub: FakeHub) -> None:
    client = HubClient(hub.api_url)
    assert client.inventory().sequences == ()
    client.prediction = Hiding()
    assert [item.id for item in client.sequences()] == ["made-up"]
    assert [item.id for item in client.inventory().sequences] == ["made-up"]
