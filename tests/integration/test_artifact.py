# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as a user gets it: built, and installed from the artifact. What users call runs from there, and not from this checkout."""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.commands import (
    ARTIFACT_VARIABLE,
    ROOT,
    run_command,
    without_own_variables,
)

COLLECTION = pathlib.Path("ansible_collections", "scramjet", "sth")
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")


def run(program: str, *arguments: str, **variables: str) -> str:
    """Run one of the programs of ansible-core, and return its output."""
    command = [str(pathlib.Path(sys.executable).with_name(program)), *arguments]
    environment = {**without_own_variables(), "ANSIBLE_NOCOLOR": "1", **variables}
    return run_command(command, environment=environment, seconds=60)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return the folder in which the artifact is installed: by a session of noxfile.py, or else here."""
    given = os.environ.get(ARTIFACT_VARIABLE)
    if given:
        return pathlib.Path(given)
    place = tmp_path_factory.mktemp("artifact")
    run("ansible-galaxy", "collection", "build", "--output-path", str(place), str(ROOT))
    (artifact,) = place.glob("*.tar.gz")
    # By force, because in this virtual environment the checkout counts as installed.
    run("ansible-galaxy", "collection", "install", "--force", "-p", str(place / "installed"), str(artifact))
    return place / "installed"


def test_an_inventory_and_a_playbook_run_from_the_artifact(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    found = {"ANSIBLE_COLLECTIONS_PATH": str(installed)}
    source = tmp_path / "test.sth_hubs.yml"
    variables = {"sth_hosts": "north", "deployment_list": [{"name": "web", "src": PROBE}]}
    with FakeHub("1.x") as hub:
        hubs = [{"name": "north", "api_url": hub.api_url}]
        source.write_text(json.dumps({"plugin": "scramjet.sth.hubs", "hubs": hubs}), encoding="utf-8")
        shown = run("ansible-inventory", "-i", str(source), "--graph", "-vvvv", **found)
        options = ["-i", str(source), "-c", "local", "-e", json.dumps(variables), "-vvvv"]
        played = run("ansible-playbook", *options, "scramjet.sth.deploy", **found)
        assert len(hub.instances) == 1
    assert "|--north" in shown
    for output in (shown, played):
        assert re.findall(r"Loading collection scramjet\.sth from (\S+)", output) == [str(installed / COLLECTION)]


def test_the_pipelines_of_the_sample_accept_the_artifact(installed: pathlib.Path) -> None:
    listed = installed / COLLECTION / "docs" / "samples" / "infra-as-code" / "requirements.yml"
    options = ["--offline", "-p", str(installed), "-r", str(listed)]
    assert "Nothing to do." in run("ansible-galaxy", "collection", "install", *options)


@pytest.mark.skipif(
    ARTIFACT_VARIABLE not in os.environ,
    reason=f"{ARTIFACT_VARIABLE} names no folder with the installed artifact: run nox --session infra-as-code, as make matrix does",
)
def test_the_commands_of_this_session_find_no_checkout(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    # ansible-rulebook finds the collection by this command.
    listed = run("ansible-galaxy", "collection", "list", "scramjet.sth", "--format", "json", HOME=str(tmp_path))
    assert set(json.loads(listed)) == {str(installed / "ansible_collections")}
