# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts and groups out of what hubs report; ``ansible-inventory`` itself reads them in tests/integration/test_inventory.py."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible.utils.display import Display

from ansible_collections.scramjet.sth.plugins.inventory import hubs as plugin
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task
from ansible_collections.scramjet.sth.tests.unit.scripted_server import Exchange, ScriptedServer, answer

NOBODY = "http://127.0.0.1:9"
DOCUMENTED: dict[str, Any] = yaml.safe_load(plugin.DOCUMENTATION)["options"]
FRAGMENTS = (constructed, inventory_cache)


@pytest.fixture(autouse=True)
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the plugin warns of."""
    said: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, message, **_how: said.append(message))
    return said


@pytest.fixture
def filled(hub: FakeHub) -> FakeHub:
    """A hub with one instance, which has a secret."""
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    config = {"behaviour": "run", "password": "canary"}
    assert run_task("sth_instance", hub, name="job", sequence="probe", app_config=config)["changed"]
    return hub


def read(directory: pathlib.Path, source: dict[str, Any], *, cache: bool = True) -> InventoryData:
    """Read an inventory file as ansible-core does."""
    path = directory / "test.sth_hubs.yml"
    path.write_text(yaml.safe_dump({"plugin": "scramjet.sth.hubs", **source}), encoding="utf-8")
    found = InventoryData()
    reader = plugin.InventoryModule()
    # What the loader of plugins does.
    reader._load_name = plugin.InventoryModule.NAME
    reader._redirected_names = [plugin.InventoryModule.NAME]
    definitions = dict(DOCUMENTED)
    for fragment in FRAGMENTS:
        definitions |= yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("inventory", reader._load_name, definitions)
    assert reader.verify_file(str(path))
    reader.parse(found, DataLoader(), str(path), cache=cache)
    reader.update_cache_if_changed()
    found.reconcile_inventory()
    return found


def names(found: InventoryData, group: str) -> list[str]:
    return [host.name for host in found.groups[group].get_hosts()]


def variables_of(found: InventoryData, name: str) -> dict[str, Any]:
    host = found.get_host(name)
    assert host is not None
    variables: dict[str, Any] = host.get_vars()
    return variables


def test_a_hub_is_a_host_whose_tasks_reach_it_from_the_controller(tmp_path: pathlib.Path, hub: FakeHub) -> None:
    address = hub.api_url.removesuffix("/api/v1")
    listed = {"name": "north", "api_url": address, "vars": {"region": "eu", "ansible_python_interpreter": "/own"}}
    found = read(tmp_path, {"hubs": [listed], "keyed_groups": [{"key": "sth_hub.version", "prefix": "hub"}]})
    assert names(found, "sth_hubs") == ["north"]
    variables = variables_of(found, "north")
    assert variables["ansible_connection"] == "local"
    assert variables["sth_api_url"] == hub.api_url
    assert (variables["region"], variables["ansible_python_interpreter"]) == ("eu", "/own")
    told = run_task("sth_hub_info", hub, gather=["version"])["hub"]
    assert variables["sth_hub"] == {key: told[key] for key in ("version", "generation", "capabilities")}
    version = told["version"].replace(".", "_")
    assert names(found, f"hub_{version}") == ["north"]


def test_the_interpreter_is_that_of_ansible(tmp_path: pathlib.Path, hub: FakeHub) -> None:
    found = read(tmp_path, {"hubs": [{"name": "north", "api_url": hub.api_url}]})
    assert variables_of(found, "north")["ansible_python_interpreter"] == sys.executable


@pytest.mark.slow
def test_instances_become_hosts_on_request_without_app_config_and_args(tmp_path: pathlib.Path, filled: FakeHub) -> None:
    source = {
        "hubs": [{"name": "north", "api_url": filled.api_url, "vars": {"region": "eu"}}],
        "gather": ["version", "instances"],
        "compose": {"where": "region ~ '/' ~ sth_instance.name"},
        "groups": {"named": "sth_instance.name | default('') == 'job'"},
    }
    found = read(tmp_path, source)
    assert (names(found, "sth_hubs"), names(found, "sth_instances")) == (["north"], ["north_job"])
    assert names(found, "named") == ["north_job"]
    variables = variables_of(found, "north_job")
    assert (variables["where"], variables["sth_api_url"]) == ("eu/job", filled.api_url)
    told = run_task("sth_instance_info", filled)["instances"][0]
    assert variables["sth_instance"] == {key: told[key] for key in told if key not in ("app_config", "args", "healthy")}
    assert "canary" not in str(variables)


def test_a_hub_that_does_not_answer_is_left_out_or_fails_the_inventory(
    tmp_path: pathlib.Path, hub: FakeHub, warnings: list[str]
) -> None:
    listed = [{"name": "dead", "api_url": NOBODY}, {"name": "north", "api_url": hub.api_url}]
    assert names(read(tmp_path, {"hubs": listed}), "sth_hubs") == ["north"]
    assert len(warnings) == 1
    assert "dead is left out" in warnings[0]
    assert "check api_url" in warnings[0]
    with pytest.raises(AnsibleParserError, match=r"could not connect.*error_code=UNREACHABLE"):
        read(tmp_path, {"hubs": listed, "on_unreachable": "fail"})
    # Nobody is asked.
    assert names(read(tmp_path, {"hubs": listed, "gather": []}), "sth_hubs") == ["dead", "north"]


def test_a_manager_lists_its_hubs(tmp_path: pathlib.Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What it calls them is data: no name and no description is ever a template."""
    evil = "{{ lookup('env', 'CANARY') }}"
    told = [{"id": "one", "healthy": True, "isConnectionActive": True}, {"id": evil, "description": evil}]
    headers = {"authorization": "Bearer of-the-space"}
    monkeypatch.setenv("CANARY", "run")
    monkeypatch.setenv("OF_THE_SPACE", "of-the-space")
    with ScriptedServer(Exchange("GET", "/list", answer("200 OK", json.dumps(told)), headers=headers)) as manager:
        source = {
            "managers": [{"api_url": manager.api_url, "prefix": "space-"}, {"api_url": NOBODY}],
            "gather": [],
            "token": "{{ lookup('env', 'OF_THE_SPACE') }}",
            "compose": {"about": "sth_managed_hub.description"},
        }
        found = read(tmp_path, source)
        address = manager.api_url
    first, second = names(found, "sth_hubs")
    assert first == "space-one"
    assert "{" not in second
    variables = variables_of(found, first)
    assert variables["sth_api_url"] == f"{address}/sth/one/api/v1"
    assert variables["sth_managed_hub"]["connected"] is True
    assert variables_of(found, second)["about"] == evil
    assert [NOBODY in said for said in warnings] == [True]
    shown = str([host.get_vars() for host in found.hosts.values()])
    assert "of-the-space" not in shown


