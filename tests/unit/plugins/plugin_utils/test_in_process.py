# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a task runs in-process, and that its options are validated and masked there as in a module."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.modules.sth_sequence import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils import in_process
from ansible_collections.scramjet.sth.plugins.plugin_utils.in_process import chosen_entrance, run_in_process
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub


def action(transport: str = "local", become: Any = None, environment: Any = None, async_val: int = 0) -> Any:
    return SimpleNamespace(
        _connection=SimpleNamespace(transport=transport, become=become),
        _task=SimpleNamespace(environment=environment, async_val=async_val),
        _templar=SimpleNamespace(template=lambda value: value),
    )


@pytest.mark.parametrize("how", [{}, {"environment": [{}]}, {"environment": [{}, {}]}])
def test_a_task_on_the_controller_runs_in_process(how: dict[str, Any]) -> None:
    assert chosen_entrance(None, action(**how)) == "in_process"
    assert chosen_entrance("", action(**how)) == "in_process"


@pytest.mark.parametrize(
    "how",
    [{"transport": "ssh"}, {"become": object()}, {"environment": [{}, {"STH_TOKEN": "x"}]}, {"async_val": 10}],
)
def test_every_other_task_runs_the_module(how: dict[str, Any]) -> None:
    assert chosen_entrance("auto", action(**how)) == "module"
    with pytest.raises(SthError, match="cannot run in-process"):
        chosen_entrance("in_process", action(**how))


@pytest.mark.parametrize(
    ("name", "value"), [("REQUESTS_IMPORT_ERROR", "it is not there"), ("sys", SimpleNamespace(platform="darwin"))]
)
def test_without_requests_on_the_controller_the_module_runs(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    monkeypatch.setattr(in_process, name, value)
    assert chosen_entrance("auto", action()) == "module"
    with pytest.raises(SthError, match="cannot run in-process"):
        chosen_entrance("in_process", action())


def test_an_empty_environment_does_not_prevent_running_in_process() -> None:
    templated = action(environment=["{{ nothing }}"])
    templated._templar.template = lambda value: {}
    assert chosen_entrance("auto", templated) == "in_process"


def test_the_entrance_can_be_chosen() -> None:
    assert chosen_entrance("module", action()) == "module"
    with pytest.raises(SthError, match="sth_entrance"):
        chosen_entrance("both", action())


def run(hub: FakeHub, **arguments: Any) -> dict[str, Any]:
    heard: list[str] = []
    result = run_in_process(
        TASK, "sth_sequence", {"api_url": hub.api_url, **arguments}, check_mode=False, diff=True, tell=heard.append
    )
    return {**result, "heard": heard}


def test_bad_arguments_are_refused_as_a_module_would(hub: FakeHub) -> None:
    assert "missing" in run(hub)["msg"]
    assert "state" in run(hub, state="there", src="x")["msg"]
    assert not hub.requests


def test_no_log_values_are_removed_from_everything(hub: FakeHub) -> None:
    result = run(hub, name="canary-token", state="absent", token="canary-token")
    assert "canary" not in str(result)


def test_bad_arguments_fail_in_the_same_form_as_other_failures(hub: FakeHub) -> None:
    result = run(hub, state="there", src="x")
    assert (result["error_code"], result["actions"], result["changed"]) == ("INVALID_OPTION", [], False)


def test_a_failure_names_the_hub_of_the_options(hub: FakeHub) -> None:
    result = run(hub, name="probe", id="x", state="present", src="/no/such/package")
    assert result["failed"]
    assert result["hub"]["api_url"] == hub.api_url


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    result = run_in_process(
        TASK,
        "sth_sequence",
        {"api_url": "http://me:canary-password@hub", "name": "x", "state": "absent"},
        check_mode=False,
        diff=False,
        tell=print,
    )
    assert result["error_code"] == "INVALID_OPTION"
    assert "canary-password" not in str(result)
