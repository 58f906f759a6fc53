# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation says what the code does."""

from __future__ import annotations

import importlib
import pathlib
import re
from typing import Any, get_args

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.doc_fragments import attributes as attributes_fragment
from ansible_collections.scramjet.sth.plugins.doc_fragments import hub as hub_fragment
from ansible_collections.scramjet.sth.plugins.module_utils.errors import ErrorCode
from ansible_collections.scramjet.sth.plugins.module_utils.hub import versions
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import CONNECTION_VARIABLES
from ansible_collections.scramjet.sth.tests.fake_hub.versions import VERSIONS
from ansible_collections.scramjet.sth.tests.faults.transitions import TRANSITIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("sth_*.py"))
OPTIONS: dict[str, Any] = yaml.safe_load(hub_fragment.ModuleDocFragment.DOCUMENTATION)["options"]
# A value for the environment and what the option then is.
SAMPLES = {
    "str": ("http://other", "http://other"),
    "dict": ('{"X-A": "b"}', {"X-A": "b"}),
    "bool": ("no", False),
    "path": ("/tmp/x", "/tmp/x"),
    "float": ("1.5", 1.5),
    "int": ("7", 7),
}


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{name}")


@pytest.mark.parametrize("option", sorted(specs.HUB))
def test_the_documented_environment_variable_is_the_one_that_is_read(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documented = re.findall(r"E\((STH_\w+)\)", " ".join(OPTIONS[option]["description"]))
    assert documented == [f"STH_{option.upper()}"]
    text, value = SAMPLES[specs.HUB[option]["type"]]
    validator = ArgumentSpecValidator(specs.HUB)
    monkeypatch.setenv(documented[0], text)
    assert validator.validate({}).validated_parameters[option] == value
    monkeypatch.setenv(documented[0], "")
    assert validator.validate({}).validated_parameters[option] == specs.HUB[option].get("default")


@pytest.mark.parametrize("option", sorted(specs.HUB))
def test_the_documented_variable_is_the_one_that_is_read(option: str) -> None:
    documented = re.findall(r"V\((sth_\w+)\)", " ".join(OPTIONS[option]["description"]))
    assert documented == [CONNECTION_VARIABLES[option]]
    assert documented == [f"sth_{option}"]


def test_the_documented_error_codes_are_complete() -> None:
    notes = yaml.safe_load(attributes_fragment.ModuleDocFragment.DOCUMENTATION)["notes"]
    told = [note for note in notes if "error_code" in note]
    assert re.findall(r"V\((\w+)\)", told[0]) == sorted(set(get_args(ErrorCode)) - {"PACKAGE_NEEDED"})


def since() -> str:
    """Return README's table of what not every hub can, as the table of versions has it."""
    rows = [(versions.FEATURES[name].first, name, what) for name, what in versions.CAPABILITIES.items()]
    lines = ["| Capability | What it is | Hubs since |", "| --- | --- | --- |"]
    return "\n".join(
        [*lines, *(f"| `{name}` | {what} | {versions.text(first)} |" for first, name, what in sorted(rows))]
    )


def lacking() -> str:
    """Return the table of what the measured versions lack."""
    lines = ["| Hub | Lacks |", "| --- | --- |"]
    for version in dict.fromkeys(VERSIONS.values()):
        release = versions.release_of(version)
        lacks = [f"`{name}`" for name in sorted(versions.CAPABILITIES) if not versions.has(release, name)]
        lines.append(f"| {version} | {', '.join(lacks) or 'nothing'} |")
    return "\n".join(lines)


def test_the_pages_list_the_features_of_each_version() -> None:
    assert since() in (ROOT / "README.md").read_text(), since()
    assert lacking() in (ROOT / "docs" / "hub-behaviour.md").read_text(), lacking()


def test_the_pages_name_the_range_of_versions() -> None:
    span = f"{versions.text(versions.OLDEST[:2])} to {versions.text(versions.NEWEST[:2])}"
    for page, row in [("README.md", "| Hub |"), ("docs/support.md", "| hub |")]:
        assert f"\n{row} {span}" in (ROOT / page).read_text(), f"{page}: {span}"
    newer = f"| hub, newer than {versions.text(versions.NEWEST[:2])} |"
    assert newer in (ROOT / "docs" / "support.md").read_text(), newer


def test_the_role_keeps_instances_from_the_version_on_that_the_table_names() -> None:
    first = versions.text(versions.FEATURES["reconnect"].first)
    told = yaml.safe_load((ROOT / "roles" / "hub" / "vars" / "main.yml").read_text())["hub__reconnect"]
    assert f"is version('{first}', '>=')" in told


def test_the_documented_capabilities_are_those_that_are_returned() -> None:
    told = yaml.safe_load(module("sth_hub_info").RETURN)["hub"]["contains"]["capabilities"]["description"][0]
    expected = [(name, versions.text(versions.FEATURES[name].first)) for name in sorted(versions.CAPABILITIES)]
    assert re.findall(r"V\((\w+)\)\s\(([\d.]+)\)", told) == expected


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_an_action_plugin_and_the_right_place_in_the_action_group(name: str) -> None:
    assert (ROOT / "plugins" / "action" / f"{name}.py").exists()
    group = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["hub"]
    assert (name in group) == module(name).TASK.talks_to_hub


@pytest.mark.parametrize("name", MODULES)
def test_the_pages_list_every_module(name: str) -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| Module | For |")[2].partition("\n\n")[0]
    assert f"`{name}`" in table
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    # A room may be called like the module.
    rooms = page.partition("The room `sequence` serves")[2].partition("\n\n")[0]
    assert f"`{name}`" in rooms or f"`{name.removeprefix('sth_')}`" in rooms


def test_every_module_that_writes_to_a_hub_is_tried_with_faults() -> None:
    writing = {name for name in MODULES if module(name).TASK.writes and module(name).TASK.talks_to_hub}
    assert writing <= {transition.module for transition in TRANSITIONS}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "sanity").glob("ignore-*.txt")), ids=lambda path: str(path.stem)
)
def test_sanity_ignores_the_options_that_action_plugins_fill_in(path: pathlib.Path) -> None:
    internal = [name for name in MODULES if any(option.startswith("_") for option in module(name).TASK.spec)]
    expected = [f"plugins/modules/{name}.py validate-modules:undocumented-parameter" for name in internal]
    assert [line.partition(" # ")[0] for line in path.read_text(encoding="utf-8").splitlines()] == expected


@pytest.mark.parametrize("name", MODULES)
def test_no_option_has_the_name_of_a_task_keyword(name: str) -> None:
    taken = {"timeout", "retries", "delay", "until", "poll", "async", "environment", "when", "vars", "throttle"}
    assert not taken.intersection(module(name).TASK.spec)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_examples_for_the_three_commonest_uses(name: str) -> None:
    assert len(yaml.safe_load(module(name).EXAMPLES)) >= 3


def test_release_notes_have_their_own_markup() -> None:
    """The markup of DOCUMENTATION, such as ``C(name)``, would be shown as it is."""
    for path in (ROOT / "changelogs" / "changelog.yaml", *(ROOT / "changelogs" / "fragments").glob("*.yml")):
        assert re.findall(r"\b[BCEILMOPRUV]\([^)]*\)", path.read_text(encoding="utf-8")) == [], path


def test_the_version_has_release_notes() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    releases = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    assert releases[version]["changes"]["release_summary"]
    assert f"## v{version}".replace(".", "\\.") in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
