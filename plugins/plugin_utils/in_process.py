# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The in-process entrance: a task that would run on the controller anyway runs inside the worker (design.md section 5).

It spares packing a module and starting an interpreter, most of what a short task costs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.scramjet.sth.plugins.module_utils.connection import meant_api_url
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.invocation import shown_arguments
from ansible_collections.scramjet.sth.plugins.module_utils.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.task import Run, Task, execute, nothing_done
from ansible_collections.scramjet.sth.plugins.module_utils.transport import REQUESTS_IMPORT_ERROR
from ansible_collections.scramjet.sth.plugins.plugin_utils.kept_hubs import leave_hub, take_hub

ENTRANCES = ("auto", "in_process", "module")


def why_not(action: Any) -> str | None:
    """Return what keeps the task of an action plugin from running in-process; None if nothing does."""
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
    obstacle = why_not(action)
    if obstacle and entrance == "in_process":
        raise SthError("INVALID_OPTION", f"sth_entrance is in_process, but this task cannot run so: {obstacle}.")
    return "module" if obstacle else "in_process"


def run_in_process(
    task: Task,
    arguments: Mapping[str, Any],
    *,
    check_mode: bool,
    diff: bool,
    tell: Callable[[str], None],
    warn: Callable[[str], None],
    deprecate: Callable[..., None],
    in_loop: bool = False,
) -> dict[str, Any]:
    """Validate ``arguments`` as ``AnsibleModule`` would, run ``task`` and return its result, ``no_log`` values removed.

    ``in_loop``: the connections to the hub are left open for the next item.
    """
    validated = ArgumentSpecValidator(task.spec, **task.constraints).validate(dict(arguments))
    for item in validated._deprecations:
        deprecate(item["msg"], version=item.get("version"), date=item.get("date"))
    parameters: Mapping[str, Any] = validated.validated_parameters
    if validated.error_messages:
        result = {"failed": True, "msg": ", ".join(validated.error_messages), "error_code": "INVALID_OPTION"}
        result.update(nothing_done(task, meant_api_url(parameters)))
    else:
        run = Run(parameters, check_mode, Journal(tell))
        if in_loop:
            run.open_hub, run.leave_hub = take_hub, leave_hub
        result = execute(task, run)
        for warning in run.warnings:
            warn(warning)
    if not diff:
        result.pop("diff", None)
    result["invocation"] = {"module_args": shown_arguments(parameters)}
    shown: dict[str, Any] = remove_values(result, validated._no_log_values)
    return shown