def test_the_cache_contains_no_secret(tmp_path: pathlib.Path, hub: FakeHub) -> None:
    source = {
        "hubs": [{"name": "north", "api_url": hub.api_url, "vars": {"sth_token": "canary"}}],
        "cache": True,
        "cache_plugin": "jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    for _time in range(2):
        assert variables_of(read(tmp_path, source), "north")["sth_token"] == "canary"
    assert len([item for item in hub.requests if item.path.endswith("/version")]) == 1
    assert "canary" not in "".join(path.read_text() for path in (tmp_path / "cache").iterdir())
    read(tmp_path, source, cache=False)
    assert len([item for item in hub.requests if item.path.endswith("/version")]) == 2


BAD = [
    ({"hubs": [{"api_url": NOBODY}]}, "has no name"),
    ({"hubs": [{"name": False, "api_url": NOBODY}]}, "put it in quotes"),
    ({"hubs": [{"name": "a"}]}, "has no api_url"),
    ({"hubs": [{"name": "a", "api_url": "north"}]}, "is not an address"),
    ({"hubs": [{"name": "a", "api_url": "http://u:secret@north"}]}, "holds credentials"),
    ({"hubs": [{"name": "a", "api_url": NOBODY, "url": "x"}]}, "has unknown keys (url): use only api_url, name, vars"),
    ({"hubs": [{"name": "a", "api_url": NOBODY, "vars": ["x"]}]}, "vars of hub a is not a mapping"),
    ({"hubs": ["http://north"]}, "is not a mapping: give it api_url, name, vars"),
    ({"hubs": [{"name": "a", "api_url": NOBODY}] * 2}, "Several hubs are called a"),
    ({"managers": [{"url": NOBODY}]}, "has unknown keys (url): use only api_url, prefix"),
    ({"token": "a", "url_username": "b"}, "token and url_username are both set"),
    ({"headers": "x"}, "headers must be a mapping"),
    ({"connect_timeout": 0}, "connect_timeout must be"),
]


@pytest.mark.parametrize(("source", "said"), BAD, ids=[said for _source, said in BAD])
def test_bad_input_is_refused(tmp_path: pathlib.Path, source: dict[str, Any], said: str) -> None:
    with pytest.raises(AnsibleParserError) as raised:
        read(tmp_path, source)
    assert said in str(raised.value)
    assert "error_code=INVALID_OPTION" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("source", "choices"), [({"gather": ["load"]}, "version, instances"), ({"on_unreachable": "ignore"}, "skip, fail")]
)
def test_values_other_than_the_choices_are_refused(
    tmp_path: pathlib.Path, source: dict[str, Any], choices: str
) -> None:
    with pytest.raises(AnsibleParserError) as raised:
        read(tmp_path, source)
    assert "Invalid value" in str(raised.value)
    assert choices in str(raised.value)
    assert ": correct the inventory file, or the configuration of Ansible. (error_code=INVALID_OPTION)" in str(
        raised.value
    )


