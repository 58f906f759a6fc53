# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a package must have: package.json at the root, a main file that hubs find, and no secrets."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MANIFEST,
    MakeDirectory,
    refused,
)


def test_a_package_without_package_json_is_refused(make_directory: MakeDirectory) -> None:
    assert "there is no package.json at its root; add one" in refused(make_directory(manifest=None))


def test_the_failure_names_a_package_json_in_a_subdirectory(make_directory: MakeDirectory) -> None:
    below = make_directory({"app/package.json": json.dumps(MANIFEST)}, manifest=None)
    assert "'app/package.json'" in refused(below)


def test_the_failure_says_that_a_pattern_leaves_package_json_out(make_directory: MakeDirectory) -> None:
    assert ".siignore or exclude leaves it out" in refused(make_directory({".siignore": "*.json"}))


def test_a_linked_package_json_is_refused(make_directory: MakeDirectory) -> None:
    source = make_directory({"meta.json": json.dumps(MANIFEST)}, manifest=None)
    (source / "package.json").symlink_to("meta.json")
    assert "package.json is a link" in refused(source)


@pytest.mark.parametrize(
    ("main", "file"),
    [
        ("index.js", "index.js"),
        ("./index.js", "index.js"),
        ("index", "index.js"),
        ("/index.js", "index.js"),
        ("lib/../dist/app.js", "dist/app.js"),
        ("linked/app.js", "dist/app.js"),
    ],
)
def test_a_main_that_the_runner_finds_is_accepted(make_directory: MakeDirectory, main: str, file: str) -> None:
    source = make_directory({file: "x"}, manifest={**MANIFEST, "main": main})
    (source / "linked").symlink_to("dist")
    assert read_package(str(source)).warnings == ()


# 0.18 never answers the start of such a package.
@pytest.mark.parametrize(
    "main", ["nope.js", "dist", "dist/", "", ".", "../src/index.js", "index.cjs", "out.js", "index.js/"]
)
def test_a_main_that_the_runner_does_not_find_is_refused(make_directory: MakeDirectory, main: str) -> None:
    source = make_directory({"dist/index.js": "", "index.cjs": ""}, manifest={**MANIFEST, "main": main})
    (source / "out.js").symlink_to("gone.js")
    assert f"the main file {main!r}" in refused(source)


def test_the_failure_says_that_a_pattern_leaves_main_out(make_directory: MakeDirectory) -> None:
    assert ".siignore or exclude leaves it out" in refused(make_directory({".siignore": "index.js"}))


def test_a_main_for_newer_hubs_gives_a_warning(make_directory: MakeDirectory) -> None:
    source = make_directory({"index.mjs": ""}, manifest={**MANIFEST, "main": "index.mjs"})
    assert "hubs from 2.0 on" in read_package(str(source)).warnings[0]


def test_python_runs_its_main_as_named(make_directory: MakeDirectory) -> None:
    manifest = {**MANIFEST, "engines": {"python3": ">=3.8"}, "main": "main.py"}
    assert read_package(str(make_directory({"main.py": ""}, manifest))).engine == "python3"
    assert "'main'" in refused(make_directory({"main.py": ""}, {**manifest, "main": "main"}, name="other"))


def test_an_unknown_engine_gives_a_warning(make_directory: MakeDirectory) -> None:
    package = read_package(str(make_directory(manifest={**MANIFEST, "engines": {"python": "3"}})))
    assert package.engine == "node"
    assert "do not know the engine 'python'" in package.warnings[0]


def test_dependencies_without_node_modules_give_a_warning(make_directory: MakeDirectory) -> None:
    manifest = {**MANIFEST, "dependencies": {"left-pad": "1"}}
    assert "no node_modules" in read_package(str(make_directory(manifest=manifest))).warnings[0]
    installed = make_directory({"node_modules/left-pad/index.js": ""}, manifest, name="installed")
    assert read_package(str(installed)).warnings == ()


@pytest.mark.parametrize("name", ["nope", "pipe", "dangling"])
def test_a_file_or_directory_that_is_not_a_package_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("gone")
    assert str(tmp_path / name) in refused(tmp_path / name)


def test_files_and_bytes_are_counted_without_our_mark(make_directory: MakeDirectory) -> None:
    source = make_directory({"lib/a": "12345", "lib/b": ""}, b'{"name": "a", "version": "1", "main": "index.js"}')
    (source / "link").symlink_to("lib/a")
    (source / "empty").mkdir()
    package = read_package(str(source))
    assert package.files == 4
    assert package.size == 5 + len("module.exports = (input) => input;\n") + 49
    (source / "package.json").write_bytes(package.manifest)
    assert read_package(str(source)).size == package.size


def test_a_list_of_engines_gives_a_warning(make_directory: MakeDirectory) -> None:
    package = read_package(str(make_directory(manifest={**MANIFEST, "engines": ["python3"]})))
    assert package.engine == "node"
    assert "engines is a list" in package.warnings[0]


def test_requirements_without_pypackages_give_a_warning(make_directory: MakeDirectory) -> None:
    manifest = {**MANIFEST, "engines": {"python3": ">=3.8"}, "main": "main.py"}
    files = {"main.py": "", "requirements.txt": "requests\n"}
    assert "no __pypackages__" in read_package(str(make_directory(files, manifest))).warnings[0]
    installed = make_directory({**files, "__pypackages__/requests/x.py": ""}, manifest, name="installed")
    assert read_package(str(installed)).warnings == ()
    assert read_package(str(make_directory({**files, "requirements.txt": ""}, manifest, name="empty"))).warnings == ()
    # Nobody asks for it where node runs the program.
    assert read_package(str(make_directory(files, name="node"))).warnings == ()
