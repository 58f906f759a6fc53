# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a task as an Ansible module on a target: arguments in, result or failure out.

Source: architecture.md.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from contextlib import suppress
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import api_url_of
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import REQUESTS_IMPORT_ERROR
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.invocation import shown_arguments
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task, execute, nothing_done, without_data
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended

_STDOUT = 1


class _Module(AnsibleModule):
    """Fails in the same form as every task of this collection, even if its arguments are not valid."""

    def __init__(self, task: Task[Any]) -> None:
        self._task = task
        super().__init__(argument_spec=task.spec, supports_check_mode=True, **task.constraints)

    def _load_params(self) -> None:
        """Read the arguments. Those of the keyword ``environment`` that are secret are in an argument of their own (see `HubAction`)."""
        super()._load_params()
        os.environ.update(self.params.pop("_environment", {}))

    def fail_json(self, msg: str, **details: Any) -> NoReturn:
        """Fail. The arguments are masked here, because the result of a background job does not pass through the action plugin."""
        details.setdefault("error_code", "INVALID_OPTION")
        details = {**nothing_done(self._task, api_url_of(self.params)), **details}
        details.setdefault("invocation", {"module_args": shown_arguments(self.params, options=self._task.names)})
        super().fail_json(msg, **details)

    def add_path_info(self, kwargs: Result) -> Result:
        """Do nothing: results are documented without the owner and mode of the file in ``path`` or ``dest``."""
        return kwargs


class _Unread(Attended):
    """Interrupts the module when nobody can read its result any more.

    If the keyword ``timeout`` ends a task, ansible-core does not end its module. It would go on until its own time limit, and take the
    data of a stream from the next task.
    """

    def __init__(self) -> None:
        super().__init__("notice that nobody reads the result")
        self._main = threading.get_ident()
        signal.signal(signal.SIGUSR1, signal.default_int_handler)

    def work(self) -> None:
        """Wait until the other end of the pipe is closed. A file or a terminal is never closed."""
        result = select.poll()
        # With an empty mask, poll still reports POLLERR and POLLHUP.
        result.register(_STDOUT, 0)
        if any(reported & (select.POLLERR | select.POLLHUP) for _file, reported in result.poll()):
            signal.pthread_kill(self._main, signal.SIGUSR1)


def run_module(task: Task[Any]) -> None:
    """Run as a module: parse arguments, run, exit. Never returns."""
    # On a machine that allows no more threads, the module runs without it.
    with suppress(SthError):
        _Unread().start()
    module = _Module(task)
    if task.talks_to_hub and REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(missing_required_lib("requests"), error_code="LOCAL_ERROR", exception=REQUESTS_IMPORT_ERROR)
    # A module cannot show actions while it runs. The action plugin shows `actions` afterwards.
    run = Run(module.params, module.check_mode, Journal())
    try:
        _exit(module, run, execute(task, run))
    except MemoryError:
        _exit(module, run, without_data(task, run))


def _exit(module: _Module, run: Run, result: Result) -> NoReturn:
    """Write the result and exit."""
    # Set here, because the result of a background job does not pass through the action plugin.
    result["invocation"] = {"module_args": shown_arguments(module.params, run.secrets)}
    for warning in run.warnings:
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)
