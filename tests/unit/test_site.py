# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that list something list all of it, and what the repository tells GitHub and Galaxy is so."""

from __future__ import annotations

import hashlib
import importlib
import json
import pathlib
import re
from typing import Any, get_args

import pytest
import yaml

from ansible_collections.scramjet.sth.plugins.module_utils.errors import ErrorCode

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# The commands of si 1.0.1 (packages/cli/src/lib/commands of scramjetorg/transform-hub at v1.0.1).
SI = """
completion: install uninstall
config: print session
config set: json apiUrl log middlewareApiUrl scope token env
config reset: apiUrl log middlewareApiUrl token env all
config profile: list use create remove
developerTools: cmdToJson cmdToList cmdToMd
hub: use list info disconnect delete logs audit load version
init: sequence
instance: list use info health log kill stop restart input inout output stdio stdin stderr stdout
instance event: emit on
scope: list print use delete
sequence: list use info pack send update start deploy delete prune
space: info list use audit logs version
space access: create list revoke
store: list send delete prune
topic: create delete get send list
util: log-format
"""
TABLE = re.compile(r"^### (.+)\n\n((?:\|.*\n)+)", re.MULTILINE)


def cells(line: str) -> list[str]:
    """Return the cells of a row of a Markdown table."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def rows(page: str) -> list[list[str]]:
    """Return the rows of all tables of a page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [cells(line) for line in text.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_in_the_list_of_the_readme(page: str) -> None:
    assert f"](docs/{page})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["failures.md", "troubleshooting.md"])
def test_each_error_code_has_a_row(page: str) -> None:
    listed = [row[0].strip("`") for row in rows(page) if re.fullmatch("`[A-Z_]+`", row[0])]
    assert sorted(listed) == sorted(set(get_args(ErrorCode)) - {"PACKAGE_NEEDED"})


def test_the_tables_of_the_benchmark_are_those_that_the_plots_are_drawn_from() -> None:
    measured = json.loads((ROOT / "docs" / "site" / "benchmark.json").read_text(encoding="utf-8"))
    page = {}
    for title, table in TABLE.findall((ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")):
        head, _line, *body = [cells(line) for line in table.splitlines()]
        page[title] = {"columns": head, "rows": body}
    assert page == {title: {name: table[name] for name in ("columns", "rows")} for title, table in measured.items()}


def test_the_plots_are_drawn_from_the_recorded_run() -> None:
    """After another run: ``make plots``."""
    recorded = (ROOT / "docs" / "site" / "benchmark.json").read_bytes()
    plots = sorted((ROOT / "docs" / "plots").glob("*.svg"))
    assert len(plots) == 5
    source = f"sha256:{hashlib.sha256(recorded).hexdigest()}"
    assert [path.name for path in plots if source not in path.read_text(encoding="utf-8")] == []


def spec_of(module: str) -> dict[str, Any]:
    found = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{module}")
    spec: dict[str, Any] = found.TASK.spec
    return spec


def test_each_command_of_si_is_on_its_page() -> None:
    """A row names a command if it has all of its words, or ends the words before the last one with dots."""
    named = [row[0] for row in rows("si.md")]
    missing = []
    for line in SI.strip().splitlines():
        group, _colon, commands = line.partition(": ")
        rest = f"{group} …"
        if any(rest in cell for cell in named):
            continue
        for command in commands.split():
            words = {*group.split(), command}
            if not any(words <= set(re.findall(r"[\w-]+", cell)) for cell in named):
                missing.append(f"{group} {command}")
    assert missing == []


def test_the_page_of_si_names_only_its_commands() -> None:
    known = set()
    for line in SI.strip().splitlines():
        group, *words = line.replace(":", "").split()
        known |= {(group, word) for word in words}
    named = {found for row in rows("si.md") for found in re.findall(r"`si (\w+) ([\w-]+)", row[0])}
    assert named
    assert named <= known


def test_the_table_of_si_names_existing_options() -> None:
    """A row that names no module continues the one above it."""
    specs: list[dict[str, Any]] = []
    checked = 0
    for command, task in (row[:2] for row in rows("si.md")):
        named = [spec_of(module) for module in re.findall(r"`(sth_(?!api|token)\w+)`", task)]
        specs = named or specs
        for option, value in re.findall(r"`([a-z]+(?:_[a-z]+)*): ([a-z_]+)`", task):
            matching = [spec[option] for spec in specs if option in spec]
            assert matching, f"{command}: {option}"
            assert any(value in spec.get("choices", [value]) for spec in matching), f"{command}: {option}: {value}"
            checked += 1
    assert checked > 10


def test_the_workflows_run_existing_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert WORKFLOWS
    for path in WORKFLOWS:
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        run = "\n".join(step.get("run", "") for job in jobs for step in job["steps"])
        targets = re.findall(r"^make ([\w-]+)", run, re.MULTILINE)
        assert targets, path
        assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets), targets


def test_event_sources_are_named_in_the_metadata_for_galaxy() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert ("eda" in galaxy["tags"]) == (ROOT / "extensions" / "eda").is_dir()
