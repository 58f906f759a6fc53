# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In the playbooks of the collection, relative paths are those of the project that runs or imports them."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import through_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
DEPLOYS = {"deployment_list": [{"name": "shop", "src": "packages/wordcount", "stable_for": 0}]}
JOB = {
    "run_job_src": "packages/wordcount",
    "run_job_build": "test -e index.js; touch built",
    "run_job_input_src": "words.txt",
    "run_job_app_config": {"behaviour": "echo"},
    "run_job_output_dest": "echoed.txt",
    "run_job_cleanup": "never",
}


@pytest.fixture
def project(tmp_path: pathlib.Path) -> pathlib.Path:
    """A project with a package that has the path, but not the content, of a sample of the collection."""
    own = tmp_path / "project"
    shutil.copytree(PROBE, own / "packages" / "wordcount")
    (own / "files").mkdir()
    (own / "files" / "words.txt").write_text("one\n")
    return own


def imports(project: pathlib.Path, playbook: str, variables: dict[str, Any] | None = None) -> pathlib.Path:
    """Write a playbook into ``project`` that imports one of the collection."""
    return imports_each(project, {"ansible.builtin.import_playbook": playbook, "vars": variables or {}})


def imports_each(project: pathlib.Path, *imported: dict[str, Any]) -> pathlib.Path:
    """Write a playbook of imports into ``project``."""
    book = project / "site.yml"
    book.write_text(json.dumps(imported), encoding="utf-8")
    return book


def package(directory: pathlib.Path, name: str) -> None:
    """Write a package with this name to the path that is in ``DEPLOYS``."""
    made = pathlib.Path(shutil.copytree(PROBE, directory / "packages" / "wordcount"))
    manifest = made / "package.json"
    manifest.write_text(manifest.read_text().replace('"probe"', f'"{name}"'))


@pytest.mark.parametrize(
    ("playbook", "variables", "imported", "entrance"),
    [
        ("scramjet.sth.deploy", DEPLOYS, True, "in_process"),
        ("scramjet.sth.deploy", DEPLOYS, False, "module"),
        ("scramjet.sth.run_job", JOB, True, "module"),
        ("scramjet.sth.run_job", JOB, False, "in_process"),
    ],
)
def test_a_relative_path_is_looked_up_in_the_project(
    playbook: str,
    variables: dict[str, Any],
    imported: bool,
    entrance: str,
    project: pathlib.Path,
    tmp_path: pathlib.Path,
) -> None:
    with FakeHub(generation="1.x") as hub:
        common = {"sth_api_url": hub.api_url, "sth_entrance": entrance}
        cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        if imported:
            run_playbook(imports(project, playbook, variables), common, directory=tmp_path, environment=cache)
        else:
            run_playbook(playbook, {**common, **variables}, directory=project, environment=cache)
        assert [item["config"]["name"] for item in hub.sequences] == ["probe"]
    assert (project / "echoed.txt").exists() == (variables is JOB)


@through_entrances
def test_a_relative_path_is_looked_up_beside_the_importing_playbook(
    entrance: str, project: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    below = project / "jobs" / "nightly"
    package(below, "nightly")
    (below / "words.txt").write_text("two\n")
    imports(below, "scramjet.sth.run_job", JOB)
    (project / "jobs" / "all.yml").write_text(json.dumps([{"import_playbook": "nightly/site.yml"}]))
    site = imports_each(project, {"hosts": "all", "gather_facts": False}, {"import_playbook": "jobs/all.yml"})
    with FakeHub(generation="1.x") as hub:
        cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        variables = {"sth_api_url": hub.api_url, "sth_entrance": entrance}
        run_playbook(site, variables, directory=tmp_path, environment=cache)
        assert [item["config"]["name"] for item in hub.sequences] == ["nightly"]
    assert (below / "echoed.txt").read_text() == "TWO\n"


def test_imports_of_one_playbook_are_distinguished_by_their_variables(
    project: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    for name in ("web", "mail"):
        package(project / name, name)
        deploys = {"deployment_list": [{**DEPLOYS["deployment_list"][0], "name": name}]}
        imports(project / name, "scramjet.sth.deploy", deploys)
    both = [{"import_playbook": f"{name}/site.yml"} for name in ("web", "mail")]
    with FakeHub(generation="1.x") as hub:
        variables = {"sth_api_url": hub.api_url}
        run_playbook(imports_each(project, *both), variables, directory=tmp_path)
        assert [item["config"]["name"] for item in hub.sequences] == ["web", "mail"]
        # Variables from other places do not distinguish the imports.
        for name in ("web", "mail"):
            imports(project / name, "scramjet.sth.deploy")
        with pytest.raises(CommandFailedError, match="packages/wordcount is ambiguous") as refused:
            run_playbook(project / "site.yml", {**variables, **DEPLOYS}, directory=tmp_path)
        assert f"{project / 'web'} and {project / 'mail'}" in str(refused.value)
        # A path that only one of them has is not ambiguous. The directory of the playbook on the command line is not searched.
        shutil.rmtree(project / "web" / "packages")
        run_playbook(project / "site.yml", {**variables, **DEPLOYS}, directory=tmp_path)
        assert [item["config"]["name"] for item in hub.sequences] == ["web", "mail"]


def test_the_samples_of_the_collection_are_found_where_the_project_has_none(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x") as hub:
        run_playbook("scramjet.sth.deploy", {"sth_api_url": hub.api_url, **DEPLOYS}, "--check", directory=tmp_path)


def test_a_failure_says_where_it_looked(project: pathlib.Path, tmp_path: pathlib.Path) -> None:
    misspelt = {"deployment_list": [{"name": "shop", "src": "packages/shopp"}]}
    book = imports(project, "scramjet.sth.deploy", misspelt)
    with FakeHub(generation="1.x") as hub, pytest.raises(CommandFailedError) as failure:
        run_playbook(book, {"sth_api_url": hub.api_url}, directory=tmp_path)
    said = str(failure.value)
    assert "src packages/shopp was not found on the controller" in said
    for place in (project / "files", project, tmp_path):
        assert str(place / "packages/shopp") in said
