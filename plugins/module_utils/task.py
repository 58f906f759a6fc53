# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns a module's spec and its reconcile function into a run, and every error into one failure shape.

Both entrances use it: as a module on a target (`run_module`), and `execute` inside whatever calls it otherwise.
Source: architecture.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.scramjet.sth.plugins.module_utils.client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.connection import (
    Connection,
    connection_from_options,
    meant_api_url,
)
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.foreseen import foreseen
from ansible_collections.scramjet.sth.plugins.module_utils.foresight import entries
from ansible_collections.scramjet.sth.plugins.module_utils.invocation import shown_arguments
from ansible_collections.scramjet.sth.plugins.module_utils.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.masking import Masker, scrub, scrub_all
from ansible_collections.scramjet.sth.plugins.module_utils.models import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.specs import FORESEEN, HUB, Spec
from ansible_collections.scramjet.sth.plugins.module_utils.transport import REQUESTS_IMPORT_ERROR

Result = dict[str, Any]


@dataclass
class Run:
    """What one task's run may use, and what it leaves for its report besides its result."""

    options: Mapping[str, Any]
    check_mode: bool
    journal: Journal
    warnings: list[str] = field(default_factory=list)
    # What a reader should know and what is no reason to worry; in the result as C(notes).
    notes: list[str] = field(default_factory=list)
    # Values to be scrubbed from failure texts and logs; the hub hides them too.
    secrets: set[str] = field(default_factory=set)
    # How a hub is opened, and what becomes of it after a success; a loop goes on with the one that its last item had.
    open_hub: Callable[[Connection], HubClient] = HubClient
    leave_hub: Callable[[HubClient], None] = HubClient.close
    failed: bool = False
    # In check mode: what would have ended by itself when the task is over.
    foresees_ended: list[InstanceRecord] = field(default_factory=list)
    _hub: HubClient | None = None

    @property
    def hub(self) -> HubClient:
        """The hub of the connection options."""
        if self._hub is None:
            self._hub = self.open_hub(connection_from_options(self.options))
            self._hub.foreseen = foreseen(self.options.get("_foreseen") or (), self._hub.api_url)
            self._hub.hide(self.secrets)
        return self._hub

    def hide(self, masker: Masker, records: Iterable[InstanceRecord]) -> None:
        """Let no text of this run show the secrets of ``records``: the runner writes them into the log.

        Source: hub-behaviour.md#secrets-on-the-hub.
        """
        for record in records:
            self.secrets.update(masker.secrets(record.app_config, record.args))

    def close(self) -> None:
        """Close or leave what was opened."""
        if self._hub is not None:
            # After a failure the hub may be on its way to another version.
            (HubClient.close if self.failed else self.leave_hub)(self._hub)

    def describe_hub(self) -> dict[str, Any]:
        """Return the ``hub`` key of a result."""
        self.hub.version()
        return self.known_hub()

    def known_hub(self) -> dict[str, Any]:
        """Return what is known of the hub without asking it, for a failure."""
        version = self._hub.known_version if self._hub else None
        return {
            "api_url": self._hub.api_url if self._hub else meant_api_url(self.options),
            "generation": version.generation if version else None,
            "version": version.version if version else None,
        }


@dataclass(frozen=True)
class Task:
    """A module: its argument spec and the function that observes, plans and applies.

    ``reconcile`` returns the keys of the module's own result, with ``diff`` where there is one; ``changed``, ``actions``
    and ``hub`` are added here. ``constraints`` are those of ``AnsibleModule`` (``required_if`` and the like).
    """

    reconcile: Callable[[Run], Result]
    options: Spec
    constraints: Mapping[str, Any] = field(default_factory=dict)
    talks_to_hub: bool = True
    writes: bool = True

    @property
    def spec(self) -> Spec:
        """The whole argument spec."""
        if not self.talks_to_hub:
            return dict(self.options)
        return {**HUB, **self.options, **(FORESEEN if self.writes else {})}


def execute(task: Task, run: Run) -> Result:
    """Carry out ``task`` and return its result; a failure has ``failed``, ``msg`` and ``error_code``."""
    try:
        if task.talks_to_hub and run.hub.transport.connection.sends_token_in_clear:
            run.warnings.append(f"The token or password is sent to {run.hub.api_url} without TLS.")
        result = dict(task.reconcile(run))
        result["changed"] = run.journal.planned if run.check_mode else run.journal.written
        if task.talks_to_hub:
            result.setdefault("hub", run.describe_hub())
    except SthError as error:
        result = _failure(error, run)
    except OSError as error:
        text = f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}"
        result = _failure(SthError("LOCAL_ERROR", f"The machine where the task runs could not do it: {text}."), run)
    except BaseException:
        run.failed = True
        raise
    finally:
        run.close()
    if result.get("failed") and task.talks_to_hub:
        result.setdefault("hub", run.known_hub())
    if run.notes:
        result["notes"] = run.notes
    if task.writes:
        result["actions"] = run.journal.as_result()
    if run.check_mode and run.options.get("_foreseen") is not None and not result.get("failed"):
        masker = Masker(run.options.get("secret_keys") or ())
        result["_foresees"] = entries(run.journal.actions, run.foresees_ended, run.hub.api_url, masker)
    return result


def nothing_done(task: Task, api_url: str | None) -> Result:
    """Return what a failure holds besides its text that was made before a hub could be asked; ``api_url`` if it is known."""
    result: Result = {"changed": False}
    if task.talks_to_hub:
        result["hub"] = {"api_url": api_url, "generation": None, "version": None}
    if task.writes:
        result["actions"] = []
    return result


class _Module(AnsibleModule):
    """Fails as every task of this collection, also where it does not get beyond its arguments."""

    def __init__(self, task: Task) -> None:
        self._task = task
        super().__init__(argument_spec=task.spec, supports_check_mode=True, **task.constraints)

    def fail_json(self, msg: str, **details: Any) -> NoReturn:
        """Fail; a background job's result does not pass the action plugin, so that its arguments are masked here."""
        details.setdefault("error_code", "INVALID_OPTION")
        details = {**nothing_done(self._task, meant_api_url(self.params)), **details}
        details.setdefault("invocation", {"module_args": shown_arguments(self.params)})
        super().fail_json(msg, **details)

    def add_path_info(self, kwargs: Result) -> Result:
        """Leave results as they are documented: without the owner and mode of what is in ``path`` or ``dest``."""
        return kwargs


def run_module(task: Task) -> None:
    """Be a module: parse arguments, run, exit. Never returns."""
    module = _Module(task)
    if task.talks_to_hub and REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(missing_required_lib("requests"), error_code="LOCAL_ERROR", exception=REQUESTS_IMPORT_ERROR)
    # Telling is not possible from a module while it runs: the action plugin tells from `actions` afterwards.
    run = Run(module.params, module.check_mode, Journal())
    result = execute(task, run)
    # Given here, since a background job's result does not pass the action plugin.
    result["invocation"] = {"module_args": shown_arguments(module.params)}
    for warning in run.warnings:
        module.warn(warning)
    if result.get("failed"):
        module.fail_json(**result)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)


def _failure(error: SthError, run: Run) -> Result:
    run.failed = True
    return {
        "failed": True,
        "msg": scrub(error.message, run.secrets),
        "error_code": error.code,
        "changed": run.journal.written,
        **scrub_all(error.details, run.secrets),
    }
