# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as a module: arguments in, one JSON object out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.task import module
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import NEEDS_ITS_PATH, PACKAGES, run_task

OPTIONS: dict[str, Any] = {"app_config": {"type": "dict"}, "fail": {"type": "bool", "default": False}}


@dataclass(frozen=True, repr=False, eq=False)
class OwnOptions(Options):
    fail: bool


def reconcile(run: Run, options: OwnOptions) -> dict[str, Any]:
    run.warnings.append("look")
    if options.fail:
        raise SthError("CONFLICT", "It is in use.")
    return {"diff": {"before": "", "after": "x"}}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a module with arguments, and return what it says."""

    def run(**arguments: Any) -> dict[str, Any]:
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as ended:
            run_module(Task(reconcile, OPTIONS, OwnOptions))
        said: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == bool(said.get("failed"))
        return said

    return run


def test_a_result_has_warnings_and_masked_arguments(ran: Any, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where the controller's part of Ansible is loaded too, a warning is displayed at once and not kept for the result.
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda self, warning: warned.append(warning))
    said = ran(api_url=hub.api_url, app_config={"password": "canary"}, token="canary")
    assert said["hub"]["generation"] == hub.state.generation
    assert said["invocation"]["module_args"]["api_url"] == hub.api_url
    assert warned == ["look"]
    assert "canary" not in json.dumps(said)


@pytest.mark.parametrize("diff", [True, False])
def test_a_diff_is_returned_only_in_diff_mode(ran: Any, hub: FakeHub, diff: bool) -> None:
    assert ("diff" in ran(api_url=hub.api_url, _ansible_diff=diff)) is diff


def test_a_failure_has_the_shape_of_every_task(ran: Any, hub: FakeHub) -> None:
    said = ran(api_url=hub.api_url, fail=True, app_config={"password": "canary"})
    assert (said["msg"], said["error_code"], said["changed"]) == ("It is in use.", "CONFLICT", False)
    assert said["actions"] == []
    assert "canary" not in json.dumps(said)


def test_invalid_arguments_fail_in_the_same_form(ran: Any) -> None:
    said = ran(api_url="http://hub", nonsense=1, app_config={"password": "canary"})
    assert (said["error_code"], said["changed"], said["actions"]) == ("INVALID_OPTION", False, [])
    assert said["hub"] == {"api_url": "http://hub/api/v1", "generation": None, "version": None}
    assert "canary" not in json.dumps(said)


def test_without_requests_the_failure_says_what_to_install(ran: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUESTS_IMPORT_ERROR", "ImportError")
    said = ran(api_url="http://hub")
    assert (said["error_code"], "requests" in said["msg"]) == ("LOCAL_ERROR", True)


# A module as a program, with its arguments on the command line.
PROGRAM = """
import sys
from ansible.module_utils import basic
from ansible_collections.scramjet.sth.plugins.modules import sth_event
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.argv[1].encode(), "legacy"
sth_event.main()
"""


# A module whose result fits into its memory once, and not several times.
LARGE = """
import resource, sys
from ansible.module_utils import basic
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

def reconcile(run, options):
    run.journal.compensate("start", "web")
    content = "x" * 50_000_000
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 10_000_000,) * 2)
    return {"content": content}

basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = b'{"ANSIBLE_MODULE_ARGS": {}}', "legacy"
run_module(Task(reconcile, {}, Options, talks_to_hub=False))
"""


@NEEDS_ITS_PATH
def test_a_result_that_does_not_fit_into_the_memory_is_a_failure_without_data() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LARGE], capture_output=True, text=True, timeout=bound(60), check=False
    )
    said = json.loads(ended.stdout)
    assert (said["failed"], said["error_code"], said["changed"]) == (True, "LOCAL_ERROR", True), ended
    assert "not enough memory" in said["msg"]
    assert "content" not in said
    assert said["actions"] == [{"action": "start", "object": "web", "reason": "compensation", "done": True}]
    assert "Traceback" not in ended.stderr


@NEEDS_ITS_PATH
def test_a_module_ends_when_nobody_can_read_its_result() -> None:
    """So the keyword ``timeout`` leaves no process that goes on with the task."""
    with FakeHub() as hub:
        run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
        run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0.0)
        waits = {"api_url": hub.api_url, "instance": "web", "expect": "never", "wait_timeout": 9000}
        command = [sys.executable, "-c", PROGRAM, json.dumps({"ANSIBLE_MODULE_ARGS": waits})]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
            try:
                end = time.monotonic() + bound(20)
                while not any(item.path.endswith("/never") for item in hub.requests):
                    assert program.poll() is None, "ended before it waited"
                    assert time.monotonic() < end, [item.path for item in hub.requests]
                    time.sleep(0.02)
                assert program.stdout is not None
                program.stdout.close()
                program.wait(bound(5))
            finally:
                program.kill()
