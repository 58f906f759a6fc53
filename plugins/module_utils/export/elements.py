# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describes what runs on a hub, as elements of the list ``deployment_list`` and as options of ``sth_instance``. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import replicas_of
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.versions import versions
from ansible_collections.scramjet.sth.plugins.module_utils.export.placeholders import Placeholders
from ansible_collections.scramjet.sth.plugins.module_utils.instance.plan import order, same
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import unmarked
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import with_index
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import find_sequences, parse_reference

Element = dict[str, Any]


@dataclass
class Exported:
    """``deployments``: elements of ``deployment_list``. ``instances``: elements with options of ``sth_instance``.

    ``notes``: what applying them changes and why, and what could not be exported. ``used``: which of them run from a sequence, by
    its id.
    """

    deployments: list[Element] = field(default_factory=list)
    instances: list[Element] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    used: dict[str, list[str]] = field(default_factory=dict)


def export(inventory: Inventory, placeholders: Placeholders, secret_keys: Sequence[str]) -> Exported:
    """Return all live instances, as deployments or instances. Ended instances are left out."""
    exported = Exported()
    own = Collector(inventory, placeholders, secret_keys, exported)
    live = [item for item in inventory.instances if item.live and own.is_known(item)]
    marks = [(item, item.mark) for item in live]
    deployments = {mark.deployment for _item, mark in marks if mark and mark.deployment}
    pools = {mark.pool for _item, mark in marks if mark and mark.pool and not mark.deployment}
    singles = {mark.name for _item, mark in marks if mark and not mark.pool and not mark.deployment}
    for name in sorted(deployments):
        own.add_deployment(name)
    for name in sorted(pools):
        own.add_pool(name, [item for item, mark in marks if mark and mark.pool == name and not mark.deployment])
    for name in sorted(singles):
        own.add_single(name, [item for item, mark in marks if mark and mark.name == name and not mark.pool])
    own.add_nameless([item for item, mark in marks if mark is None], deployments | pools | singles)
    return exported


