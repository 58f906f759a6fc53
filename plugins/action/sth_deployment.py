# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(scramjet.sth.sth_deployment), and of the list of the role C(deployment).

Some arguments are internal, for that role. ``_check_list`` checks all its variables before the first request, and returns the
names of its deployments. ``_listed`` is one of these names, and the task uses the options of its element. So the items of the loop
are names and contain no secrets, and the list is evaluated only once for each of the two tasks. ``_write_report`` writes the report.

Deployments with ``total_replicas`` are spread over the hosts of the play (`fleet`). ``_share`` computes the shares from the results of
all hosts. A task with ``_listed`` then starts the share of its host, but keeps replicas that move to another hub.
``_all_have_theirs`` checks whether every hub has its share. Then a task with ``_listed`` and ``_last`` ends the replicas that have moved.
If too few replicas are ready to stop any, a task with ``_listed`` and ``_only_missing`` starts missing ones before.
With ``_brief``, the result does not list the replicas, and nothing is noted for the report.

The playbook C(rollout) also uses ``_rollout``, which decides a step from the results of all hosts (`rollout`). With ``_remember``, the
result has the settings in force. A later task with ``_back`` brings them back.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.scramjet.sth.plugins.module_utils.deployment import rollout  # noqa: F401 - before workers are forked, so that none has to import it
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions, required_package
from ansible_collections.scramjet.sth.plugins.module_utils.deployment.reconcile import check_options
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import read_options
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import nothing_done
from ansible_collections.scramjet.sth.plugins.modules.sth_deployment import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.deployment_list import (
    Listing,
    refuse_misspelt,
    require_boolean,
    wanted_deployments,
)
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.report import utc_now
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.rollback import (
    options_before,
    plan_back,
    refuse_no_way_back,
)
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.rollout import all_failures, batch_state, failure
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.shares import (
    FLEET,
    Fleet,
    all_have_theirs,
    both_results,
    read_fleet,
    refuse_strategy,
    refuse_turn,
    share_of,
    shares,
)
from ansible_collections.scramjet.sth.plugins.plugin_utils.in_process import validate
from ansible_collections.scramjet.sth.plugins.plugin_utils.no_log import without_no_log
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.action import PackageAction
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.uploads_file import Files
from ansible_collections.scramjet.sth.plugins.plugin_utils.plain_arguments import as_module_gets
from ansible_collections.scramjet.sth.plugins.plugin_utils.program_args import with_json_args
from ansible_collections.scramjet.sth.plugins.plugin_utils.project_files import working_directory
from ansible_collections.scramjet.sth.plugins.plugin_utils.report.report_file import (
    note_deployment,
    note_list,
    note_refused,
    report_path,
    write_report,
)
from ansible_collections.scramjet.sth.plugins.plugin_utils.run_file import add_line, read_lines

# The evaluated lists, by the id of the task. All items of a loop run in one worker, so they share the list.
_evaluated: dict[str, dict[str, dict[str, Any]]] = {}
# The name of the file in which hubs note for those after them that their turn has failed (`run_file`).
_TURNS = "turns"
# The keys of a result with ``_brief``.
_BRIEF = (
    "changed", "failed", "msg", "error_code", "deployment", "hub", "unreachable", "would_change", "ref_before", "in_force",
)  # fmt: skip


