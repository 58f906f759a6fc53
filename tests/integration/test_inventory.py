# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of hubs, as users call it: ansible-inventory, and a play for each hub."""

from __future__ import annotations

import json
import pathlib
import re
import sys
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.plugins.inventory import hubs as plugin
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import (
    CommandFailedError,
    run_command,
    without_own_variables,
)

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
NOBODY = "http://127.0.0.1:9"


def write(directory: pathlib.Path, source: dict[str, Any]) -> pathlib.Path:
    path = directory / "test.sth_hubs.yml"
    path.write_text(yaml.safe_dump(source), encoding="utf-8")
    return path


def ansible(program: str, *options: str, **environment: str) -> str:
    """Run a program of ansible-core and return its output."""
    command = [str(pathlib.Path(sys.executable).parent / program), *options]
    clean = without_own_variables()
    # A file that cannot be read is an error, not a warning.
    strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000"}
    return run_command(command, environment={**clean, **strict, "SCP_TOKEN": "canary", **environment}, seconds=30)


def graph(path: pathlib.Path) -> str:
    """Return what ``ansible-inventory --graph`` shows."""
    return ansible("ansible-inventory", "-i", str(path), "--graph")


def variables(shown: str) -> dict[str, Any]:
    """Return the variables of all hosts out of what ``ansible-inventory --list`` shows, which marks texts as unsafe."""
    listed = json.loads(shown, object_hook=lambda item: item.get("__ansible_unsafe", item))
    return dict(listed["_meta"]["hostvars"])


def test_a_play_reaches_each_hub_with_the_variables_of_its_group(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x", token="of-all") as north, FakeHub("0.18", token="of-all") as south:
        source = {
            "plugin": "scramjet.sth.hubs",
            "hubs": [{"name": "south", "api_url": south.api_url}],
            "managers": [{"api_url": north.manager_url, "prefix": "north-"}],
            "token": "of-all",
            "gather": ["version", "instances"],
            "keyed_groups": [{"key": "sth_hub.generation", "prefix": "hub"}],
        }
        path = write(tmp_path, source)
        (tmp_path / "group_vars").mkdir()
        (tmp_path / "group_vars" / "sth_hubs.yml").write_text("sth_token: of-all\n")
        tasks = [
            {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
            {"scramjet.sth.sth_instance": {"name": "job", "sequence": "probe", "app_config": {"behaviour": "run"}}},
        ]
        book = play(tmp_path / "play.yml", {"hosts": "sth_hubs", "tasks": tasks})
        for changed in (2, 0):
            output = run_playbook(book, {}, "-i", str(path), "--limit", "sth_hubs")
            assert [line.count(f"changed={changed} ") for line in output.splitlines() if "failed=0" in line] == [1, 1]
        assert [item["id"] is not None for item in (*north.instances, *south.instances)] == [True, True]
        shown = graph(path)
    for group, host in [("hub_1_x", "north-hub-1"), ("hub_0_18", "south"), ("sth_instances", "south_job")]:
        assert f"|  |--{host}" in shown.partition(f"@{group}:")[2].split("|--@")[0], shown
    assert "of-all" not in shown


@pytest.mark.parametrize("example", list(yaml.safe_load_all(plugin.EXAMPLES)), ids=lambda item: str(sorted(item)))
def test_the_examples_are_right(tmp_path: pathlib.Path, example: dict[str, Any]) -> None:
    """The hubs of the examples do not exist, so there is a warning for each."""
    example.pop("on_unreachable", None)
    if "cache_connection" in example:
        example["cache_connection"] = str(tmp_path / "cache")
    listed = [*example.get("hubs", []), *example.get("managers", [])]
    for at, item in enumerate(listed):
        item["api_url"] = f"{NOBODY}/{at}"
    shown = graph(write(tmp_path, example))
    assert shown.count("is left out of the inventory") == len(listed), shown
    assert "@sth_hubs:" in shown
    assert "canary" not in shown


def test_an_expression_without_a_value_ends_a_strict_inventory(tmp_path: pathlib.Path) -> None:
    source = {"hubs": [{"name": "north", "api_url": NOBODY}], "gather": [], "compose": {"where": "missing_variable"}}
    path = write(tmp_path, {"plugin": "scramjet.sth.hubs", "strict": True, **source})
    with pytest.raises(CommandFailedError) as raised:
        graph(path)
    assert "'missing_variable' is undefined: correct compose, groups or keyed_groups" in str(raised.value)
    assert "or set strict to false. (error_code=INVALID_OPTION)" in str(raised.value)


@pytest.mark.parametrize("encrypted", ["token", "file"])
def test_the_token_may_be_in_a_vault(tmp_path: pathlib.Path, encrypted: str) -> None:
    secret = tmp_path / "password"
    secret.write_text("of the vault")
    with_secret = ("--vault-password-file", str(secret))
    with FakeHub("1.x", token="canary-of-the-hub") as hub:
        source = {"plugin": "scramjet.sth.hubs", "hubs": [{"name": "north", "api_url": hub.api_url}]}
        if encrypted == "file":
            path = write(tmp_path, {**source, "token": "canary-of-the-hub"})
            ansible("ansible-vault", "encrypt", *with_secret, str(path))
        else:
            path = write(tmp_path, source)
            hidden = ansible("ansible-vault", "encrypt_string", *with_secret, "--name", "token", "canary-of-the-hub")
            path.write_text(path.read_text() + hidden[hidden.index("token: !vault") :])
        assert "canary" not in path.read_text()
        shown = ansible("ansible-inventory", "-i", str(path), "--list", *with_secret)
    assert variables(shown)["north"]["sth_hub"]["version"] == "1.0.1"
    assert "canary" not in shown


def test_the_token_may_be_in_the_environment(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x", token="canary-of-the-hub") as hub:
        path = write(tmp_path, {"plugin": "scramjet.sth.hubs", "hubs": [{"name": "north", "api_url": hub.api_url}]})
        shown = ansible("ansible-inventory", "-i", str(path), "--list", STH_TOKEN="canary-of-the-hub")
    assert variables(shown)["north"]["sth_hub"]["version"] == "1.0.1"
    assert "canary" not in shown


def test_the_graph_on_the_page_is_that_of_its_inventory(tmp_path: pathlib.Path) -> None:
    page = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"Save this as `prod.sth_hubs.yml`:\n\n```yaml\n(.*?)```", page, re.DOTALL)
    (expected,) = re.findall(r"--graph\n(@all:\n.*?)```", page, re.DOTALL)
    listed = yaml.safe_load(source)
    tasks = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
        {"scramjet.sth.sth_instance": {"name": "shop", "sequence": "probe", "app_config": {"behaviour": "run"}}},
    ]
    with FakeHub("1.x") as north, FakeHub("0.18") as south:
        for item, hub in zip(listed["hubs"], (north, south), strict=True):
            item["api_url"] = hub.api_url
        path = write(tmp_path, listed)
        book = play(tmp_path / "play.yml", {"hosts": "sth_hubs", "tasks": tasks})
        run_playbook(book, {}, "-i", str(path), "--limit", "sth_hubs")
        assert graph(path) == expected