class Collector:
    """Adds elements to ``exported``."""

    def __init__(
        self, inventory: Inventory, placeholders: Placeholders, secret_keys: Sequence[str], exported: Exported
    ) -> None:
        self._inventory = inventory
        self._placeholders = placeholders
        self._secret_keys = list(secret_keys)
        self._exported = exported

    def is_known(self, record: InstanceRecord) -> bool:
        """Whether enough is known about a live instance to export it. If not, add a note that says why."""
        if record.app_config is None:
            self._note(f"Instance {record.id} is left out: the hub does not report its configuration.")
        elif self._inventory.sequence(record.sequence_id) is None:
            self._note(f"Instance {record.label} is left out: its package is no longer on the hub.")
        elif record.status == "stopping":
            self._note(f"Instance {record.label} is left out: it is ending.")
        else:
            return True
        return False

    def add_deployment(self, name: str) -> None:
        """Add the deployment ``name``, with the version and the settings that its latest run wanted."""
        observed = replicas_of(name, self._inventory)
        live = [
            item for item in observed.live if item.record.status != "stopping" and item.record.app_config is not None
        ]
        leader = max(live, key=lambda item: (item.rollout.rank, -item.index))
        sequence = leader.sequence
        if sequence is None:
            return
        rollout = leader.rollout
        replicas = max(rollout.replicas, 1) if rollout.replicas else max(item.index for item in live) + 1
        is_shared = rollout.indexes is not None
        # If a deployment is spread over hubs, export the indexes that run here. Its latest run may have wanted more of them, but only
        # until other hubs had these.
        indexes = sorted({item.index for item in live}) if is_shared else list(range(replicas))
        wanted = [item for item in live if item.ref == leader.ref and item.rollout.rank == leader.rollout.rank]
        wanted = wanted if rollout.canary else [item for item in live if item.ref == leader.ref]
        records = {item.index: item.record for item in reversed(wanted) if item.index in indexes}
        element: Element = {"name": name, "sequence": self._reference(sequence, f"deployment {name}")}
        element.update({"indexes": indexes} if is_shared else {"replicas": replicas})
        if rollout.canary:
            element["canary"] = rollout.canary
        older = len(versions(observed, leader.ref).older)
        if older > 1:
            element["keep_versions"] = older
        element.update(self._settings(name, records, rollout.index_key))
        self._exported.deployments.append(element)
        self._note_members(f"deployment {name}", [item.index for item in live], indexes)
        if is_shared:
            self._note(f"Deployment {name} is spread over several hubs: only what runs on this hub is exported.")
        if not rollout.canary and any(item.ref != leader.ref for item in live):
            self._note(f"Applying completes the update of deployment {name}: some replicas run another version.")

    def add_pool(self, name: str, records: Sequence[InstanceRecord]) -> None:
        """Add a pool of named instances."""
        by_index = self._by_index(records)
        members = max(by_index) + 1
        element = {"name": name, "sequence": self._sequence_of(records, f"pool {name}"), "count": members}
        self._exported.instances.append({**element, **self._settings(name, by_index, None)})
        self._note_members(f"pool {name}", [_index(item) for item in records], range(members))

    def add_single(self, name: str, records: Sequence[InstanceRecord]) -> None:
        """Add an instance with a name."""
        oldest = min(records, key=order)
        element = {"name": name, "sequence": self._sequence_of([oldest], f"instance {name}")}
        self._exported.instances.append({**element, **self._settings(name, {0: oldest}, None)})
        if len(records) > 1:
            self._note(f"Applying ends {len(records) - 1} of the instances named {name}: the oldest one is kept.")

    def add_nameless(self, records: Iterable[InstanceRecord], taken: Collection[str]) -> None:
        """Add deployments that take over the instances without a name, such as those that other tools have started."""
        groups: list[list[InstanceRecord]] = []
        for record in sorted(records, key=order):
            group = next((item for item in groups if _run_the_same(item[0], record)), None)
            if group is None:
                groups.append([record])
            else:
                group.append(record)
        names = set(taken)
        for group in groups:
            sequence = self._inventory.sequence(group[0].sequence_id)
            name = _free_name(sequence.name if sequence else "", names)
            names.add(name)
            ids = [item.id for item in group]
            element = {"name": name, "sequence": self._sequence_of(group, f"deployment {name}"), "replicas": len(group)}
            element.update(self._settings(name, {0: group[0]}, None))
            self._exported.deployments.append({**element, "take_over": {"instances": ids}})
            instances = "instance" if len(ids) == 1 else "instances"
            self._note(
                f"Applying replaces {instances} {', '.join(ids)} by replicas of the new deployment {name}, without an outage, because "
                "a running instance cannot be given a name. If you apply again after that, nothing changes."
            )

    def _settings(self, owner: str, records: Mapping[int, InstanceRecord], index_key: str | None) -> Element:
        """Return the options of the program: ``app_config``, ``args``, topics, and ``overrides`` or ``index_key`` if ``records`` differ.

        ``records``: instances by index.
        """
        programs = {
            index: self._placeholders.program(owner, unmarked(item.app_config), item.args)
            for index, item in sorted(records.items())
        }
        configs = {index: config for index, (config, _args) in programs.items()}
        args = {index: args for index, (_config, args) in programs.items()}
        settings: Element = {}
        common, own_configs = _common(configs)
        first_args = next(iter(args.values()))
        own_args = {} if all(same(item, first_args) for item in args.values()) else args
        if index_key is not None and _has_index(configs, index_key):
            settings["index_key"] = index_key
            common, own_configs = next(iter(configs.values())), {}
        settings["app_config"] = common
        settings["args"] = [] if own_args else first_args
        if own_configs or own_args:
            settings["overrides"] = [_override(index, own_configs, own_args) for index in range(max(configs) + 1)]
        first = next(iter(records.values()))
        topics = {"input_topic": first.input_topic, "output_topic": first.output_topic}
        settings.update({key: value for key, value in topics.items() if value})
        if self._secret_keys:
            settings["secret_keys"] = self._secret_keys
        return settings

    def _sequence_of(self, records: Sequence[InstanceRecord], whose: str) -> str:
        found = [item for item in (self._inventory.sequence(record.sequence_id) for record in records) if item]
        if len({item.ref for item in found}) > 1:
            self._note(f"Applying gives all members of {whose} the package {found[0].ref}: some run another one.")
        return self._reference(found[0], whose)

    def _reference(self, sequence: SequenceRecord, whose: str) -> str:
        self._exported.used.setdefault(sequence.id, []).append(whose)
        found = find_sequences(parse_reference(sequence.ref), self._inventory)
        if {item.digest or item.id for item in found} == {sequence.digest or sequence.id}:
            return sequence.ref
        self._note(
            f"The package of {whose} is named by its id, because the hub has several packages called {sequence.ref}. No other hub has this id."
        )
        return sequence.id

    def _note_members(self, whose: str, indexes: Sequence[int], wanted: Iterable[int]) -> None:
        missing = sorted(set(wanted) - set(indexes))
        if missing:
            self._note(f"Applying starts the missing members of {whose}: {', '.join(str(item) for item in missing)}.")
        surplus = len(indexes) - len(set(indexes) & set(wanted))
        if surplus:
            self._note(
                f"Applying ends {surplus} instance{'' if surplus == 1 else 's'} of {whose}: copies, or members that its latest run did not want."
            )

    @staticmethod
    def _by_index(records: Iterable[InstanceRecord]) -> dict[int, InstanceRecord]:
        """Return the oldest record with each index."""
        return {_index(item): item for item in sorted(records, key=order, reverse=True)}

    def _note(self, text: str) -> None:
        if text not in self._exported.notes:
            self._exported.notes.append(text)


def _index(record: InstanceRecord) -> int:
    return (record.mark.index if record.mark else None) or 0


def _run_the_same(one: InstanceRecord, two: InstanceRecord) -> bool:
    left, right = ((item.sequence_id, item.app_config, list(item.args)) for item in (one, two))
    topics = (one.input_topic, one.output_topic) == (two.input_topic, two.output_topic)
    return topics and same(list(left), list(right))


def _free_name(package: str, taken: Collection[str]) -> str:
    """Return a name for a deployment of ``package`` that no other has."""
    plain = package.rpartition("/")[2] or "unnamed"
    plain = re.sub(r"[^\w.-]", "-", plain)
    numbered = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
    return next(name for name in numbered if name not in taken)


def _common(configs: Mapping[int, Mapping[str, Any]]) -> tuple[Element, dict[int, Element]]:
    """Return the keys that all configurations share, with their values, and the other keys of each; {} if all are equal."""
    first = next(iter(configs.values()))
    common = {
        key: value
        for key, value in first.items()
        if all(key in item and same(item[key], value) for item in configs.values())
    }
    own = {index: {key: value for key, value in item.items() if key not in common} for index, item in configs.items()}
    return common, own if any(own.values()) else {}


def _has_index(configs: Mapping[int, Mapping[str, Any]], index_key: str) -> bool:
    first = next(iter(configs.values()))
    return all(same(with_index(first, index_key, index), item) for index, item in configs.items())


def _override(index: int, configs: Mapping[int, Element], args: Mapping[int, Sequence[Any]]) -> Element:
    override: Element = {"app_config": configs[index]} if configs.get(index) else {}
    return {**override, "args": list(args[index])} if index in args else override
