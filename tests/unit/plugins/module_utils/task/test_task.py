# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of every module, after success and after failure."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import ErrorCode, SthError, WrittenError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action, Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task, execute, nothing_done
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

START = Action("start", "instance web", "none runs", leaves=InstanceRecord("", "s", "running", {"password": "canary"}))
ACTIONS = [{"action": "start", "object": "instance web", "reason": "none runs", "done": False}]


def work(error: Exception | None = None, hidden: str = "") -> Callable[[Run, Options], dict[str, Any]]:
    """Return work of one action that may fail before it is done."""

    def reconcile(run: Run, options: Options) -> dict[str, Any]:
        run.journal.plan((START,))
        if hidden:
            run.secrets.add(hidden)
        if not run.check_mode:
            with run.journal.doing(START):
                if error is not None:
                    raise error
        return {"own": 1}

    return reconcile


def run(hub: FakeHub, check: bool = False, **options: Any) -> Run:
    return Run({"api_url": hub.api_url, **options}, check, Journal())


def failing(
    code: ErrorCode = "CONFLICT", text: str = "x", kind: type[SthError] = SthError, **details: Any
) -> Task[Options]:
    return Task(work(kind(code, text, **details)), {}, Options)


@pytest.mark.parametrize("check", [True, False])
def test_a_success_says_what_changed_and_where(hub: FakeHub, check: bool) -> None:
    result = execute(Task(work(), {}, Options), run(hub, check))
    assert (result["own"], result["changed"]) == (1, True)
    assert result["actions"] == [{**ACTIONS[0], "done": not check}]
    assert result["hub"]["generation"] == hub.state.generation


def test_without_an_action_nothing_has_changed(hub: FakeHub) -> None:
    assert execute(Task(lambda run, options: {}, {}, Options), run(hub))["changed"] is False


def test_a_failure_has_code_message_details_and_hub(hub: FakeHub) -> None:
    result = execute(failing(text="it is in use", http_status=409), run(hub))
    assert result == {
        "failed": True, "msg": "it is in use", "error_code": "CONFLICT", "http_status": 409, "changed": False,
        "actions": ACTIONS, "hub": {"api_url": hub.api_url, "generation": None, "version": None},
    }  # fmt: skip
    assert execute(failing(kind=WrittenError), run(hub))["changed"] is True


def test_a_failure_shows_no_secret_of_the_run(hub: FakeHub) -> None:
    error = SthError("START_FAILED", "canary was refused", logs={"log": "with canary"})
    assert "canary" not in str(execute(Task(work(error, hidden="canary"), {}, Options), run(hub)))


def test_operating_system_errors_are_failures_and_bugs_are_not_hidden(hub: FakeHub) -> None:
    full = execute(Task(work(OSError(28, "No space left on device", "/tmp/x")), {}, Options), run(hub))
    assert (full["error_code"], "No space left on device (/tmp/x)" in full["msg"]) == ("LOCAL_ERROR", True)
    with pytest.raises(KeyError):
        execute(Task(work(KeyError("mistake")), {}, Options), run(hub))


def test_a_hub_is_kept_for_the_next_item_of_a_loop_only_after_a_success(hub: FakeHub) -> None:
    kept: list[HubClient] = []
    for task in (failing(), Task(work(), {}, Options)):
        execute(task, Run({"api_url": hub.api_url}, False, Journal(), leave_hub=kept.append))
    with pytest.raises(KeyError):
        execute(
            Task(work(KeyError("mistake")), {}, Options),
            Run({"api_url": hub.api_url}, False, Journal(), leave_hub=kept.append),
        )
    assert len(kept) == 1
    kept[0].close()


def test_info_results_have_no_actions_and_local_results_no_hub(hub: FakeHub) -> None:
    local = Task(lambda run, options: {"own": 1}, {}, Options, talks_to_hub=False, writes=False)
    assert execute(local, run(hub)) == {"own": 1, "changed": False}
    assert hub.requests == []
    assert local.spec == {}
    assert "api_url" in Task(work(), {}, Options, writes=False).spec
    assert nothing_done(local, None) == {"changed": False}
    assert nothing_done(failing(), None)["hub"]["api_url"] is None


def test_check_mode_passes_on_predictions_without_secrets(hub: FakeHub) -> None:
    task = Task(work(), {}, Options)
    (predicted,) = execute(task, run(hub, check=True, _predicted=[]))["_prediction"]
    assert predicted["hub"] == hub.api_url
    assert "canary" not in str(predicted)
    assert "_prediction" not in execute(task, run(hub, check=True))
    assert "_prediction" not in execute(task, run(hub, _predicted=[]))


def test_notes_are_in_the_result_where_there_are_any(hub: FakeHub) -> None:
    def note(run: Run, options: Options) -> dict[str, Any]:
        run.notes.append("look")
        return {}

    assert execute(Task(note, {}, Options), run(hub))["notes"] == ["look"]
    assert "notes" not in execute(Task(work(), {}, Options), run(hub))


def test_a_token_without_tls_gives_a_warning() -> None:
    task = Run({"api_url": "http://hub.invalid", "token": "canary"}, False, Journal())
    execute(Task(lambda run, options: {"hub": {}}, {}, Options), task)
    assert "without TLS" in task.warnings[0]
    assert "canary" not in task.warnings[0]
