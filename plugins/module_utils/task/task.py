# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as an argument spec and a reconcile function. All failures get the same form here.

Both entrances use it: `execute` runs inside a worker of ansible-playbook, or in a module on a target (`module`).
Source: architecture.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Generic

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import clear_text_warning
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import AnyOptions, read_options
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub, scrub_all
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import HUB, PREDICTED, Spec


@dataclass(frozen=True)
class Task(Generic[AnyOptions]):
    """A module: its argument spec and the function that observes, plans and applies.

    ``reconcile`` gets the options as an object of ``options_type``. It returns the keys of the module's own result, with
    ``diff`` if there is one. ``changed``, ``actions`` and ``hub`` are added here. ``constraints`` are arguments of
    ``AnsibleModule`` such as ``required_if``.
    """

    reconcile: Callable[[Run, AnyOptions], Result]
    options: Spec
    options_type: type[AnyOptions]
    constraints: Mapping[str, Any] = field(default_factory=dict)
    talks_to_hub: bool = True
    writes: bool = True

    @property
    def spec(self) -> Spec:
        """The whole argument spec."""
        if not self.talks_to_hub:
            return dict(self.options)
        return {**HUB, **self.options, **(PREDICTED if self.writes else {})}

    @property
    def names(self) -> set[str]:
        """The names of all options, with their aliases."""
        return {name for option, spec in self.spec.items() for name in (option, *spec.get("aliases", ()))}


def execute(task: Task[Any], run: Run) -> Result:
    """Carry out ``task`` and return its result; a failure has ``failed``, ``msg`` and ``error_code``."""
    try:
        if task.talks_to_hub and run.hub.transport.connection.sends_token_in_clear:
            run.warnings.append(clear_text_warning(run.hub.api_url))
        result = dict(task.reconcile(run, read_options(task.options_type, run.options)))
        result["changed"] = run.journal.planned if run.check_mode else run.journal.written
        # With gather: [hubs], the result has its own `hub`, because a manager has no version.
        if task.talks_to_hub and "hub" not in result:
            result["hub"] = run.describe_hub()
    except SthError as error:
        result = _failure_of_run(error, run)
    except OSError as error:
        text = f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}"
        result = _failure_of_run(
            SthError(
                "LOCAL_ERROR",
                f"A call to the operating system failed on the machine where the task runs: {text}. Check its disk space, memory and permissions.",
            ),
            run,
        )
    except MemoryError:
        result = _failure_of_run(_out_of_memory(), run)
    except BaseException:
        run.failed = True
        raise
    finally:
        run.close()
    if result.get("failed") and task.talks_to_hub:
        result.setdefault("hub", run.known_hub())
    _warn_of_keys(run)
    if run.notes:
        result["notes"] = run.notes
    if task.writes:
        result["actions"] = run.journal.as_result()
    if run.reports:
        result["_report"] = run.changes
    if run.options.get("_files") and run.package is not None and result["changed"]:
        result["_files"] = {"ref": run.package.ref, "digests": run.package.file_digests}
    if run.check_mode and run.options.get("_predicted") is not None and not result.get("failed"):
        # Here, because a module compiles all that it imports, and only runs with --check need this.
        from ansible_collections.scramjet.sth.plugins.module_utils.run.passed_on import entries

        result["_prediction"] = entries(run.journal.actions, run.predicts_ended, run.hub.api_url, run.masker)
    return result


def nothing_done(task: Task[Any], api_url: str | None) -> Result:
    """Return the keys that a failure before the first request needs besides ``msg``. ``api_url``: the address of the hub, if known."""
    result: Result = {"changed": False}
    if task.talks_to_hub:
        result["hub"] = {"api_url": api_url, "generation": None, "version": None}
    if task.writes:
        result["actions"] = []
    return result


def without_data(task: Task[Any], run: Run) -> Result:
    """Return the failure of a run whose result does not fit into the memory. It has no data of programs."""
    result = {**_failure_of_run(_out_of_memory(), run), "hub": run.known_hub()}
    if task.writes:
        result["actions"] = run.journal.as_result()
    return result


def _out_of_memory() -> SthError:
    return SthError(
        "LOCAL_ERROR",
        "There is not enough memory for this task on the machine where it runs: free memory or raise its limit, or let the task keep "
        "less output in memory (set a smaller collect_max_bytes or max_bytes, or write the output to a file with output_dest or dest).",
    )


def _failure_of_run(error: SthError, run: Run) -> Result:
    run.failed = True
    return {
        "failed": True,
        "msg": scrub(error.message, run.secrets),
        "error_code": error.code,
        "changed": run.journal.written,
        **scrub_all(error.details, run.secrets),
        **error.said,
    }


def _warn_of_keys(run: Run) -> None:
    """Warn about ``secret_keys`` that match nothing: one may be misspelt, and then the secret is shown."""
    options = run.options
    # A path may match the payload of an event that has not arrived.
    unseen = options.get("failure_event") or ((run.failed or run.check_mode) and _awaited(options))
    unmatched = [] if unseen else run.masker.unmatched()
    if unmatched:
        run.warnings.append(
            f"secret_keys match nothing in this task: {', '.join(unmatched)}. A value is shown unless its key "
            "looks secret: write the path as in app_config, such as db.host, users.*.mail or args.1."
        )


def _awaited(options: Mapping[str, Any]) -> bool:
    return any(options.get(name) is not None for name in ("completion_event", "expect"))
