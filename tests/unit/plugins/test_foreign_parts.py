# Copyright (c) scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The undocumented parts of ansible-core, requests and urllib3 that this collection uses still exist and work.

Where one of these fails after an update, nothing else may: the connection is not watched any more, or a text not hidden.
"""

from __future__ import annotations

import functools
import json
import operator
import socket
from typing import Any

import pytest
from ansible import constants
from ansible.module_utils import basic
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task as PlaybookTask
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from ansible_collections.scramjet.sth.plugins.module_utils.http import answer_bound, in_flight, pools
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import _Module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

# The parts of other projects that we override, and what goes wrong if these projects no longer call them.
OVERRIDDEN = {
    (pools._Patient, "_get_conn"): "a connection is used again that the hub is about to close",
    (pools._Patient, "_put_conn"): "nobody notes since when a connection is idle",
    (in_flight.Watched, "connect"): "a request cannot be ended before it is sent",
    (in_flight.Watched, "getresponse"): "nobody learns that a request has been sent",
    (in_flight.Watched, "response_class"): "an answer has no time limit",
    (answer_bound.BoundedResponse, "begin"): "a signal may not end the wait for an answer",
    (pools._Free, "get"): "an interruption may leave the free connections locked",
    (pools._Free, "put"): "an interruption may leave the free connections locked",
    (pools.HubAdapter, "init_poolmanager"): "the connections are not ours",
    (pools.HubAdapter, "build_response"): "an answer that is cut off counts as complete with urllib3 1.26",
}

# What action plugins use of what ansible-core gives them; as paths of attributes.
OF_ACTIONS = (
    "_task.args",
    "_task.action",
    "_task.resolved_action",
    "_task.async_val",
    "_task.check_mode",
    "_task.delegate_to",
    "_task.diff",
    "_task.environment",
    "_task.get_ds",
    "_task.get_play",
    "_task.get_search_path",
    "_task._get_parent_attribute",
    "_task.no_log",
    "_connection.transport",
    "_connection.become",
    "_connection._shell.tmpdir",
    "_connection._shell.join_path",
    "_loader.get_basedir",
    "_loader.set_basedir",
    "_loader.path_dwim_relative_stack",
    "_play_context.remote_addr",
    "_templar.template",
    "_templar.copy_with_new_env",
    "_supports_async",
    "_compute_environment_string",
    "_execute_module",
    "_find_needle",
    "_fixup_perms2",
    "_make_tmp_path",
    "_remove_tmp_path",
    "_transfer_file",
)


def noting(called: set[tuple[type, str]], kind: type, name: str) -> Any:
    """Return what does the same as a method and notes that it was called."""
    method = getattr(kind, name)

    def note(*given: Any, **named: Any) -> Any:
        called.add((kind, name))
        return method(*given, **named)

    return note


def test_a_request_passes_all_that_we_override(monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[tuple[type, str]] = set()
    for kind, name in OVERRIDDEN:
        monkeypatch.setattr(kind, name, noting(called, kind, name))
    with FakeHub() as hub:
        client = HubClient(hub.api_url)
        client.instances()
        client.close()
    for part, effect in OVERRIDDEN.items():
        assert part in called, f"{part[0].__name__}.{part[1]} is not called any more for a request, so that {effect}."


def test_a_request_through_a_proxy_uses_our_connections() -> None:
    manager = pools.HubAdapter(4.0).proxy_manager_for("http://127.0.0.1:9")
    for scheme in ("http", "https"):
        pool: Any = manager.connection_from_url(f"{scheme}://hub/")
        assert issubclass(type(pool), pools._Patient), (
            f"urllib3 does not take its pools for {scheme} by pool_classes_by_scheme."
        )
        assert issubclass(pool.ConnectionCls, in_flight.Watched), "urllib3's pools do not take their class from us."


def test_urllib3_answers_have_the_attributes_that_we_use(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[int] = []
    opened = in_flight.InFlight.opened

    def noting_opened(self: in_flight.InFlight, connection: socket.socket) -> None:
        watched.append(connection.fileno())
        opened(self, connection)

    monkeypatch.setattr(in_flight.InFlight, "opened", noting_opened)
    with FakeHub() as hub:
        client = HubClient(hub.api_url)
        with client.transport.stream("topic", "t") as answer:
            assert answer._raw.fileno() > 0, (
                "urllib3's answer does not tell its connection, so that nobody can wake its reader."
            )
            assert hasattr(answer._raw, "chunk_left"), (
                "urllib3's answer does not tell what is left of a piece, so that a stream that is cut in it seems whole."
            )
            assert hasattr(answer._raw, "retries"), "urllib3's answer does not tell of refused connections before it."
        client.close()
    assert watched, "a connection of urllib3 has no sock any more when it is to be watched."


@pytest.fixture
def action() -> HubAction:
    loader = DataLoader()
    task = PlaybookTask()
    context = PlayContext()
    return HubAction(task, connection_loader.get("local", context), context, loader, Templar(loader), None)


@pytest.mark.parametrize("path", OF_ACTIONS)
def test_an_action_plugin_has_what_we_use(action: HubAction, path: str) -> None:
    holder, _dot, name = path.rpartition(".")
    owner = operator.attrgetter(holder)(action) if holder else action
    # Without reading it: some warn before a task has been resolved.
    assert name in dir(owner), f"ansible-core gives action plugins no {path} any more."


def test_argument_validation_reports_the_same_as_a_module() -> None:
    spec: dict[str, Any] = {
        "token": {"type": "str", "no_log": True},
        "name": {"type": "str", "aliases": ["called"]},
        "old": {"type": "str", "removed_in_version": "9.0.0", "removed_from_collection": "scramjet.sth"},
    }
    result = ArgumentSpecValidator(spec).validate({"token": "s3cret", "name": "a", "called": "b", "old": "x"})
    assert isinstance(result._no_log_values, set), "ansible-core does not tell the values that are to be hidden."
    assert [(item["option"], item["alias"]) for item in result._warnings] == [("name", "called")], (
        "ansible-core warns in another way of an option that is set twice."
    )
    assert len(result._deprecations) == 1, "ansible-core does not tell of a deprecated option any more."


def test_ansible_module_calls_what_we_override(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = functools.partial(
        _Module, Task(lambda run, options: {}, {"path": {"type": "str"}}, Options, talks_to_hub=False)
    )

    def given(**arguments: Any) -> None:
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)

    given(other="x")
    with pytest.raises(SystemExit):
        module()
    failed = json.loads(capsys.readouterr().out)
    assert failed.get("error_code") == "INVALID_OPTION", "AnsibleModule fails for bad arguments without our fail_json."
    given(path="/", _ansible_diff=True)
    made = module()
    assert made._diff is True, "AnsibleModule does not say any more by _diff whether a difference is wanted."
    with pytest.raises(SystemExit):
        made.exit_json(path="/")
    assert "owner" not in json.loads(capsys.readouterr().out), (
        "AnsibleModule adds who owns a path without our add_path_info."
    )


def test_a_run_has_a_directory_of_its_own_for_what_is_predicted() -> None:
    assert isinstance(getattr(constants, "DEFAULT_LOCAL_TMP", None), str), (
        "ansible-core does not name its directory for the run any more."
    )
