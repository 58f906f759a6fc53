# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that are read from a package directory."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MakeDirectory,
    refused,
)


def packed(source: Path, *exclude: str) -> list[str]:
    """Return the paths in the package, package.json and index.js aside."""
    package = read_package(str(source), exclude=exclude, secret_files="ignore")
    return [entry.path for entry in package.entries if entry.path not in ("package.json", "index.js")]


def test_version_control_and_caches_are_left_out(make_directory: MakeDirectory) -> None:
    kept = ["lib/git", "node_modules/x/index.js", "pycache.txt"]
    left_out = [
        ".git/config",
        "lib/.git/config",
        "sub/.git",
        ".hg/x",
        ".svn/x",
        "node_modules/.cache/x",
        "packages/a/node_modules/.cache/x",
        "lib/__pycache__/a.pyc",
        ".pytest_cache/x",
        ".mypy_cache/x",
        ".ruff_cache/x",
        ".nyc_output/x",
        ".DS_Store",
        "lib/Thumbs.db",
    ]
    assert packed(make_directory(dict.fromkeys([*kept, *left_out], ""))) == [
        "lib/git",
        "node_modules/x/index.js",
        # Nothing of them is left, but they were there.
        "packages/a/node_modules",
        "pycache.txt",
        "sub",
    ]


def test_siignore_applies_before_exclude(make_directory: MakeDirectory) -> None:
    source = make_directory(
        {
            ".siignore": b"\xef\xbb\xbf# tests\r\ntest\r\na.*\r\n",
            "test/a": "",
            "a.log": "",
            "keep.log": "",
            "b": "",
        }
    )
    assert packed(source) == [".siignore", "b", "keep.log"]
    assert packed(source, "keep.*", "!a.log", ".siignore") == ["a.log", "b"]


def test_a_pattern_can_include_files_that_are_ignored_by_default(make_directory: MakeDirectory) -> None:
    assert packed(make_directory({".DS_Store": "", "x/.git/config": ""}), "!.DS_Store", "!.git") == [
        ".DS_Store",
        "x/.git/config",
    ]


def test_a_siignore_that_is_not_text_is_refused(make_directory: MakeDirectory) -> None:
    assert ".siignore is not UTF-8" in refused(make_directory({".siignore": b"\xff"}))


def test_nothing_below_an_ignored_directory_is_looked_at(make_directory: MakeDirectory) -> None:
    source = make_directory({"data/x": ""})
    os.mkfifo(source / "data" / "pipe")
    assert packed(source, "data/") == []


def test_links_within_the_package_are_kept(make_directory: MakeDirectory) -> None:
    source = make_directory({"lib/a.js": "", "node_modules/x/cli.js": "", "node_modules/.bin/y": ""})
    (source / "node_modules/.bin/x").symlink_to("../x/cli.js")
    (source / "modules").symlink_to("node_modules")
    (source / "dangling").symlink_to("lib/gone")
    assert packed(source) == [
        "dangling",
        "lib/a.js",
        "modules",
        "node_modules/.bin/x",
        "node_modules/.bin/y",
        "node_modules/x/cli.js",
    ]


@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "../outside", "lib/../../outside", "up/../../src/index.js", "link", "loop/x", "deep/../../.."],
)
def test_links_that_leave_the_package_are_refused(make_directory: MakeDirectory, target: str) -> None:
    source = make_directory({"lib/inner/a.js": ""})
    (source / "deep").symlink_to("lib/inner")
    (source / "loop").symlink_to("loop")
    (source / "link").symlink_to(target)
    (source / "loop").unlink() if not target.startswith("loop") else None
    assert "points outside the package or to itself" in refused(source)


def test_links_to_outside_the_source_are_never_followed(make_directory: MakeDirectory, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("s3cr3t")
    source = make_directory()
    (source / "data").symlink_to(tmp_path / "outside")
    assert "'data'" in refused(source)
    assert packed(source, "data") == []


def test_a_link_as_src_is_followed(make_directory: MakeDirectory, tmp_path: Path) -> None:
    source = make_directory()
    (tmp_path / "current").symlink_to(source)
    assert read_package(str(tmp_path / "current")).digest == read_package(str(source)).digest


def test_pipes_and_sockets_are_refused(make_directory: MakeDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_directory()
    os.mkfifo(source / "pipe")
    assert "'pipe' is a socket, pipe or device" in refused(source)
    (source / "pipe").unlink()
    # A socket's path may not be long.
    monkeypatch.chdir(source)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        assert "'sock' is a socket, pipe or device" in refused(source)


def test_names_that_are_not_utf_8_are_refused_unless_left_out(make_directory: MakeDirectory) -> None:
    source = make_directory()
    (Path(os.fsdecode(os.fsencode(source) + b"/caf\xe9.txt"))).write_text("")
    assert "is not UTF-8" in refused(source)
    assert packed(source, "caf*") == []


def test_files_that_cannot_be_opened_are_refused(
    make_directory: MakeDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_directory({"locked": "x"})
    if os.geteuid():
        (source / "locked").chmod(0)
    else:
        # Nothing is locked for root; a file that is gone when its turn comes fails in the same place.
        opened = os.open

        def vanish(path: bytes, flags: int) -> int:
            (source / "locked").unlink(missing_ok=True)
            return opened(path, flags)

        monkeypatch.setattr(os, "open", vanish)
    assert "'locked' cannot be read" in refused(source)
