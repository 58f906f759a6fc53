# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that imports the definitions for AWX, with the real modules of awx.awx and a stand-in for the API of a controller.

A stand-in checks only as much as tests/awx/stand_in.py does. AWX itself may refuse a definition that passes here.
"""

from __future__ import annotations

import os
import pathlib
import re
import sys
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.tests.awx.definitions import IMAGE, definitions
from ansible_collections.scramjet.sth.tests.awx.stand_in import StandIn
from ansible_collections.scramjet.sth.tests.integration.playbooks import run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import (
    ARTIFACT_VARIABLE,
    COLLECTION,
    ROOT,
    CommandFailedError,
    run_command,
)

VARIABLE = "STH_TEST_AWX"
pytestmark = pytest.mark.skipif(
    VARIABLE not in os.environ or ARTIFACT_VARIABLE not in os.environ,
    reason=f"{VARIABLE} and {ARTIFACT_VARIABLE} name no folders with awx.awx and this collection: run nox --session awx, as make matrix does",
)
TOKEN = "canary-of-the-controller"


def run(stand_in: StandIn, *options: str, **variables: str) -> tuple[str, int]:
    """Run the playbook, and return its output and how many tasks have changed something."""
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join((os.environ[ARTIFACT_VARIABLE], os.environ[VARIABLE])),
        "CONTROLLER_HOST": stand_in.address,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
        # Its own warning that it is used with a newer ansible-core than its authors did.
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
    }
    output = run_playbook(
        "scramjet.sth.awx_import", variables, *options, environment=environment, seconds=200, warned=True
    )
    assert TOKEN not in output
    return output, int(re.search(r"changed=(\d+)", output)[1])  # type: ignore[index]


def fields(stand_in: StandIn, collection: str, name: str) -> dict[str, Any]:
    """Return the one object of this name."""
    (found,) = stand_in.find(collection, name=name)
    return found


def test_import() -> None:
    wanted = definitions()
    with StandIn(TOKEN, ROOT) as stand_in:
        # Check mode stops here, because the modules refuse to refer to objects that do not exist.
        _output, changes = run(stand_in, "--check", sth_awx_image=IMAGE)
        assert changes == 4
        assert not stand_in.writes
        assert run(stand_in, sth_awx_image=IMAGE)[1] == 7
        kept = dict(stand_in.surveys)
        written = len(stand_in.writes)
        assert run(stand_in, sth_awx_image=IMAGE)[1] == 0
        assert run(stand_in, "--check", sth_awx_image=IMAGE)[1] == 0
        assert len(stand_in.writes) == written

        # All definitions have arrived. Ansible has evaluated the templates that are for it, and no others.
        kind = fields(stand_in, "credential_types", "Scramjet Transform Hub")
        assert {name: kind[name] for name in ("inputs", "injectors", "kind")} == {
            name: wanted["controller_credential_types"][0][name] for name in ("inputs", "injectors", "kind")
        }
        assert fields(stand_in, "execution_environments", "Scramjet Transform Hub")["image"] == IMAGE
        for template in wanted["controller_templates"]:
            found = fields(stand_in, "job_templates", template["name"])
            assert kept[found["related"]["survey_spec"]] == template["survey_spec"]
            same = ("description", "playbook", "job_type", "diff_mode", "ask_job_type_on_launch", "survey_enabled")
            assert {name: found[name] for name in same} == {name: template[name] for name in same}
        workflow = fields(stand_in, "workflow_job_templates", "STH - Release")
        assert kept[workflow["related"]["survey_spec"]] == wanted["controller_workflows"][0]["survey_spec"]
        nodes = {item["id"]: item for item in stand_in.objects["workflow_job_template_nodes"].values()}
        edges = {
            (path.split("/")[-2], nodes[int(path.split("/")[-3])]["identifier"], nodes[number]["identifier"])
            for path, numbers in stand_in.related.items()
            for number in numbers
        }
        assert edges == {("success_nodes", "deploy", "smoke-job"), ("failure_nodes", "smoke-job", "rollback")}
        # Credentials are created by hand, because they contain secrets.
        assert not [path for _method, path, _body in stand_in.writes if path.startswith("/api/v2/credentials/")]


def test_a_credential_that_a_user_adds_to_a_template_stays() -> None:
    with StandIn(TOKEN, ROOT) as stand_in:
        run(stand_in, sth_awx_image=IMAGE)
        credential = stand_in.add("credentials", {"name": "north", "organization": 1})
        assert run(stand_in, sth_awx_image=IMAGE, sth_awx_credential="north")[1] == 1
        relations = {path: ids for path, ids in stand_in.related.items() if path.endswith("/credentials/")}
        assert list(relations.values()) == [[credential["id"]]] * len(definitions()["controller_templates"])
        for given in ({"sth_awx_credential": "north"}, {"sth_awx_credential": ""}, {}):
            assert run(stand_in, sth_awx_image=IMAGE, **given)[1] == 0


def test_a_changed_survey_is_imported_again() -> None:
    with StandIn(TOKEN, ROOT) as stand_in:
        run(stand_in, sth_awx_image=IMAGE)
        path = next(iter(stand_in.surveys))
        survey = stand_in.surveys[path]
        stand_in.surveys[path] = {**survey, "spec": survey["spec"][:1]}
        assert run(stand_in, "--check", sth_awx_image=IMAGE)[1] == 1
        assert run(stand_in, sth_awx_image=IMAGE)[1] == 1
        assert stand_in.surveys[path] == survey


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "sth_awx_image is not set"),
        ({"sth_awx_image": ""}, "sth_awx_image is not set"),
        ({"sth_awx_image": IMAGE, "sth_awx_organisation": "x"}, r"sth_awx_organisation \(sth_awx_organization\?\)"),
    ],
)
def test_bad_variables_are_refused_before_anything_is_written(variables: dict[str, str], says: str) -> None:
    with StandIn(TOKEN, ROOT) as stand_in:
        with pytest.raises(CommandFailedError, match=says):
            run(stand_in, **variables)
        assert not stand_in.writes


def test_the_execution_environment(tmp_path: pathlib.Path) -> None:
    """All that does not need a container engine: the context of the image, and what it installs for the collection."""
    programs = pathlib.Path(sys.executable).parent
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    builder = [str(programs / "ansible-builder")]
    context = tmp_path / "context"
    create = [*builder, "create", "--file", str(COLLECTION / "execution-environment.yml"), "--context", str(context)]
    create += ["--output-filename", "Containerfile"]
    run_command(create, environment=environment, seconds=30)
    assert "scramjet.sth" in (context / "_build" / "requirements.yml").read_text()
    recipe = (context / "Containerfile").read_text()
    assert "ubi9" in recipe
    assert "ansible-core>=2.20" in recipe
    # As in the image: where the collection is installed, the builder asks what it needs.
    asked = run_command(
        [*builder, "introspect", "--sanitize", os.environ[ARTIFACT_VARIABLE]], environment=environment, seconds=30
    )
    assert yaml.safe_load(asked) == {"python": ["requests>=2.28  # from collection scramjet.sth"], "system": []}
