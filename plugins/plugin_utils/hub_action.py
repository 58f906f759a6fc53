# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller side of every module: connection variables, files, masking, progress lines.

Source: architecture.md#two-entrances.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleError, AnsibleFileNotFound
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.scramjet.sth.plugins.module_utils.errors import ErrorCode, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import SIGN_IN, api_url_of
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import require_finite
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.invocation import shown_arguments
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import HUB
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task, nothing_done
from ansible_collections.scramjet.sth.plugins.plugin_utils.delegated import variables_of_hub
from ansible_collections.scramjet.sth.plugins.plugin_utils.in_process import chosen_entrance, run_in_process
from ansible_collections.scramjet.sth.plugins.plugin_utils.passed_on_file import (
    acts_without_check,
    add_entries,
    predicts,
    read_entries,
)
from ansible_collections.scramjet.sth.plugins.plugin_utils.program_args import with_json_args
from ansible_collections.scramjet.sth.plugins.plugin_utils.project_files import (
    importing_directories,
    project_directories,
    working_directory,
)

display = Display()

CONNECTION_VARIABLES: dict[str, str] = {option: f"sth_{option}" for option in HUB}
# Options that say what a task is about. An explicit null is an error, because "not set" would mean something else: all
# objects, no objects, or reading instead of writing.
NOT_NULL = (
    "name", "names", "id", "version", "instance", "sequence", "digest", "topic", "src", "send", "expect", "stream", "content", "lines",
)  # fmt: skip


