# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds both sides of the diff of a deployment. They show settings that replicas share only once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import Goal, Slot
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica
from ansible_collections.scramjet.sth.plugins.module_utils.model.current import is_older
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import with_index
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.diff_state import (
    masked_state,
    running_state,
    wanted_state,
)
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import CONTENT_DIFFERS

State = dict[str, Any]
# Shown instead of the index in an app_config, so that replicas that differ only in their index look equal.
INDEX = "(index)"


def states(observed: Observed, goal: Goal, stay: Mapping[int, Replica], masker: Masker) -> tuple[State, State]:
    """Return both sides of the diff. ``stay``: the replicas that do not change, by index.

    Each side has ``deployment`` (its name), ``replicas`` (their number), the settings that all replicas share (``sequence``,
    ``version``, ``app_config``, ``args``, topics), and in ``different`` the others. The side before may also have ``taken_over``
    and ``copies``, and the side after ``package``.
    """
    before = {item.index: item for item in reversed(observed.live)}
    before.update((index, item) for index, item in stay.items() if index in before)
    old = {index: _running_settings(item, observed) for index, item in before.items()}
    # An index that did not run before is compared with the last one, so that a changed secret is marked there too.
    last = old[max(old)] if old else None
    was = {index: item.sequence for index, item in before.items()}
    new, shown_before, shown_after = {}, {}, {}
    for slot in goal.slots:
        stays = slot.index in stay
        new[slot.index] = old[slot.index] if stays else _wanted(slot, was.get(slot.index))
    for index, state in old.items():
        shown_before[index] = masked_state(state, None, masker)
    for index, state in new.items():
        shown_after[index] = masked_state(state, old.get(index, last), masker)
    one, two = _summary(observed.name, shown_before), _summary(observed.name, shown_after)
    others = [item.record.label for item in observed.live if item.taken_over]
    if others:
        one["taken_over"] = sorted(others)
    copies = len(observed.live) - len(before)
    if copies:
        one["copies"] = copies
    if goal.slots and any(_content_differs(item, goal.sequence) for item in was.values()):
        two["package"] = CONTENT_DIFFERS
    return one, two


def _running_settings(replica: Replica, observed: Observed) -> State:
    state = running_state(replica.record, observed.inventory)
    state["version"] = replica.sequence.version if replica.sequence else None
    return _without_index(state, replica.rollout.index_key, replica.index)


def _wanted(slot: Slot, was: SequenceRecord | None) -> State:
    state = wanted_state(slot.program, slot.sequence)
    state["version"] = slot.sequence.version
    if was is not None and was.name == slot.sequence.name and is_older(slot.sequence.version, was.version):
        state["version"] += f" (downgrade from {was.version})"
    rollout = slot.program.mark.rollout if slot.program.mark else None
    return _without_index(state, rollout.index_key if rollout else None, slot.index)


def _without_index(state: State, index_key: str | None, index: int) -> State:
    """Return ``state`` with the index of the replica replaced by the placeholder that all replicas share."""
    # Leave out ``state``, because ``replicas`` says how many run.
    shown = {key: value for key, value in state.items() if key != "state"}
    if index_key is not None and with_index(state["app_config"], index_key, index) == state["app_config"]:
        shown["app_config"] = with_index(state["app_config"], index_key, INDEX)
    return shown


def _summary(name: str, by_index: Mapping[int, State]) -> State:
    keys = dict.fromkeys(key for state in by_index.values() for key in state)
    first: State = next(iter(by_index.values()), {})
    common = {
        key: first[key]
        for key in keys
        if all(key in state and state[key] == first.get(key) for state in by_index.values())
    }
    summary = {"deployment": name, "replicas": len(by_index), **common}
    if len(common) < len(keys):
        own = {index: {key: state[key] for key in state if key not in common} for index, state in by_index.items()}
        summary["different"] = dict(_groups_of_equals(name, own))
    return summary


def _groups_of_equals(name: str, by_index: Mapping[int, State]) -> Iterator[tuple[str, State]]:
    """Yield the settings of each group of consecutive replicas that are equal, with the names of the first and the last one."""
    ordered = sorted(by_index.items(), key=lambda item: item[0])
    runs = [list(found) for _state, found in groupby(ordered, key=lambda item: item[1])]
    for run in runs:
        first, last = run[0][0], run[-1][0]
        yield f"{name}-{first}" if first == last else f"{name}-{first} to {name}-{last}", run[0][1]


def _content_differs(was: SequenceRecord | None, wanted: SequenceRecord | None) -> bool:
    if was is None or wanted is None or was.name != wanted.name:
        return False
    return was.digest != wanted.digest or (was.digest is None and was.id != wanted.id)
