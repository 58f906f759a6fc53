# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/playbooks.md lists exactly the variables that a playbook reads."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import CONNECTION_VARIABLES

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
PAGE = (ROOT / "docs" / "playbooks.md").read_text(encoding="utf-8")
EVERY = "Of every playbook"
# These have to do with no hub.
WITHOUT_HUB = {"awx_import"}
# What an example of each type is.
EXAMPLES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "mapping": (dict,),
    "mapping or text": (dict,),
    "list or text": (list,),
}
# The types as argument specs name them. For the type raw, only the page says which values are allowed.
KINDS = {
    "str": {"text"},
    "path": {"text"},
    "dict": {"mapping"},
    "bool": {"boolean"},
    "float": {"number"},
    "int": {"integer"},
    "list": {"list or text"},
    "raw": set(EXAMPLES),
}


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells behind each variable of a section's table: type, default, meaning, example."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
    return {line[0].strip("`"): line[1:] for line in cells}


def role(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options and the defaults of a role."""
    folder = ROOT / "roles" / name
    spec = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((folder / "defaults" / "main.yml").read_text(encoding="utf-8"))
    return spec["argument_specs"]["main"]["options"], defaults


def given_roles(playbook: pathlib.Path) -> list[str]:
    """Return the roles whose variables are those of the playbook: which it runs as they are."""
    found = yaml.safe_load(playbook.read_text(encoding="utf-8"))
    names = [item["role"] for part in found for item in part.get("roles", ())]
    return [name.removeprefix("scramjet.sth.") for name in names]


def read_by(playbook: pathlib.Path) -> set[str]:
    """Return the variables that a playbook reads and does not set, and those of the roles that it runs as they are."""
    text = playbook.read_text(encoding="utf-8")
    for part in yaml.safe_load(text):
        text += "".join((playbook.parent / name).read_text(encoding="utf-8") for name in part.get("vars_files", ()))
    code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
    expressions = "\n".join(re.findall(r"\{\{.*?\}\}", code, flags=re.DOTALL))
    expressions = re.sub(r"'[^']*'", "''", expressions)
    named = set(re.findall(r"(?<![\w.])(?:sth|deployment|run_job|hub|round_robin)_(?!_)\w+", expressions))
    set_here = set(re.findall(r"register: (\w+)", code)) | {"deployment_result", "run_job_result", "hub_result"}
    return (named - set_here).union(*(role(name)[0] for name in given_roles(playbook)))


def test_each_playbook_has_a_section_with_a_command() -> None:
    assert sorted(sections()) == sorted([EVERY, *(f"scramjet.sth.{path.stem}" for path in PLAYBOOKS)])
    for path in PLAYBOOKS:
        assert f"ansible-playbook scramjet.sth.{path.stem}" in sections()[f"scramjet.sth.{path.stem}"]


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: str(path.stem))
def test_its_variables_are_those_that_the_playbook_reads(playbook: pathlib.Path) -> None:
    told = set(rows(sections()[f"scramjet.sth.{playbook.stem}"]))
    assert told == read_by(playbook) - {"sth_hosts"}
    if playbook.stem not in WITHOUT_HUB:
        assert "sth_hosts | default('localhost', true)" in playbook.read_text(encoding="utf-8")


@pytest.mark.parametrize("section", sorted(sections()))
def test_each_row_has_all_columns(section: str) -> None:
    for variable, (kind, default, meaning, example) in rows(sections()[section]).items():
        assert kind in EXAMPLES, variable
        assert meaning.endswith("."), variable
        value = yaml.safe_load(example.strip("`"))
        assert value is not None, variable
        assert isinstance(value, EXAMPLES[kind]), variable
        assert default in ("", "required") or default.startswith("`") or " " in default, variable


@pytest.mark.parametrize("playbook", [path for path in PLAYBOOKS if given_roles(path)], ids=lambda path: str(path.stem))
def test_types_and_defaults_are_those_of_the_role(playbook: pathlib.Path) -> None:
    options, defaults = role(given_roles(playbook)[0])
    for variable, (kind, default, *_rest) in rows(sections()[f"scramjet.sth.{playbook.stem}"]).items():
        if variable not in options:
            # Of the playbook alone, which is to have the right default itself.
            continue
        assert kind in KINDS[options[variable]["type"]], variable
        if default == "required":
            assert not defaults[variable]
        else:
            assert (yaml.safe_load(default.strip("`")) or "") == (defaults[variable] or ""), variable


def test_the_connection_variables_are_those_of_every_module() -> None:
    told = rows(sections()[EVERY])
    assert list(told) == ["sth_hosts", *CONNECTION_VARIABLES.values()]
    for option, variable in CONNECTION_VARIABLES.items():
        kind, default, *_rest = told[variable]
        assert kind in KINDS[specs.HUB[option]["type"]]
        assert yaml.safe_load(default.strip("`")) == specs.HUB[option].get("default"), variable


def test_the_role_run_job_uses_each_of_its_variables() -> None:
    """Not only to check its value."""
    folder = ROOT / "roles" / "run_job"
    aside = ("run_job__problems", "run_job__secret", "run_job__plain")
    derived = yaml.safe_load((folder / "vars" / "main.yml").read_text(encoding="utf-8"))
    used = [str(value) for name, value in derived.items() if name not in aside]
    used += [path.read_text(encoding="utf-8") for path in (folder / "tasks").glob("*.yml")]
    assert role("run_job")[0].keys() <= set(re.findall(r"\w+", " ".join(used)))


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_each_playbook_refuses_a_misspelt_name_of_its_hosts_and_their_hubs(playbook: pathlib.Path) -> None:
    """Otherwise the playbook would change the hub of localhost. The quickstart starts and removes a hub of its own."""
    text = playbook.read_text(encoding="utf-8")
    imported = [playbook.parent / name for name in re.findall(r"import_tasks: (tasks/\S+)", text)]
    refuses = any("of_playbooks=true" in part for part in (text, *(path.read_text("utf-8") for path in imported)))
    assert refuses == ("sth_hosts |" in text and playbook.stem != "quickstart")
