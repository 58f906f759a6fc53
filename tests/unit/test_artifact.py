# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files in the built collection, and what the README says about them."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
# How `make quickstart` prints, and how `make docs` builds the site, is for the checkout.
OURS = ("playbooks/callback/", "docs/site/")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the files in the artifact."""
    place = tmp_path_factory.mktemp("artifact")
    galaxy = pathlib.Path(sys.executable).with_name("ansible-galaxy")
    command = [str(galaxy), "collection", "build", "--output-path", str(place), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as content:
        return {member.name for member in content if member.isfile()}


def test_the_artifact_has_the_collection_and_its_documentation(packed: set[str]) -> None:
    """Each of these files, and everything below these folders that git knows, is in it."""
    files = ["README.md", "CHANGELOG.md", "COPYING", "bindep.txt", "execution-environment.yml", "requirements.txt"]
    listed = subprocess.run(
        ["git", "ls-files", *files, "docs", "extensions", "meta", "playbooks", "plugins", "roles"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    wanted = {name for name in listed if (ROOT / name).is_file() and not name.startswith(OURS)}
    assert wanted <= packed


def test_tests_and_tools_are_not_in_the_artifact(packed: set[str]) -> None:
    """Tests are some megabytes, and cannot run from an installed collection."""
    assert {name for name in packed if name.startswith("tests/")} <= {
        "tests/config.yml",
        *(f"tests/sanity/{path.name}" for path in (ROOT / "tests" / "sanity").iterdir()),
    }
    assert not {"Makefile", "noxfile.py", "pyproject.toml"} & packed
    assert [name for name in packed if name.startswith(OURS)] == []


def test_every_file_that_a_page_in_it_links_to_is_in_it_too(packed: set[str]) -> None:
    """The artifact has the same pages as the repository."""
    linked = {
        os.path.normpath(os.path.join(os.path.dirname(page), target))
        for page in packed
        if page.endswith(".md") and (ROOT / page).is_file()
        for target in LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    }
    assert "docs/quickstart.md" in linked
    folders = {os.path.dirname(name) for name in packed}
    assert linked - packed - folders == set()
