# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state that earlier tasks of a play with ``--check`` would have left on a hub, from which the next task starts. Pure.

`passed_on` describes what they pass on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.hub.prediction import Prediction
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    SequenceRecord,
)

Entry = dict[str, Any]


@dataclass(frozen=True)
class PredictedState(Prediction):
    """Objects that would be on a hub but are not listed, and ids of objects that would be gone or ended.

    ``topics``: content types by name. ``gone``: ids of sequences and names of topics. ``ended``: ids of instances.
    """

    sequences: tuple[SequenceRecord, ...] = ()
    instances: tuple[InstanceRecord, ...] = ()
    topics: Mapping[str, str] | None = None
    gone: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()

    def with_sequences(self, listed: Iterable[SequenceRecord]) -> list[SequenceRecord]:
        """Return the sequences that would be listed."""
        return [item for item in (*listed, *self.sequences) if item.id not in self.gone]

    def with_instances(self, listed: Iterable[InstanceRecord], keeps_ended: bool) -> list[InstanceRecord]:
        """Return the instances that would be listed, with ended ones if the hub ``keeps_ended``."""
        found = []
        for item in (*listed, *self.instances):
            if item.id not in self.ended or not item.live:
                found.append(item)
            elif keeps_ended:
                found.append(replace(item, status="ended", outcome="stopped"))
        return found

    def with_topics(self, listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the topics that would be listed, as ``GET /topics`` does."""
        made = [{"topic": name, "contentType": kind} for name, kind in (self.topics or {}).items()]
        return [*(item for item in listed if item.get("topic") not in self.gone), *made]


def read_prediction(entries: Iterable[Entry], api_url: str) -> PredictedState:
    """Read the entries of the hub at ``api_url``, the oldest first."""
    sequences: dict[str, SequenceRecord] = {}
    instances: dict[str, InstanceRecord] = {}
    topics: dict[str, str] = {}
    gone, ended = set(), set()
    for entry in entries:
        if entry["hub"] != api_url:
            continue
        if "gone" in entry:
            gone.add(entry["gone"])
            topics.pop(entry["gone"], None)
        elif "ended" in entry:
            ended.add(entry["ended"])
        elif "sequence" in entry:
            sequences[entry["sequence"]["id"]] = SequenceRecord(**entry["sequence"])
        elif "instance" in entry:
            instances[entry["instance"]["id"]] = InstanceRecord(**entry["instance"])
        else:
            topics[entry["topic"]["name"]] = entry["topic"]["content_type"]
    return PredictedState(
        tuple(sequences.values()), tuple(instances.values()), topics, frozenset(gone), frozenset(ended)
    )
