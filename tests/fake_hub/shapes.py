# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form of sequences and instances in answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance, Sequence
from ansible_collections.scramjet.sth.tests.fake_hub.state import State
from ansible_collections.scramjet.sth.tests.fake_hub.uploads import MORE


def sequences_json(state: State, sequences: Iterable[Sequence]) -> list[dict[str, Any]]:
    """Return sequences as ``GET /sequences`` lists them."""
    instances = _instances(state)
    return [
        {
            **_sequence(state, item.id, item.config, item.package_size),
            **({"name": item.name} if item.name else {}),
            "instances": instances.get(item.id, []),
        }
        for item in sequences
    ]


def _sequence(state: State, name: str, listed: dict[str, Any], package_size: int | None) -> dict[str, Any]:
    config = {**listed, "id": name, "sequenceDir": f"/sequences/{name}"}
    if not state.has("language"):
        return {"id": name, "config": {key: value for key, value in config.items() if key not in MORE}}
    config["language"] = "py" if "python3" in config["engines"] else "js"
    if package_size is not None and state.has("package_size"):
        config["packageSize"] = package_size
    return {"id": name, "config": config, **({"location": "hub-lab"} if state.has("location") else {})}


def instances_of(state: State, name: str) -> list[str]:
    """Return the ids of a sequence's instances."""
    return _instances(state).get(name, [])


def _instances(state: State) -> dict[str, list[str]]:
    """Return the ids of all instances by their sequence. 0.18 lists them only after they have connected.

    Computed for all sequences at once, because benchmarks have thousands of both.
    """
    found: dict[str, list[str]] = {}
    for item in state.listed():
        if not item.zombie and (item.connected or state.is_1x):
            found.setdefault(item.sequence.id, []).append(item.id)
    return found


def instance_json(state: State, instance: Instance) -> dict[str, Any]:
    """Return an instance as ``GET /instance/:id`` shows it."""
    if not state.has("instance_status"):
        shown = {
            "started": instance.started,
            "created": instance.created,
            "id": instance.id,
            "sequence": instance.sequence.id,
            "appConfig": instance.app_config,
            "sequenceArgs": instance.args,
        }
        return {key: value for key, value in shown.items() if value is not None}
    shown = {
        "id": instance.id,
        "appConfig": instance.app_config,
        "args" if state.has("args") else "sequenceArgs": instance.args,
        "provides": instance.body.get("outputTopic"),
        # A restarted hub does not know these.
        "requires": None if instance.reconnected else instance.body.get("inputTopic") or "",
        "sequence": instance.sequence.id,
        "created": instance.created,
        "started": instance.started,
        "ended": instance.ended,
        "status": instance.status if instance.connected or instance.zombie else "starting",
        "terminated": instance.terminated,
    }
    described = _sequence(state, instance.sequence.id, instance.config, instance.package_size)
    if state.has("sequence_as_object"):
        shown["sequence"] = described
    elif state.has("sequence_info"):
        shown["sequenceInfo"] = described
    if not state.has("start_topics"):
        shown["provides"] = shown["requires"] = None
    elif instance.topic is not None:
        shown["provides"], shown["requires"] = instance.topic[0], None
    if instance.zombie:
        shown["started"] = None
    if not state.is_1x and instance.status == "errored" and instance.ended is None:
        # An instance that failed to start.
        shown["requires"] = None
    if state.hides_configuration:
        shown["appConfig"] = None
    shown = {key: value for key, value in shown.items() if value is not None}
    # It is null for programs in Python (hub-behaviour.md#python-programs).
    return {**shown, "created": None} if instance.sequence.is_python else shown
