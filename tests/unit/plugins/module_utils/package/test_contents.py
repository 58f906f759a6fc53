# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of a package, collected entry by entry."""

from __future__ import annotations

import hashlib
import io

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST_LIMIT, READ_SIZE, Contents
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import MakeDirectory


def test_npmrc_is_judged_by_its_content_which_is_never_shown(make_directory: MakeDirectory) -> None:
    plain = make_directory({".npmrc": "registry=https://registry.example.org/\nalways-auth=true\n"}, name="plain")
    assert read_package(str(plain)).warnings == ()
    secret = make_directory({"app/.npmrc": "//registry.example.org/:_authToken=s3cr3t\n"}, name="secret")
    (warning,) = read_package(str(secret)).warnings
    assert "app/.npmrc" in warning
    assert "s3cr3t" not in warning


@pytest.mark.parametrize("key", ["_auth", "_authToken", "_password"])
@pytest.mark.parametrize("sign", ["=", " = ", "\t="])
def test_npmrc_is_judged_whatever_space_is_around_the_sign(make_directory: MakeDirectory, key: str, sign: str) -> None:
    source = make_directory({".npmrc": f"//registry.example.org/:{key}{sign}s3cr3t\n"})
    (warning,) = read_package(str(source)).warnings
    assert ".npmrc" in warning


def test_a_file_is_digested_and_only_package_json_is_kept() -> None:
    contents = Contents("src")
    data = b"x" * (READ_SIZE + 1)
    contents.add_file("big.bin", False, io.BytesIO(data).read, offset=512)
    contents.add_file("package.json", True, io.BytesIO(b"{}").read)
    assert contents.entries["big.bin"] == Entry("big.bin", "f", hashlib.sha256(data).digest(), len(data), 512)
    assert contents.entries["package.json"].kind == "x"
    assert contents.manifest == b"{}"


def test_an_endless_package_json_is_read_only_up_to_a_limit() -> None:
    contents = Contents("src")
    contents.add_file("package.json", False, io.BytesIO(b" " * (MANIFEST_LIMIT + 3 * READ_SIZE)).read)
    assert contents.manifest is not None
    assert MANIFEST_LIMIT < len(contents.manifest) <= MANIFEST_LIMIT + READ_SIZE


def test_a_path_with_two_types_is_refused_and_a_file_may_occur_twice() -> None:
    contents = Contents("src")
    contents.add(Entry("a", "f", b"1"))
    contents.add(Entry("a", "x", b"2"))
    assert contents.entries["a"].payload == b"2"
    with pytest.raises(SthError, match="twice"):
        contents.add(Entry("a", "d"))


def settled(*entries: Entry) -> list[str]:
    contents = Contents("src")
    for entry in entries:
        contents.add(entry)
    contents.settle()
    return sorted(contents.entries)


def test_only_empty_directories_are_entries() -> None:
    assert settled(Entry("a", "d"), Entry("a/b", "d"), Entry("a/b/c", "f"), Entry("e", "d")) == ["a/b/c", "e"]


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        (Entry("file/x", "f"), "'file', which is not a directory"),
        (Entry("link/x/y", "f"), "'link', which is not a directory"),
        (Entry("bad", "l", b"../x"), "points outside the package"),
    ],
)
def test_conflicts_between_members_are_refused(entry: Entry, word: str) -> None:
    with pytest.raises(SthError, match=word) as raised:
        settled(Entry("file", "f"), Entry("link", "l", b"dir"), Entry("dir", "d"), entry)
    assert raised.value.code == "INVALID_PACKAGE"
