# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_deployment``."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.crashes import GateError
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import (
    Goal,
    absent_goal,
    goal_before,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.known_settings import settings_in_force
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import (
    DeploymentOptions,
    TakeOverOptions,
    required_package,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan import (
    DeploymentPlan,
    plan_absent,
    plan_present,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.plan_rollout import Policy
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.replicas import (
    Observed,
    Replica,
    not_found,
    refuse_clash,
    replicas_of,
    taken_over,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.report import (
    changes,
    deployment_view,
    predicted,
    replica_views,
    without_sequences,
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.rollout import Rolling
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.versions import named
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.wanted import wanted_goal
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.instance.reconcile import (
    hide_options,
    require_start_options,
    wanted_sequence,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.ending import ending_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import ask_silent_again, decide_surely
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import readiness_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import check_program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import parse_reference
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import need_content, read_source
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.start_topics import note_topics
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import matches
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.storing import (
    delete_unused,
    refuse_newer_main,
    upload_package,
    wanted_record,
    without_twins,
)


def reconcile(run: Run, options: DeploymentOptions) -> Result:
    """Bring one deployment into the wanted state. Returns the keys of ``sth_deployment``'s result."""
    check_options(options)
    masker = run.masker
    hide_options(run, options)
    require_start_options(run.hub, options)
    package = _package_of_src(run, options)
    inventory, plan = decide_surely(
        run.hub,
        ask_silent_again(run.hub, run.hub.inventory()),
        lambda found: _plan(run, options, _observed(run, options, found), package, masker),
        run.journal.say,
    )
    before = _observed(run, options, inventory)
    run.journal.plan(plan.actions)
    if run.reports:
        run.changes = changes(before, plan, masker)
    in_force = settings_in_force(before) if run.remembers else None
    if in_force:
        run.kept_back = {"in_force": in_force}
    note_topics(run)
    if run.check_mode:
        after, ended, seconds = predicted(before, plan), {}, {}
    else:
        if any(action.action == "upload" for action in plan.first):
            need_content(options)
        apply = _Apply(run, options, before, package, masker)
        apply.everything(plan)
        after, ended, seconds = apply.rolling.seen.now, apply.rolling.seen.ended, apply.rolling.seconds
    header = f"deployment {options.name} on {run.hub.api_url}"
    return {
        "deployment": deployment_view(after, _ref(plan.goal, options), plan.goal.rollout.canary),
        "instances": replica_views(before, after, ended, seconds, masker),
        "rolled_back": plan.goal.rollout.rolled_back and bool(plan.goal.slots),
        **({"ref_before": in_force["sequence"]} if in_force else {}),
        "diff": {"before": plan.before, "after": plan.after, "before_header": header, "after_header": header},
    }


def _observed(run: Run, options: DeploymentOptions, inventory: Inventory) -> Observed:
    """Return the state of the deployment, with the instances that it takes over."""
    wanted = options.take_over
    if wanted is None:
        return replicas_of(options.name, inventory)
    missing = not_found(inventory, wanted)
    if missing and not replicas_of(options.name, inventory).live:
        # If the deployment runs already, an earlier run has taken them over, so there is nothing to warn of.
        run.warn(
            f"take_over: no running instance on {run.hub.api_url} is named {', '.join(missing)}. If a name is misspelt, the "
            "deployment runs in addition to the instances that it should take over."
        )
    return replicas_of(options.name, inventory, taken_over(options.name, inventory, wanted, run.hub.api_url))


def check_options(options: DeploymentOptions) -> None:
    """Raise ``INVALID_OPTION`` for options that make no sense, before the first request."""
    # Ansible accepts null for a required option.
    if not (options.name or "").strip():
        raise SthError("INVALID_OPTION", "name is empty: set the name of the deployment.")
    for name in ("replicas", "max_surge", "max_unavailable", "canary", "keep_versions"):
        number: int | None = getattr(options, name)
        if number is not None and number < 0:
            raise SthError("INVALID_OPTION", f"{name} must not be negative.")
    _check_indexes(options.indexes)
    required_package(options.src, options.sequence, options.digest)
    if options.state == "restarted" and options.canary:
        raise SthError(
            "INVALID_OPTION",
            "canary cannot be used with state: restarted, which replaces every replica: use state: present.",
        )
    if options.max_surge == 0 and options.max_unavailable == 0 and options.strategy == "rolling":
        raise SthError(
            "INVALID_OPTION",
            "max_surge and max_unavailable are both 0, so no replica can be replaced: set one of them to 1 or more.",
        )
    _check_take_over(options.take_over, options.state)
    check_program(options)
    readiness_from_options(options)
    ending_from_options(options)


def _check_indexes(indexes: list[int] | None) -> None:
    if any(index < 0 for index in indexes or ()):
        raise SthError("INVALID_OPTION", "indexes must not be negative.")
    if len(set(indexes or ())) < len(indexes or ()):
        raise SthError("INVALID_OPTION", "indexes has an index twice: give each replica an index of its own.")


def _check_take_over(wanted: TakeOverOptions | None, state: str) -> None:
    if wanted is None:
        return
    if state != "present":
        raise SthError("INVALID_OPTION", f"take_over cannot be used with state: {state}: use state: present.")
    if not wanted.instances and wanted.sequence is None:
        raise SthError("INVALID_OPTION", "take_over is empty: set instances, sequence or both in it.")
    if not all(reference.strip() for reference in wanted.instances):
        raise SthError("INVALID_OPTION", "A reference in take_over.instances is empty: set an id or a name.")
    if wanted.sequence is not None:
        parse_reference(wanted.sequence)


def _ref(goal: Goal, options: DeploymentOptions) -> str | None:
    """Return the ref of the goal. Without replicas, no mark records a version, so only one that the task names is reported."""
    says = options.state != "rolled_back" and (options.src is not None or options.sequence is not None)
    return goal.sequence.ref if goal.sequence and (goal.slots or says) else None


def _package_of_src(run: Run, options: DeploymentOptions) -> Package | None:
    """Read ``src``. A rollback needs no package, because its version is on the hub."""
    if options.src is None or options.state == "rolled_back":
        return None
    required = required_package(options.src, options.sequence, options.digest)
    package = read_source(run, options, digest=required.digest if required else None)
    if required:
        required.refuse_other(given(options.src), package)
    return package


def _plan(
    run: Run, options: DeploymentOptions, before: Observed, package: Package | None, masker: Masker
) -> DeploymentPlan:
    hub = run.hub
    run.hide(replica.record for replica in before.replicas)
    sequence = _named_version(run, options, before, package)
    if options.state == "absent":
        return plan_absent(before, absent_goal(before), sequence.ref if sequence else None, masker)
    if package is not None:
        refuse_newer_main(hub, package)
    goal = wanted_goal(before, options, sequence, hub.api_url)
    refuse_clash(before, hub.api_url, (slot.index for slot in goal.slots))
    for slot in goal.slots:
        slot.program.check_size(hub.dialect.start_body_limit)
    return plan_present(
        before,
        goal,
        _policy(run, options),
        upload=goal.sequence is not None and package is not None and not goal.sequence.id,
        keep_versions=options.keep_versions,
        masker=masker,
    )


def _named_version(
    run: Run, options: DeploymentOptions, before: Observed, package: Package | None
) -> SequenceRecord | None:
    """Return the version that the task names. Its id is "" if it is not on the hub."""
    if package is not None:
        wanted = wanted_record(package)
        used = {item.record.sequence_id for item in before.live}
        found = (item for item in before.inventory.sequences if matches(item, wanted, options.compare))
        return min(found, key=lambda item: (item.id not in used, item.id), default=wanted)
    if options.state == "rolled_back" or options.sequence is None:
        return None
    try:
        return wanted_sequence(run, options.sequence, before.inventory)
    except SthError as error:
        # A missing version need not be removed.
        if options.state == "absent" and error.code == "NOT_FOUND":
            return None
        raise


def _policy(run: Run, options: DeploymentOptions) -> Policy:
    if run.only_missing:
        return Policy(max_surge=0, max_unavailable=0)
    return Policy(options.strategy, options.max_surge, options.max_unavailable)


class _Apply:
    """Carries out a plan, and verifies each step on the hub."""

    def __init__(
        self, run: Run, options: DeploymentOptions, before: Observed, package: Package | None, masker: Masker
    ) -> None:
        self.run = run
        self.options = options
        self.hub = run.hub
        self.before = before
        self.package = package
        self.masker = masker
        self.uploaded: SequenceRecord | None = None
        policy = Policy("recreate") if options.state == "absent" else _policy(run, options)
        self.ending = ending_from_options(options)
        self.rolling = Rolling(run, options, before, policy, readiness_from_options(options, run.masker), self.ending)

    def everything(self, plan: DeploymentPlan) -> None:
        """Upload the new version, roll it out, and remove old versions."""
        for action in plan.first:
            if action.action == "upload":
                self._upload(action)
            else:
                self._delete(action)
        if plan.batches:
            try:
                leader = self.rolling.reach(plan.goal, plan.batches)
            except GateError as missed:
                raise self._failed(missed, plan.goal) from None
            if leader is not None:
                self._drop_upload()
                raise self._overtaken(leader)
        for action in plan.deletes:
            try:
                self._delete(action)
            except SthError as error:
                # The replicas are as wanted. If an old version cannot be removed, only add a note, because on 1.x a record that is
                # never removed (hub-behaviour.md#records-that-never-go) would make every run fail.
                if error.code != "CONFLICT" or self.options.state == "absent":
                    raise
                self.run.notes.append(error.message)

    def _delete(self, action: Action) -> None:
        with self.run.journal.doing(action):
            delete_unused(self.hub, action.target, self.ending.removal_timeout)
        self.rolling.seen.now = without_sequences(self.rolling.seen.now, {action.target.id})

    def _upload(self, action: Action) -> None:
        compare = self.options.compare
        with self.run.journal.doing(action):
            stored = upload_package(self.hub, given(self.package), compare, self.run.journal)
        if compare == "content":
            stored = without_twins(self.hub, stored, self.run.journal)
        self.uploaded = stored
        self.rolling.stored(stored)

    def _failed(self, missed: SthError, goal: Goal) -> SthError:
        """Do what ``on_failure`` says, and return the failure with the resulting state of the deployment."""
        how = self.options.on_failure
        rolled_back, said = False, "was left as it is (on_failure: leave)."
        try:
            if how == "rollback":
                leader = self.rolling.roll_back(goal_before(self.before, goal, self.rolling.seen.failed))
                rolled_back = leader is None
                was = self.before.leader
                back = f"was rolled back to {was.ref}." if was and was.ref else "was rolled back to what ran before."
                said = back if self.before.live else "was removed again: nothing ran before."
                if leader is not None:
                    said = "was changed by another task meanwhile, which wins."
            elif how == "stop":
                self.rolling.end_failed()
                said = "was left half updated (on_failure: stop)."
            else:
                self.rolling.seen.look()
            if how != "leave":
                self._drop_failed(goal)
        except SthError as error:
            done = {"rollback": "rolled back either", "stop": "cleaned up", "leave": "observed again"}[how]
            said = f"could not be {done}: {error.message}"
        now = self.rolling.seen.now
        ref, canary = (goal.sequence.ref if goal.sequence else None), goal.rollout.canary
        if rolled_back:
            ref, canary = (now.leader.ref, now.leader.rollout.canary) if now.leader else (None, 0)
        return SthError.of(
            missed,
            message=f"{missed.message} Deployment {self.before.name} {said}",
            rolled_back=rolled_back,
            deployment=deployment_view(now, ref, canary),
            instances=replica_views(self.before, now, self.rolling.seen.ended, self.rolling.seconds, self.masker),
        )

    def _drop_failed(self, goal: Goal) -> None:
        """Remove the version that failed, if this run or an interrupted run before it has uploaded it.

        A version that the mark of a replica names stays, because it may be needed for a rollback.
        """
        self._drop_upload()
        failed = goal.sequence if self.uploaded is None and self.package is not None else None
        if failed is not None and failed.id and failed.ref not in named(self.rolling.seen.now):
            self._drop(failed)

    def _drop_upload(self) -> None:
        """Remove the version that this run has uploaded but does not need."""
        if self.uploaded is not None:
            self._drop(self.uploaded)

    def _drop(self, sequence: SequenceRecord) -> None:
        """Remove a version, unless an instance runs from it."""
        if any(item.live and item.sequence_id == sequence.id for item in self.rolling.seen.now.inventory.instances):
            return
        try:
            with self.run.journal.compensating("delete", f"sequence {sequence.ref}"):
                delete_unused(self.hub, sequence, self.ending.removal_timeout)
        except SthError as error:
            if error.code != "CONFLICT":
                raise
            return
        self.rolling.seen.now = without_sequences(self.rolling.seen.now, {sequence.id})

    def _overtaken(self, leader: Replica) -> SthError:
        return SthError(
            "CONFLICT",
            f"Another task deployed {leader.ref or 'another version'} to {self.before.name} on {self.hub.api_url} at the same time "
            "and wins: decide which one you want, and run that task again.",
            deployment=deployment_view(self.rolling.seen.now, leader.ref, leader.rollout.canary),
        )
