# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal of a task for a deployment: the settings of each replica. Pure.

Settings that the task does not set stay the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import (
    Goal,
    Slot,
    goal_of,
    in_force_beside,
    slots_beside_canary,
    why_surplus,
    with_unreported,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.known_settings import (
    args_like,
    config_like,
    replica_mark,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica, latest
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.versions import versions
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_text
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import (
    MemberSettings,
    Override,
    Program,
    member,
    settings_of,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout

T = TypeVar("T")


def wanted_goal(observed: Observed, options: DeploymentOptions, sequence: SequenceRecord | None, hub: str) -> Goal:
    """Return the goal of a task. ``sequence``: the version that it names; None keeps the running version.

    Raises ``NOT_FOUND`` if the version is unknown, and ``INVALID_CONFIG`` if the configuration of a replica is unknown.
    """
    state, leader = options.state, observed.leader
    model = leader
    names_version = sequence is not None
    if leader is None and sequence is None and (options.replicas == 0 or options.indexes == []):
        return Goal((), None, Rollout(observed.generation + 1))
    if state == "rolled_back":
        in_force = _beside_canary_of_configuration(observed)
        sequence = given(in_force.sequence) if in_force else _version_before(observed, hub)
        # Next to a canary, replicas still run that version. Use their settings, because those of the canary are only an attempt.
        go_on = [item for item in observed.live if item.ref == sequence.ref and item.record.status != "stopping"]
        model = in_force or latest(go_on) or leader
    elif sequence is None:
        sequence = _running_version(observed, hub)
    indexes = _wanted_indexes(observed, options)
    count = len(indexes)
    rollout = Rollout(
        generation=observed.generation + 1,
        replicas=count,
        canary=min(_canary(observed, options, sequence, names_version), count),
        rolled_back=state == "rolled_back"
        or bool(leader and leader.ref == sequence.ref and _was_rolled_back(observed)),
        indexes=ranges_text(indexes) if _is_shared(observed, options) else None,
    )
    rollout = _with_differences(rollout, model, options)
    programs = [_replica_program(observed, options, rollout, model, index) for index in indexes]
    slots = tuple(Slot(index, program, sequence) for index, program in zip(indexes, programs))
    goal = Goal(slots, sequence, rollout, why_ended=why_surplus(rollout))
    rest = slots_beside_canary(observed, goal)
    if not rest:
        # No replica has old settings to keep, so all get the new ones, and there is no canary.
        goal = replace(goal, rollout=replace(rollout, canary=0))
    goal = _signed(observed, replace(goal, slots=(*slots[: count - len(rest)], *rest)), programs, options.keep_versions)
    if state == "restarted":
        goal = replace(goal, restarted=frozenset(item.id for item in observed.live))
    return with_unreported(goal, options)


def _signed(observed: Observed, goal: Goal, programs: Iterable[Program], keep_versions: int) -> Goal:
    """Write the mark of this run into slots with new settings. The others keep their older mark, so that it does not lead."""
    sequence = given(goal.sequence)
    kept = versions(observed, sequence.ref).kept(keep_versions, {slot.sequence.ref for slot in goal.slots})
    rollout = replace(goal.rollout, versions=kept.older, given_up=kept.given_up)
    rollout = replace(rollout, digest=_digest(programs, sequence, rollout))
    slots = tuple(
        slot
        if slot.program.mark and slot.program.mark.rollout
        else replace(slot, program=replace(slot.program, mark=replica_mark(observed.name, slot.index, rollout)))
        for slot in goal.slots
    )
    return replace(goal, slots=slots, rollout=rollout)


def _wanted_indexes(observed: Observed, options: DeploymentOptions) -> list[int]:
    """Return the indexes of the replicas. Without ``indexes`` and ``replicas``, they stay as they are."""
    if options.indexes is not None:
        return sorted(options.indexes)
    if options.replicas is not None:
        return list(range(options.replicas))
    leader = observed.leader
    if leader is None or not _is_shared(observed, options):
        return list(range(_replica_count(observed)))
    ended = (index for index in leader.rollout.wanted if _ended_by_itself(observed, leader, index))
    return sorted({*(item.index for item in observed.live), *ended})


def _is_shared(observed: Observed, options: DeploymentOptions) -> bool:
    """Whether the deployment is spread over hubs, so that this hub has only some of its indexes."""
    leader = observed.leader
    stays = options.replicas is None and leader is not None and leader.rollout.indexes is not None
    return options.indexes is not None or stays


def _replica_count(observed: Observed) -> int:
    """Return the number of replicas if the task does not set it: the highest index plus one, so that ended replicas are replaced."""
    count = max((item.index + 1 for item in observed.live), default=1) or 1
    leader = observed.leader
    if leader is None:
        return count
    # Count also higher indexes that the latest run wanted, if their replicas have ended by themselves. If a hub does not report how
    # a replica ended (hub-behaviour.md#versions), it does not count, because a run with fewer replicas may have ended it.
    for index in range(count, leader.rollout.replicas):
        if _ended_by_itself(observed, leader, index):
            count = index + 1
    return count


def _ended_by_itself(observed: Observed, leader: Replica, index: int) -> bool:
    """Whether the replica with this index has ended by itself."""
    ended = observed.last_ended(index)
    return bool(ended and ended.rollout.rank <= leader.rollout.rank and ended.record.outcome in ("completed", "failed"))


def _canary(observed: Observed, options: DeploymentOptions, sequence: SequenceRecord, names_version: bool) -> int:
    """Return the number of canaries. If the task does not set it: 0 if it names a version or rolls back, otherwise as many as now."""
    if options.canary is not None:
        return options.canary
    if names_version:
        return 0
    leader = observed.leader
    if leader is None or leader.ref != sequence.ref or options.state == "rolled_back":
        return 0
    return leader.rollout.canary


def _replica_program(
    observed: Observed, options: DeploymentOptions, rollout: Rollout, model: Replica | None, index: int
) -> Program:
    """Return the program that a task wants for one replica. Settings that it does not set are those of ``model``."""
    own = replace(settings_of(options, index), index_key=rollout.index_key)
    if model is None:
        return member(replace(own, app_config=own.app_config or {}, args=own.args or []), observed.name, index)
    if options.keep_config:
        own = _keeping_config(options, own, observed, model, index)
    record = model.record
    own = replace(
        own,
        app_config=config_like(observed, model, index) if own.app_config is None else own.app_config,
        args=list(args_like(observed, model, index)) if own.args is None else own.args,
        input_topic=record.input_topic if own.input_topic is None else own.input_topic,
        output_topic=record.output_topic if own.output_topic is None else own.output_topic,
    )
    return member(own, observed.name, index)


def _keeping_config(
    options: DeploymentOptions, own: MemberSettings, observed: Observed, model: Replica, index: int
) -> MemberSettings:
    """Return ``own`` with the app_config and args that run now, for ``keep_config: true``.

    If they are unknown, those of the task count. Raises ``INVALID_CONFIG`` if the task has none either.
    """
    says = any(item is not None for item in (options.app_config, options.args, options.overrides))

    def if_known(take: Callable[[], T]) -> T | None:
        try:
            return take()
        except SthError as error:
            if error.code != "INVALID_CONFIG" or not says:
                raise
            return None

    config = if_known(lambda: config_like(observed, model, index))
    args = if_known(lambda: list(args_like(observed, model, index)))
    return replace(
        own,
        app_config=(own.app_config or {}) if config is None else config,
        args=(own.args or []) if args is None else args,
        override=Override(
            own.override.app_config if config is None else None, own.override.args if args is None else None
        ),
    )


def _with_differences(rollout: Rollout, model: Replica | None, options: DeploymentOptions) -> Rollout:
    """Return ``rollout`` with ``index_key``, ``own_configs`` and ``own_args``: of the task, or of ``model`` for settings that stay."""
    overrides = options.overrides or []
    index_key = options.index_key
    own_configs = _count_to_last(item.app_config for item in overrides)
    own_args = _count_to_last(item.args for item in overrides)
    if model is not None:
        there, keeps = model.rollout, options.keep_config
        if keeps or options.app_config is None:
            index_key = there.index_key if keeps else index_key or there.index_key
            own_configs = max(own_configs, there.own_configs)
        if keeps or options.args is None:
            own_args = max(own_args, there.own_args)
    return replace(rollout, index_key=index_key, own_configs=own_configs, own_args=own_args)


def _count_to_last(values: Iterable[Any]) -> int:
    """Return the number of values up to the last one that is set."""
    return max((index + 1 for index, item in enumerate(values) if item is not None), default=0)


def _running_version(observed: Observed, hub: str) -> SequenceRecord:
    leader = observed.leader
    if leader is None:
        raise SthError(
            "NOT_FOUND",
            f"No replica of deployment {observed.name} runs on {hub}, so its package and configuration are unknown: set src or "
            "sequence, app_config, args and replicas.",
        )
    if leader.sequence is None:
        raise SthError(
            "NOT_FOUND", f"The package that {leader.mark.name} runs from is no longer on {hub}: set src or sequence."
        )
    return leader.sequence


def _was_rolled_back(observed: Observed) -> bool:
    """Whether the latest run was a rollback to the version that runs.

    Only the replicas that a rollback starts have its mark. If they have all ended, a 1.x hub still lists them for a while.
    """
    leader = observed.leader
    if leader is None:
        return False
    return leader.rollout.rolled_back or any(
        item.rollout.rolled_back and item.ref == leader.ref and item.rollout.rank > leader.rollout.rank
        for item in observed.replicas
    )


def _beside_canary_of_configuration(observed: Observed) -> Replica | None:
    """Return a replica with the settings in force if a canary next to it has the same version and other settings; else None."""
    leader = observed.leader
    if leader is None or leader.sequence is None or not leader.rollout.canary:
        return None
    old = in_force_beside(observed, goal_of(observed, leader))
    return old if old is not None and old.ref == leader.ref else None


def _version_before(observed: Observed, hub: str) -> SequenceRecord:
    leader = observed.leader
    if leader is None:
        raise SthError(
            "NOT_FOUND",
            f"No replica of deployment {observed.name} runs on {hub}, so the version before is unknown: deploy one with src or "
            "sequence, app_config, args and replicas.",
        )
    if leader.sequence is not None and _was_rolled_back(observed):
        return leader.sequence
    older = versions(observed, leader.ref).older
    if not older:
        raise SthError(
            "NOT_FOUND",
            f"No older version of deployment {observed.name} is left on {hub} (keep_versions says how many are kept): deploy the "
            "one you want with src.",
        )
    return next(item for item in observed.inventory.sequences if item.is_called(older[0]))


def _digest(programs: Iterable[Program], sequence: SequenceRecord, rollout: Rollout) -> str:
    wanted = [
        [item.app_config, item.args, item.input_topic, item.output_topic, item.limits, item.start_options]
        for item in programs
    ]
    where = [] if rollout.indexes is None else [rollout.indexes]
    text = json.dumps([sequence.ref, rollout.canary, rollout.rolled_back, wanted, *where], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
