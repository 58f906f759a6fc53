# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans the order of starts and stops of replicas, so that enough of them are ready at any time. Pure.

Source: architecture.md#deployments.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import Goal, Slot, goal_of
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import Strategy
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import Observed, Replica
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action


@dataclass(frozen=True)
class Policy:
    """How replicas are replaced. If ``rolling`` may neither surge nor miss any, only missing replicas are started, and none is replaced."""

    strategy: Strategy = "rolling"
    max_surge: int = 1
    max_unavailable: int = 0


@dataclass(frozen=True)
class ToStart:
    """A replica to start, and to wait for until it is ready. ``missing``: no replica with its index runs."""

    slot: Slot
    action: Action
    missing: bool = False


@dataclass(frozen=True)
class ToStop:
    """A replica to end. ``serves``: it counts as ready until then, so it is ended only when enough others are ready.

    ``unproven``: it counts as ready, but an interrupted run may have left it before it was.
    """

    replica: Replica
    action: Action
    serves: bool
    unproven: bool = False


@dataclass(frozen=True)
class Batch:
    """Writes that may happen at the same time, in any order. The next batch begins when all of them are done.

    ``awaited``: running replicas to wait for until they are ready.
    """

    starts: tuple[ToStart, ...] = ()
    stops: tuple[ToStop, ...] = ()
    awaited: tuple[Replica, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """Its writes."""
        return (*(item.action for item in self.starts), *(item.action for item in self.stops))


def plan_rollout(
    observed: Observed, goal: Goal, policy: Policy, failed: Collection[str] = (), proven: Collection[str] = ()
) -> tuple[Batch, ...]:
    """Return the batches that lead from the observed state to the goal; none if it is reached.

    ``failed``: ids of live replicas that did not become ready. ``proven``: ids of live replicas that were ready.
    """
    sorted_out = _sort_out(observed, goal, failed, proven)
    if policy.strategy == "recreate":
        batches = _recreate(sorted_out)
    elif policy.strategy == "blue_green":
        batches = _blue_green(sorted_out)
    elif policy.max_surge == policy.max_unavailable == 0:
        batches = _only_missing(sorted_out)
    else:
        batches = _rolling(sorted_out, len(goal.slots), policy)
    return tuple(batch for batch in batches if batch != Batch())


def kept(observed: Observed, goal: Goal, failed: Collection[str] = ()) -> dict[int, Replica]:
    """Return the replicas that stay unchanged, by index. If several fit one index, every run keeps the same one."""
    found: dict[int, Replica] = {}
    # Prefer a replica of the latest run, whose mark has the most information. In a rollback, prefer the earliest run. Of the same
    # run, prefer the oldest replica.
    for replica in sorted(observed.live, key=lambda item: item.rollout.rank, reverse=not goal.is_rollback):
        slot = goal.slot(replica.index)
        usable = replica.record.status != "stopping" and replica.id not in failed
        if slot is not None and usable and not goal.differs(replica, slot):
            found.setdefault(replica.index, replica)
    return found


@dataclass
class _Sorted:
    """The replicas and slots, sorted by what must be done with them."""

    # To keep, and to wait for: an interrupted run may have left them before they were ready.
    unproven: list[Replica] = field(default_factory=list)
    # To end first: replicas that are not ready.
    broken: list[ToStop] = field(default_factory=list)
    # To end next: copies, and replicas whose index is not wanted.
    spare: list[ToStop] = field(default_factory=list)
    # To replace, by index.
    old: list[ToStop] = field(default_factory=list)
    missing: list[ToStart] = field(default_factory=list)
    # The number of live replicas.
    total: int = 0


def _sort_out(observed: Observed, goal: Goal, failed: Collection[str], proven: Collection[str]) -> _Sorted:
    stay = kept(observed, goal, failed)
    done = _Sorted(total=len(observed.live))
    unproven = _unproven(observed).difference(proven)
    for replica in observed.live:
        if stay.get(replica.index) is replica:
            if replica.id in unproven:
                done.unproven.append(replica)
            continue
        serves = replica.record.status == "running" and replica.id not in failed
        slot = goal.slot(replica.index)
        differs = goal.differs(replica, slot) if slot else ""
        action = Action("stop", replica.object, _why_ended(replica, goal, differs, failed), replica.record)
        stop = ToStop(replica, action, serves, replica.id in unproven)
        (done.broken if not serves else done.old if differs else done.spare).append(stop)
    # The highest index first, because it is the newest.
    done.spare.sort(key=lambda item: -item.replica.index)
    if not done.old and not done.spare:
        # Nothing ready is ended, so only wait for replicas that have just begun.
        done.unproven = [item for item in done.unproven if _has_just_begun(observed, item)]
    done.missing = [_to_start(observed, goal, slot) for slot in goal.slots if slot.index not in stay]
    return done


def _rolling(todo: _Sorted, wanted: int, policy: Policy) -> list[Batch]:
    batches = [Batch((), tuple(todo.broken), tuple(todo.unproven))]
    missing, spare, old = list(todo.missing), list(todo.spare), list(todo.old)
    total = ready = todo.total - len(todo.broken)
    # ``ready`` counts all replicas that may be ready, ``proven`` only those that certainly are. Ending replicas lowers neither
    # below ``floor``.
    proven = ready - sum(item.unproven for item in (*spare, *old))
    floor = max(0, wanted - policy.max_unavailable)
    while missing or spare or old:
        occupied = {item.replica.index for item in old}
        awaiting = {item.slot.index for item in missing}
        # Start missing replicas before replacements.
        missing.sort(key=lambda item: (item.slot.index in occupied, item.slot.index))
        old.sort(key=lambda item: (not item.unproven, item.replica.index in awaiting, item.replica.index))
        starts = missing[: max(0, wanted + policy.max_surge - total)]
        leaving = _leaving(spare + old, ready - floor, proven - floor)
        batches.append(Batch(tuple(starts), tuple(leaving)))
        missing = missing[len(starts) :]
        spare = [item for item in spare if item not in leaving]
        old = [item for item in old if item not in leaving]
        total += len(starts) - len(leaving)
        ready += len(starts) - len(leaving)
        proven += len(starts) - sum(not item.unproven for item in leaving)
    return batches


def _leaving(stops: Sequence[ToStop], most: int, most_proven: int) -> list[ToStop]:
    """Return the first ``most`` of ``stops``, with no more than ``most_proven`` that are certainly ready."""
    leaving: list[ToStop] = []
    for item in stops:
        if len(leaving) >= most:
            break
        if not item.unproven:
            most_proven -= 1
        if item.unproven or most_proven >= 0:
            leaving.append(item)
    return leaving


def _only_missing(todo: _Sorted) -> list[Batch]:
    """End what is not ready, wait for replicas that may not be ready, end copies, and start replicas where none is left."""
    occupied = {item.replica.index for item in todo.old}
    return [
        Batch((), tuple(todo.broken), tuple(todo.unproven)),
        Batch((), tuple(todo.spare)),
        Batch(tuple(item for item in todo.missing if item.slot.index not in occupied)),
    ]


def _blue_green(todo: _Sorted) -> list[Batch]:
    return [
        Batch((), tuple(todo.broken), tuple(todo.unproven)),
        Batch(tuple(todo.missing)),
        Batch((), (*todo.spare, *todo.old)),
    ]


def _recreate(todo: _Sorted) -> list[Batch]:
    return [
        Batch((), (*todo.broken, *todo.spare, *todo.old), tuple(todo.unproven)),
        Batch(tuple(todo.missing)),
    ]


def _unproven(observed: Observed) -> frozenset[str]:
    """Return the ids of replicas that an interrupted run may have left before they were ready.

    If a replica is left that the latest run would have ended, that run was interrupted, so none of its replicas is certainly
    ready. If it was interrupted while it waited only for its last replicas, nothing on the hub shows this.
    """
    leader = observed.leader
    unfinished = leader is not None and _is_unfinished(observed, leader)

    def is_leading(replica: Replica) -> bool:
        return unfinished and leader is not None and replica.rollout.rank == leader.rollout.rank

    return frozenset(item.id for item in observed.live if is_leading(item) or _has_just_begun(observed, item))


def _has_just_begun(observed: Observed, replica: Replica) -> bool:
    beside = (item for item in observed.at(replica.index) if item is not replica)
    return replica.record.status == "starting" or any(item.rollout.rank < replica.rollout.rank for item in beside)


def _is_unfinished(observed: Observed, leader: Replica) -> bool:
    try:
        wish = goal_of(observed, leader)
    except SthError:
        # The goal of that run is no longer known.
        return False
    stay = kept(observed, wish)
    # A replica that was added with the old version next to a canary has the mark of the old run, which did not want its index. So
    # ask the mark of the latest run too.
    older = (
        item
        for item in observed.live
        if item.rollout.rank < leader.rollout.rank
        and (item.rollout.wants(item.index) or leader.rollout.wants(item.index))
    )
    return any(item.record.status == "running" and stay.get(item.index) is not item for item in older)


def _why_ended(replica: Replica, goal: Goal, differs: str, failed: Collection[str]) -> str:
    if replica.record.status == "stopping":
        return "it is ending"
    if replica.id in failed:
        return "it did not become ready"
    if goal.slot(replica.index) is None:
        return goal.why_ended
    return differs or f"copy of {replica.mark.name}"


def _to_start(observed: Observed, goal: Goal, slot: Slot) -> ToStart:
    what = f"instance {slot.program.label} from {slot.sequence.ref}"
    left = slot.program.started_from(slot.sequence.id)
    return ToStart(
        slot, Action("start", what, _why_started(observed, goal, slot), leaves=left), not observed.at(slot.index)
    )


def _why_started(observed: Observed, goal: Goal, slot: Slot) -> str:
    there: Sequence[Replica] = observed.at(slot.index)
    if there:
        return goal.differs(there[-1], slot) or "the last one is ending"
    ended = observed.last_ended(slot.index)
    if ended is None or ended.record.outcome in ("stopped", "killed"):
        return "none runs"
    code = ended.record.exit_code
    return f"the last one ended ({ended.record.outcome}{f', exit code {code}' if code is not None else ''})"
