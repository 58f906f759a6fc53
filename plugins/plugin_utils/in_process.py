# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The in-process entrance: a task that would run on the controller anyway runs inside the worker
(architecture.md#two-entrances).

This avoids packing a module and starting an interpreter, which take most of the time of a short task.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import api_url_of
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import REQUESTS_IMPORT_ERROR
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.invocation import shown_arguments
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task, execute, nothing_done
from ansible_collections.scramjet.sth.plugins.plugin_utils.kept_hubs import leave_hub, take_hub
from ansible_collections.scramjet.sth.plugins.plugin_utils.no_log import without_no_log
from ansible_collections.scramjet.sth.plugins.plugin_utils.plain_arguments import as_module_gets

ENTRANCES = ("auto", "in_process", "module")
# ansible-core, urllib3 and this collection make these checks in every task. The first one in a process is slow, because Python looks
# through every kind of mapping, and then keeps the result. Workers that are forked later have it, which saves a millisecond per task.
for _abstract in (Mapping, Sequence, Set):
    for _kind in (str, int, float, bool, type(None), dict, list):
        issubclass(_kind, _abstract)


def obstacle_to_in_process(action: Any) -> str | None:
    """Return the reason why the task of an action plugin cannot run in-process; None if it can."""
    task = action._task
    if action._connection.transport != "local":
        return f"its connection is {action._connection.transport}"
    if action._connection.become:
        return "it becomes another user"
    # A list of mappings, [{}] when unset; its values may be templates.
    if any(action._templar.template(item) for item in task.environment or ()):
        return "it has an environment"
    if task.async_val:
        return "it is async"
    if sys.platform == "darwin":
        return "forked workers cannot ask macOS for its proxies"
    if REQUESTS_IMPORT_ERROR is not None:
        return "the controller's Python has no requests library"
    return None


def chosen_entrance(wanted: Any, action: Any) -> str:
    """Return ``in_process`` or ``module``; ``wanted`` is the variable ``sth_entrance``."""
    entrance = wanted or "auto"
    if entrance not in ENTRANCES:
        raise SthError("INVALID_OPTION", f"sth_entrance is {entrance!r}: use one of {', '.join(ENTRANCES)}.")
    if entrance == "module":
        return "module"
    obstacle = obstacle_to_in_process(action)
    if obstacle and entrance == "in_process":
        raise SthError(
            "INVALID_OPTION",
            f"sth_entrance is in_process, but this task cannot run in-process, because {obstacle}: set sth_entrance to auto, so that it runs as a module.",
        )
    return "module" if obstacle else "in_process"


def validate(task: Task[Any], name: str, arguments: Mapping[str, Any]) -> tuple[Any, str | None]:
    """Validate ``arguments`` as ansible-core does for a module. Return the result, and the error of the module ``name``, or None."""
    validated = ArgumentSpecValidator(task.spec, **task.constraints).validate(as_module_gets(arguments))
    if not validated.error_messages:
        return validated, None
    first = validated.errors[0]
    unsupported = f"Unsupported parameters for ({name}) module: {first.msg}"
    return validated, unsupported if isinstance(first, UnsupportedError) else first.msg


def run_in_process(
    task: Task[Any],
    name: str,
    arguments: Mapping[str, Any],
    *,
    check_mode: bool,
    diff: bool,
    tell: Callable[[str], None],
    in_loop: bool = False,
) -> dict[str, Any]:
    """Validate ``arguments`` as ``AnsibleModule`` would, run ``task`` and return its result, ``no_log`` values removed.

    ``name``: the name of the module. ``tell`` is called for each action. ``in_loop``: keep the connections to the hub open for
    the next item. One more key of the result is only for the action plugin: ``_kept_back`` (`Run.kept_back`).
    """
    validated, error = validate(task, name, arguments)
    parameters: Mapping[str, Any] = validated.validated_parameters
    hidden = validated._no_log_values
    warnings = [f"Both option {item['option']} and its alias {item['alias']} are set." for item in validated._warnings]
    known: set[str] = set()
    aside: dict[str, Any] = {}
    if error:
        result = {"failed": True, "msg": error, "error_code": "INVALID_OPTION"}
        result.update(nothing_done(task, api_url_of(parameters)))
    else:
        run = Run(parameters, check_mode, Journal(lambda line: tell(without_no_log(line, hidden))))
        if in_loop:
            run.open_hub, run.leave_hub = take_hub, leave_hub
        result = execute(task, run)
        known = run.secrets
        aside = {"_kept_back": run.kept_back} if run.kept_back else {}
        warnings += run.warnings
    if not diff:
        result.pop("diff", None)
    result["invocation"] = {"module_args": shown_arguments(parameters, known, options=task.names)}
    # As keys of the result, so that they are hidden if the task has no_log.
    if warnings:
        result["warnings"] = warnings
    if validated._deprecations:
        result["deprecations"] = validated._deprecations
    shown: dict[str, Any] = without_no_log(result, hidden)
    return {**shown, **aside}
