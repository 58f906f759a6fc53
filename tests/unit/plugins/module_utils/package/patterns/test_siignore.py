# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ``.siignore`` leaves out what it does with ``si seq pack``, whose answers are in siignore.json.

They were measured with ``@scramjet/cli`` 0.26.1 from npm (minimatch 3.1.5, brace-expansion 1.1.22): for each
``.siignore`` the topmost names of ``tree`` that were not in the archive. ``a -> b`` is a link, ``a/`` an empty directory.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.directory import read_directory
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import ancestors
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import MakeDirectory, refused

MEASURED: dict[str, Any] = json.loads(Path(__file__).with_name("siignore.json").read_text())
Packed = Callable[["str | None"], "set[str]"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """Return a function from a ``.siignore``, None for no such file, to the names that are packed, directories included."""
    root = tmp_path_factory.mktemp("tree")
    for each in MEASURED["tree"]:
        name, _arrow, target = each.partition(" -> ")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        elif name.endswith("/"):
            path.mkdir()
        else:
            path.write_text("x")

    def pack(text: str | None) -> set[str]:
        ignore_file = root / ".siignore"
        if text is None:
            ignore_file.unlink(missing_ok=True)
        else:
            ignore_file.write_bytes(text.encode())
        contents = read_directory(str(root), [])
        contents.settle()
        return set(contents.entries).union(*map(ancestors, contents.entries))

    return pack


def topmost(names: set[str], kept: set[str]) -> list[str]:
    return sorted(name for name in names - kept if "/" not in name or posixpath.dirname(name) in kept)


@pytest.mark.parametrize("text", MEASURED["left_out"])
def test_files_that_si_leaves_out_are_left_out(packed: Packed, text: str) -> None:
    assert topmost(packed(""), packed(text)) == MEASURED["left_out"][text]


def test_without_a_siignore_all_is_packed(packed: Packed) -> None:
    assert packed("") - packed(None) == {".siignore"}
    assert {".env", ".hidden/.deep", "empty", "dangling"} < packed(None)


def test_the_digest_covers_exactly_the_packed_files(make_directory: MakeDirectory) -> None:
    one = make_directory({".siignore": "src\n", "node_modules/debug/src/index.js": "x", "src/a.ts": "1"}, name="one")
    two = make_directory({".siignore": "src\n", "node_modules/debug/src/index.js": "x"}, name="two")
    assert read_package(str(one)).digest == read_package(str(two)).digest
    assert "node_modules/debug/src/index.js" in [entry.path for entry in read_package(str(one)).entries]


@pytest.mark.parametrize("line", ["test/", "/test", "./test", "test # mine", "{test/,/test}", "a/../test"])
def test_a_line_of_siignore_without_effect_gives_a_warning(make_directory: MakeDirectory, line: str) -> None:
    source = make_directory({".siignore": f"# comment\n\n*.log\n{line}\r\n!!**/*.txt\n", "test/a": ""})
    (warning,) = read_package(str(source)).warnings
    assert f"these patterns of .siignore match nothing: {line!r}; as with si" in warning


def test_a_siignore_may_be_a_link(make_directory: MakeDirectory) -> None:
    source = make_directory({"lib/ignore": "*.log", "a.log": ""})
    (source / ".siignore").symlink_to("lib/ignore")
    assert "a.log" not in [entry.path for entry in read_package(str(source)).entries]
    (source / "lib/ignore").unlink()
    assert "a.log" in [entry.path for entry in read_package(str(source)).entries]


def test_a_siignore_that_is_not_a_file_is_refused(make_directory: MakeDirectory) -> None:
    source = make_directory()
    os.mkfifo(source / ".siignore")
    assert ".siignore is not a file" in refused(source)


@pytest.mark.slow
@pytest.mark.parametrize("line", ["{1..100000}", "{a,b}" * 20, "{" * 2000 + "a,b" + "}" * 2000, f"{{1..{'9' * 5000}}}"])
def test_braces_in_siignore_do_not_fill_the_memory(make_directory: MakeDirectory, line: str) -> None:
    assert "braces expand to more than 10000 names" in refused(make_directory({".siignore": line}))