@pytest.mark.parametrize(
    "token",
    [
        "{{ missing_variable }}",
        "{{ lookup('file', '/missing/file') }}",
        "canary {{ unexpected",
        "canary {{ unexpected.",
    ],
)
def test_a_template_that_has_no_value_is_refused(tmp_path: pathlib.Path, token: str) -> None:
    with pytest.raises(AnsibleParserError, match="missing|expected") as raised:
        read(tmp_path, {"hubs": [{"name": "north", "api_url": NOBODY}], "token": token})
    assert ": correct the inventory file. (error_code=INVALID_OPTION)" in str(raised.value)
    assert "canary" not in str(raised.value)


def test_the_plugin_has_the_connection_options_of_the_modules() -> None:
    assert set(plugin.CONNECTION_OPTIONS) == set(specs.HUB) - {"api_url"}
    for name in plugin.CONNECTION_OPTIONS:
        assert DOCUMENTED[name]["env"] == [{"name": f"STH_{name.upper()}"}]


@pytest.mark.slow
def test_two_hosts_never_get_the_same_name(tmp_path: pathlib.Path, filled: FakeHub) -> None:
    """An instance may be called anything, so its name may make the name of a hub."""
    with FakeHub("1.x") as other:
        hubs = [{"name": "eu_job", "api_url": other.api_url}, {"name": "eu", "api_url": filled.api_url}]
        found = read(tmp_path, {"hubs": hubs, "gather": ["version", "instances"]})
        assert variables_of(found, "eu_job")["sth_api_url"] == other.api_url
    assert names(found, "sth_hubs") == ["eu_job", "eu"]
    (instance,) = names(found, "sth_instances")
    assert instance == f"eu_{filled.instances[0]['id']}"


def test_a_token_or_password_in_the_file_overrides_the_environment(
    tmp_path: pathlib.Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STH_URL_USERNAME", "of-the-environment")
    monkeypatch.setenv("STH_URL_PASSWORD", "of-the-environment")
    source = {"hubs": [{"name": "north", "api_url": hub.api_url}]}
    read(tmp_path, {**source, "token": "of-the-file"})
    assert {item.headers["authorization"] for item in hub.requests} == {"Bearer of-the-file"}
    read(tmp_path, source)
    assert hub.requests[-1].headers["authorization"].startswith("Basic ")


def test_no_failure_repeats_a_secret_that_was_sent(tmp_path: pathlib.Path, warnings: list[str]) -> None:
    refusal = answer("401 Unauthorized", "Invalid API key: canary-of-the-key")
    with ScriptedServer(Exchange("GET", "/version", refusal)) as server:
        hubs = [{"name": "north", "api_url": server.api_url}]
        read(tmp_path, {"hubs": hubs, "headers": {"X-Api-Key": "canary-of-the-key"}})
    assert len([said for said in warnings if "north is left out" in said]) == 1
    assert "canary" not in str(warnings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"compose": {"where": "missing_variable ~ '/'"}},
        {"groups": {"named": "missing_variable == 'job'"}},
        {"keyed_groups": [{"key": "missing_variable", "prefix": "hub"}]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_only_strict_fails_for_an_expression_that_has_no_value(
    tmp_path: pathlib.Path, hub: FakeHub, wrong: dict[str, Any]
) -> None:
    source = {"hubs": [{"name": "north", "api_url": hub.api_url}], **wrong}
    for given in ({}, {"strict": False}):
        assert names(read(tmp_path, {**source, **given}), "sth_hubs") == ["north"]
    with pytest.raises(AnsibleParserError, match="north.*missing_variable") as raised:
        read(tmp_path, {**source, "strict": True})
    assert "or set strict to false. (error_code=INVALID_OPTION)" in str(raised.value)


def test_groups_that_no_strict_allows_are_refused(tmp_path: pathlib.Path) -> None:
    source = {"hubs": [{"name": "north", "api_url": NOBODY}], "gather": [], "keyed_groups": ["sth_hub.version"]}
    with pytest.raises(AnsibleParserError, match=r"keyed_groups in the inventory file\. \(error_code=INVALID_OPTION\)"):
        read(tmp_path, source)