class HubAction(ActionBase):
    """Prepares and runs the module of the same name, and makes its result safe to show."""

    # The task of the module of the same name.
    task: ClassVar[Task[Any]]
    # The options (as paths of keys) that name other files on the controller.
    file_sources: ClassVar[tuple[tuple[str, ...], ...]] = ()

    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        del tmp
        arguments = copy.copy(self._task.args)
        try:
            arguments = self._completed(arguments, variables)
            # First, so that every failure says which hub the task is for.
            if self.task.talks_to_hub:
                self._add_connection(arguments, variables)
                self._say_hub(arguments)
            self._refuse_null(arguments)
            if "args" in self.task.options:
                arguments = with_json_args(arguments)
            self._place_files(arguments)
            result.update(self._predicting(arguments, variables))
        except SthError as error:
            result.update(nothing_done(self.task, self._api_url_of(arguments)))
            result.update(failed=True, msg=error.message, error_code=error.code, **error.details)
            result["invocation"] = {"module_args": shown_arguments(arguments, options=self.task.names)}
        finally:
            # A module that continues in the background still needs the copied files.
            if not self._task.async_val:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        if not _wants_invocation(variables):
            result.pop("invocation", None)
        return result

    def _completed(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return ``arguments``. The action plugin of a module may override this to add arguments."""
        del variables
        return arguments

    def _refuse_null(self, arguments: Mapping[str, Any]) -> None:
        for name in NOT_NULL:
            if name not in arguments or name not in self.task.options:
                continue
            value, names_several = arguments[name], self.task.options[name].get("elements") == "str"
            if value is None or (names_several and isinstance(value, (list, tuple)) and None in value):
                raise SthError(
                    "INVALID_OPTION",
                    f"{name} is null: check that the variable it refers to is set, and was registered by an earlier task; or "
                    "leave it out with default(omit).",
                )

    def _place_files(self, arguments: dict[str, Any]) -> None:
        """Find the files that ``arguments`` name, and bring them to the machine where the module runs."""
        for keys in self.file_sources:
            self._place_file(arguments, keys)

    def _predicting(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Run the task. In a run with ``--check``, start from the state that earlier tasks would have left."""
        if not (self.task.talks_to_hub and self.task.writes and predicts(self)):
            return self._execute(arguments, variables)
        place = self._place(variables)
        earlier = read_entries(place, self._task)
        result = self._execute({**arguments, "_predicted": earlier}, variables)
        predicted = result.pop("_prediction", None)
        if predicted is not None and acts_without_check(self._task):
            add_entries(place, self._task, predicted)
        return result

    def _place(self, variables: Mapping[str, Any]) -> str:
        """Return the machine where the task runs, "" for the controller. On another machine, the same address may mean another hub."""
        here = self._connection.transport == "local"
        return "" if here else str(self._task.delegate_to or variables.get("inventory_hostname"))

    def _execute(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if chosen_entrance(self._variable("sth_entrance", variables), self) == "in_process":
            with self._working_directory():
                result = run_in_process(
                    self.task,
                    self._module_name,
                    arguments,
                    check_mode=self._task.check_mode,
                    diff=self._task.diff,
                    tell=self._say,
                    in_loop="ansible_loop_var" in variables,
                )
            if self._task.check_mode:
                self._say_actions(result)
            return result
        # Otherwise the syslog or the journal of the target would contain every argument, also app_config, which is not no_log
        # (architecture.md#secrets).
        no_syslog = {**variables, "ansible_no_target_syslog": True}
        result = self._run_module(arguments, no_syslog)
        # Masked again: if the module was ended before it returned a result, ansible-core may have added its arguments.
        said = result.get("invocation") or {}
        result["invocation"] = {"module_args": shown_arguments(said.get("module_args") or {}, options=self.task.names)}
        # A module cannot show its actions while it runs.
        self._say_actions(result)
        return result

    @contextmanager
    def _working_directory(self) -> Iterator[None]:
        """Change to the directory in which a module on the controller would run, so that relative paths mean the same."""
        before, pwd = os.open(".", os.O_RDONLY), os.environ.get("PWD")
        try:
            os.chdir(working_directory(self._loader, self._task))
            # Paths in options may contain $PWD.
            os.environ["PWD"] = os.getcwd()
            yield
        finally:
            os.fchdir(before)
            os.close(before)
            os.environ.pop("PWD")
            if pwd is not None:
                os.environ["PWD"] = pwd

    def _run_module(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        before, secret = self._loader.get_basedir(), _secret_variables(self._keyword_environment())
        # A module on the controller runs in this directory.
        self._loader.set_basedir(working_directory(self._loader, self._task))
        try:
            result: dict[str, Any] = self._execute_module(
                module_name=self._module_name,
                # A copy, because ansible-core adds its own arguments to it.
                module_args={**arguments, **({"_environment": secret} if secret else {})},
                task_vars=variables,
                wrap_async=bool(self._task.async_val),
            )
        finally:
            self._loader.set_basedir(before)
        return result

    def _add_connection(self, arguments: dict[str, Any], variables: Mapping[str, Any]) -> None:
        """Fill in connection options that the task does not set from the connection variables, such as ``sth_api_url``."""
        of_hub, templar = variables_of_hub(self._task.delegate_to, variables), self._templar
        if of_hub is not variables:
            templar = templar.copy_with_new_env(available_variables=dict(of_hub))
        signs_in = [name for name in SIGN_IN if arguments.get(name) not in (None, "")]
        for option, variable in CONNECTION_VARIABLES.items():
            if arguments.get(option) is not None:
                continue
            if option in SIGN_IN and signs_in:
                # Empty and not missing, so that the environment of the target is not used either.
                arguments[option] = ""
                continue
            value = _evaluated(templar, variable, of_hub)
            if value is not None and value != "":
                arguments[option] = value
        # A variable overrides the environment: a token from a variable is not combined with a user from the environment.
        chosen = [name for name in SIGN_IN if arguments.get(name)]
        for name in SIGN_IN:
            if chosen and not arguments.get(name):
                arguments[name] = ""

    def _api_url_of(self, arguments: Mapping[str, Any]) -> str | None:
        """Return the address that the module would use; None if only the environment of the target has it."""
        if "api_url" in arguments:
            return api_url_of(arguments)
        keyword = self._keyword_environment()
        if "STH_API_URL" in keyword:
            return api_url_of({"api_url": keyword["STH_API_URL"] or None})
        return api_url_of({"api_url": os.environ.get("STH_API_URL") or None}) if self._task_runs_here() else None

    def _keyword_environment(self) -> dict[str, str]:
        """Return the variables of the task's keyword ``environment``."""
        keyword: dict[str, str] = {}
        self._compute_environment_string(keyword)
        return keyword

    def _compute_environment_string(self, raw_environment_out: dict[str, Any] | None = None) -> str:
        """Return the variables of the keyword ``environment`` for the command line of a module, without those that are secret.

        Everybody on its machine can read a command line, and ``-vvv`` shows it. So the module gets these as an argument.
        """
        given: dict[str, Any] = {} if raw_environment_out is None else raw_environment_out
        super()._compute_environment_string(given)
        secret = _secret_variables(given)
        return str(self._connection._shell.env_prefix(**{k: v for k, v in given.items() if k not in secret}))

    def _place_file(self, arguments: dict[str, Any], keys: tuple[str, ...]) -> None:
        """Find the file that the option at ``keys`` names, and copy it to the machine where the module runs."""
        holder: Any = arguments
        for key in keys[:-1]:
            holder = holder.get(key) if isinstance(holder, Mapping) else None
        if not isinstance(holder, dict) or not holder.get(keys[-1]) or is_true(holder.get("remote_src")):
            return
        found = self._find(holder[keys[-1]], ".".join(keys), "INVALID_OPTION")
        # Copying it would not end either.
        require_finite(".".join(keys), found)
        holder = _copied_path(arguments, keys)
        is_here = self._task_runs_here() or found == os.devnull
        holder[keys[-1]] = found if is_here else self._copied(found, os.path.basename(found))
        holder["remote_src"] = True

    def _find(self, path: str, option: str, code: ErrorCode, may_be_remote: bool = True) -> str:
        """Find a file as ansible.builtin.copy does. In a playbook of this collection, search the user's project first.

        Raises ``code``, the error code with which the module fails for a missing file.
        """
        importing = importing_directories(self._loader, self._task)
        _refuse_several(path, option, importing)
        places = [*importing, *project_directories(self._loader, self._task), *self._task.get_search_path()]
        try:
            return str(self._loader.path_dwim_relative_stack(places, "files", os.path.expanduser(path)))
        except AnsibleFileNotFound as error:
            advice = "correct it, or set remote_src if it is on the target" if may_be_remote else "correct it"
            looked = f" It was looked for as {', '.join(dict.fromkeys(error.paths))}." if error.paths else ""
            raise SthError(code, f"{option} {path} was not found on the controller: {advice}.{looked}") from None

    def _copied(self, path: str, name: str) -> str:
        if self._connection._shell.tmpdir is None:
            self._make_tmp_path()
        remote = self._connection._shell.join_path(self._connection._shell.tmpdir, name)
        self._transfer_file(path, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return str(remote)

    def _task_runs_here(self) -> bool:
        """Whether the module can read the files of the controller, with the same permissions."""
        return bool(self._connection.transport == "local") and not self._connection.become

    @property
    def _module_name(self) -> str:
        return str(self._task.resolved_action or self._task.action)

    def _variable(self, name: str, variables: Mapping[str, Any]) -> Any:
        return _evaluated(self._templar, name, variables)

    def _say_hub(self, arguments: Mapping[str, Any]) -> None:
        # Only -v shows it, and it takes time in every task.
        api_url = self._api_url_of(arguments) if display.verbosity else None
        if api_url is not None:
            self._say(f"hub {api_url}")

    def _say_actions(self, result: Mapping[str, Any]) -> None:
        for action in result.get("actions") or ():
            state = "" if action["done"] else " (not done)"
            self._say(f"{action['action']} {action['object']}: {action['reason']}{state}")

    def _say(self, line: str) -> None:
        if not self._task.no_log:
            display.v(line, host=self._play_context.remote_addr)


def _evaluated(templar: Any, name: str, variables: Mapping[str, Any]) -> Any:
    """Return the value of a variable; None if it does not exist, or is omitted."""
    if name not in variables:
        return None
    # From 2.19 on, an omitted value is left out of a mapping, but is an error alone. Before, it is a special text.
    value = templar.template({name: variables[name]}).get(name)
    return None if value == variables.get("omit") else value


def _refuse_several(path: str, option: str, directories: list[str]) -> None:
    """Raise ``INVALID_OPTION`` if a relative path is in several of the directories that import a playbook of this collection."""
    relative = os.path.expanduser(path)
    if len(directories) < 2 or os.path.isabs(relative):
        return
    found = [
        item
        for item in directories
        if any(os.path.exists(os.path.join(item, *below, relative)) for below in ((), ("files",)))
    ]
    if len(found) > 1:
        raise SthError(
            "INVALID_OPTION",
            f"{option} {path} is ambiguous, because {' and '.join(found)} have it, and playbooks in each import this playbook with the "
            "same vars: set an absolute path, or different vars in each import.",
        )


def _secret_variables(environment: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of an environment that contain a secret, such as ``NPM_TOKEN``, or the address of a proxy with a password."""
    plain = {str(name): str(value) for name, value in environment.items()}
    shown = Masker().app_config(plain)
    return {name: value for name, value in plain.items() if name == "STH_HEADERS" or shown[name] != value}


def _wants_invocation(variables: Mapping[str, Any]) -> bool:
    """Whether ansible-core adds the arguments to results. From 2.21 on, it does so only if a setting says so."""
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=dict(variables)))
    except AnsibleError:
        return True


def _copied_path(arguments: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Copy the mappings along ``keys``, so that the task's own arguments are not changed; return the innermost."""
    holder = arguments
    for key in keys[:-1]:
        holder[key] = dict(holder[key])
        holder = holder[key]
    return holder


def is_true(value: Any) -> bool:
    return str(value).lower() in ("true", "yes", "on", "1", "y", "t")
