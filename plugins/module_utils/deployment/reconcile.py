# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_deployment``."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.goal import (
    Goal,
    absent_goal,
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
)
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.wanted import wanted_goal
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.instance.reconcile import (
    hide_options,
    require_start_options,
    wanted_sequence,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import ask_silent_again, decide_surely
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import (
    ending_from_options,
    readiness_from_options,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import check_program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import parse_reference
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import read_source, refuse_newer_main
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.run.start_topics import note_topics
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import matches, wanted_record


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
    after = before
    ended: dict[str, InstanceRecord] = {}
    seconds: dict[str, float] = {}
    if run.check_mode:
        after = predicted(before, plan)
    elif plan.first or plan.batches or plan.deletes:
        # Here, because a module compiles all that it imports, and most tasks change nothing.
        from ansible_collections.scramjet.sth.plugins.module_utils.deployment.rollout import roll_out

        policy = Policy("recreate") if options.state == "absent" else _policy(run, options)
        rolling = roll_out(run, options, before, package, policy, plan)
        after, ended, seconds = rolling.seen.now, rolling.seen.ended, rolling.seconds
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