class ActionModule(PackageAction):
    """See `PackageAction`."""

    task = TASK
    # The path of the report, if this is a task of the role and the user wants a report.
    _report: str | None = None

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task, or check the list."""
        variables = task_vars or {}
        if "_write_report" in self._task.args:
            return self._write_report(variables)
        if "_share" in self._task.args or "_all_have_theirs" in self._task.args:
            return self._spread(variables)
        if "_rollout" in self._task.args:
            return self._decide(variables)
        if "_check_list" in self._task.args:
            return self._check_list(variables)
        try:
            result = super().run(tmp, task_vars)
        except AnsibleConnectionFailure:
            self._note_failed_turn(variables)
            raise
        if result.get("failed"):
            self._note_failed_turn(variables)
        rows = result.pop("_report", ())
        result.update(result.pop("_kept_back", {}))
        if "_remember" in self._task.args:
            # The playbook sets changed_when: false for this task, which overwrites `changed`.
            result["would_change"] = result.get("changed", False)
        if "_brief" in self._task.args:
            return {key: value for key, value in result.items() if key in _BRIEF}
        if self._report:
            try:
                note_deployment(self._report, _host(variables), str(self._task.args["_listed"]), result, rows)
            except SthError as error:
                # The deployment is done, and counts more than the report.
                warning = f"The report lacks deployment {self._task.args['_listed']}: {error.message}"
                result["warnings"] = [*result.get("warnings", ()), warning]
        return self._with_earlier(result, variables)

    def _with_earlier(self, result: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Combine the result with that of the task before it for the same deployment, if the role has run one."""
        if "_listed" not in self._task.args or {"_only_missing", "_back"} & {*self._task.args}:
            return result
        earlier = variables.get("deployment__run" if "_last" in self._task.args else "deployment__filled")
        return both_results(earlier, result, self._task.args["_listed"]) if earlier else result

    def _spread(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Compute the shares of all hosts, or check whether all hosts have theirs."""
        try:
            if "_all_have_theirs" in self._task.args:
                return {"changed": False, "complete": all_have_theirs(variables)}
            refuse_strategy(self._task)
            computed = shares(variables, self._task.args["_share"] == "only_look")
            # In check mode, the task that brings a deployment into its state predicts the start of missing replicas too.
            lacks = computed["lacks"] and not self._task.check_mode
            return {"changed": False, **computed, "lacks": lacks, "turns": str(uuid.uuid4())}
        except SthError as error:
            return {**nothing_done(TASK, None), **_failed_result(error)}

    def _turns(self, variables: Mapping[str, Any]) -> str:
        """Return the id of the turns of this run; "" if this task is not a turn of a deployment with ``min_ready``, or all hubs are updated at once."""
        if self._task.check_mode or {"_back", "_last", "_brief", "_only_missing"} & {*self._task.args}:
            return ""
        checked, fleet = (variables.get(name) or {} for name in ("deployment__checked", "deployment__fleet"))
        own = (checked.get("fleets") or {}).get(self._task.args.get("_listed")) or {}
        return str(fleet["turns"]) if own.get("min_ready") is not None and fleet.get("at_once") else ""

    def _note_failed_turn(self, variables: Mapping[str, Any]) -> None:
        """Note a failure for the hubs whose turn comes later."""
        turns = self._turns(variables)
        if turns:
            try:
                add_line(_TURNS, {"turns": turns, "name": self._task.args["_listed"], "host": _host(variables)})
            except SthError as error:
                # The failure of the deployment counts more.
                self._display.warning(f"{error.message} So the hubs whose turn comes later are updated too.")

    def _decide(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Decide how a rollout goes on, from the results of all hosts."""
        step = self._task.args["_rollout"]
        if step == "batch":
            return {"changed": False, **batch_state(variables, int(self._task.args["_soak_time"]), utc_now())}
        if step == "over":
            return {"changed": False, "failures": all_failures(variables)}
        if step == "back":
            return {"changed": False, **plan_back(variables)}
        return failure(variables, str(self._task.args["_on_failure"]))

    def _check_list(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Check all variables before the first request; return the names of the deployments, and the fleets."""
        common = {key: value for key, value in self._task.args.items() if key != "_check_list"}
        self._add_connection(common, variables)
        report = None
        try:
            # Only looks at the hubs, so a package that is refused fails the task of its deployment only.
            brief = common.pop("_brief", False)
            report = None if brief else self._report_path(variables)
            checked = self._checked(common, variables, reads=not brief)
            if report:
                note_list(report, _host(variables), checked["names"])
        except SthError as error:
            nothing = nothing_done(TASK, self._api_url_of(common))
            result = {**nothing, **_failed_result(error)}
            if report:
                with suppress(SthError):
                    note_refused(report, _host(variables), result)
            return result
        return {"changed": False, **checked}

    def _write_report(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Write the report of all hosts, in check mode too, because this changes no hub."""
        try:
            path = self._report_path(variables)
        except SthError:
            # The task that checks the variables has reported this failure.
            return {"changed": False}
        try:
            if path:
                hosts = variables.get("ansible_play_hosts_all") or ()
                write_report(path, _host(variables), map(str, hosts), bool(self._task.check_mode))
        except SthError as error:
            return {"changed": False, **_failed_result(error)}
        return {"changed": False}

    def _report_path(self, variables: dict[str, Any]) -> str | None:
        directory = working_directory(self._loader, self._task)
        return report_path(self._variable("deployment_report", variables), directory)

    def _add_file_names(self, ref: str, digests: Files, result: Mapping[str, Any]) -> None:
        super()._add_file_names(ref, digests, result)
        for row in result.get("_report") or ():
            super()._add_file_names(ref, digests, {"diff": row})

    def _wanted_digest(self, arguments: Mapping[str, Any]) -> str | None:
        src, sequence, digest = (
            None if arguments.get(name) is None else str(arguments[name]) for name in ("src", "sequence", "digest")
        )
        required = required_package(src, sequence, digest)
        return required.digest if required else None

    def _completed(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        name, last = arguments.pop("_listed", None), arguments.pop("_last", False)
        brief, back = arguments.pop("_brief", False), arguments.pop("_back", False)
        if name is None:
            return arguments
        self._report = None if brief else self._report_path(variables)
        if self._report:
            arguments["_report"] = True
        if self._task._uuid not in _evaluated:
            _evaluated[self._task._uuid] = self._wanted(variables)
        if name not in _evaluated[self._task._uuid]:
            raise SthError(
                "INVALID_OPTION",
                f"{name} is no longer in deployment_list: use names that do not change while the role runs.",
            )
        # These are arguments of a task, of which each may be missing. The module validates them, and makes typed options of them.
        element = {key: value for key, value in _evaluated[self._task._uuid][name].items() if key not in FLEET}
        share = share_of(name, variables, bool(last))
        turns = self._turns(variables)
        if turns:
            try:
                refuse_turn(name, turns, read_lines(_TURNS))
            except SthError:
                # The failure says for which hub the task is.
                self._add_connection(arguments, variables)
                raise
        if back:
            share.pop("indexes", None)
            return {**arguments, **options_before(name, {**element, **share}, variables), "name": name}
        if arguments.get("_remember"):
            refuse_no_way_back(name, element)
        return {**arguments, **element, **share}

    def _checked(self, common: dict[str, Any], variables: dict[str, Any], *, reads: bool) -> dict[str, Any]:
        """Check the variables. Return the names, and the fleets by name as plain data.

        ``common``: arguments of the task and the connection, for all elements. ``reads``: whether to check packages that must have a digest.
        """
        refuse_misspelt(variables)
        only_looks = require_boolean("deployment_fail_on_drift", self._variable("deployment_fail_on_drift", variables))
        # Do not use the variable ansible_check_mode: it reflects only the command line, and not the keyword check_mode.
        if only_looks and not self._task.check_mode:
            raise SthError(
                "INVALID_OPTION",
                "deployment_fail_on_drift is set and this is not check mode, so differences would be applied: use --check or the "
                "keyword check_mode, or leave out deployment_fail_on_drift.",
            )
        wanted = self._wanted(variables)
        checked = {name: self._check({**common, **options}, name, reads=reads) for name, options in wanted.items()}
        fleets = {name: asdict(fleet) for name, fleet in checked.items() if fleet}
        return {"names": list(wanted), "fleets": fleets}

    def _check(self, given: dict[str, Any], name: str, *, reads: bool) -> Fleet | None:
        """Refuse options that the module would refuse before its first request. Return the fleet of the deployment, if it has one."""
        arguments = {key: value for key, value in given.items() if key not in FLEET}
        try:
            self._refuse_null(arguments)
            validated, error = validate(TASK, self._module_name, with_json_args(arguments))
            if error:
                raise SthError("INVALID_OPTION", without_no_log(error, validated._no_log_values))
            options = read_options(DeploymentOptions, validated.validated_parameters)
            check_options(options)
            if reads:
                self._refuse_other_package(options)
            return read_fleet(given, options)
        except SthError as refused:
            raise SthError.of(refused, message=f"Deployment {name}: {refused.message}") from None

    def _refuse_other_package(self, options: DeploymentOptions) -> None:
        """Refuse a package without the digest that it must have, before the deployments before it in the list are written."""
        required = required_package(options.src, options.sequence, options.digest)
        if required and options.src and not (options.remote_src or options.build or options.state == "rolled_back"):
            source = self._find_package(options.src)
            package = read_package(
                source,
                exclude=options.exclude,
                compare=options.compare,
                secret_files=options.secret_files,
                digest=required.digest,
            )
            required.refuse_other(source, package)

    def _wanted(self, variables: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Evaluate the role's variables."""
        names = ("deployment_list", "deployment_defaults", "deployment__considered", "deployment__imposed")
        listing = Listing(*(as_module_gets(self._variable(name, variables)) for name in names))
        wanted = wanted_deployments(listing, {**TASK.options, **FLEET})
        # Before ansible-core 2.19, an omitted value is a special text.
        omitted = variables.get("omit", object())
        return {
            name: {key: value for key, value in given.items() if value != omitted} for name, given in wanted.items()
        }


def _failed_result(error: SthError) -> dict[str, Any]:
    return {"failed": True, "msg": error.message, "error_code": error.code}


def _host(variables: Mapping[str, Any]) -> str:
    return str(variables.get("inventory_hostname"))
