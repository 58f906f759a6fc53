# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for package.json, and that a stamp replaces only the version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import split_version
from ansible_collections.scramjet.sth.plugins.module_utils.package.manifest import Manifest
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MANIFEST,
    MakeDirectory,
    refused,
)

HEX = "0123456789abcdef" * 4


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in MANIFEST.items() if name != key}


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"name": "a", "main": "index.js", "x": NaN}', "NaN"),
        (b'{"name": "a", "main": "index.js",}', "not valid JSON"),
        (b'{"name": "a", "main": "index.js"} x', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b"\xef\xbb\xbf" + json.dumps(MANIFEST).encode(), "byte-order mark"),
        (json.dumps(MANIFEST).encode("utf-16"), "byte-order mark"),
        (b'{"name": "\xff", "main": "index.js"}', "not UTF-8"),
        (b'{"name": "a", "main": "index.js", "x": "' + b"x" * 2**24 + b'"}', "larger than 16 MiB"),
        (b'{"name": "a", "main": "index.js", "main": 5}', "main that is not a string"),
        (without("main"), "has no main"),
        ({**MANIFEST, "main": 5}, "main that is not a string"),
        (without("name"), "has no name"),
        ({**MANIFEST, "name": ""}, "has no name"),
        ({**MANIFEST, "name": 5}, "name that is not a string"),
        ({**MANIFEST, "name": "\ud800"}, "surrogate"),
        ({**MANIFEST, "version": 1}, "version that is not a string"),
        ({**MANIFEST, "engines": "node"}, "engines that is not an object"),
        ({**MANIFEST, "engines": ""}, "engines that is not an object"),
        ({**MANIFEST, "engines": {"node": 14}}, "not a string"),
        ({**MANIFEST, "engines": [14]}, "not a string"),
        ({**MANIFEST, "engines": ["node >=14", "npm >=6"]}, "several engines (node >=14 and npm >=6)"),
        ({**MANIFEST, "engines": {"node": ">=14", "npm": ">=6"}}, "several engines (node and npm)"),
        ({**MANIFEST, "author": {"name": "me"}}, "an object as author"),
        ({**MANIFEST, "author": 1}, "author that is not a string"),
        ({**MANIFEST, "description": ["x"]}, "description that is not a string"),
        ({**MANIFEST, "keywords": "a,b"}, "keywords that is not a list"),
        ({**MANIFEST, "keywords": ["a", 1]}, "keywords that are not strings"),
        ({**MANIFEST, "repository": {"url": "x"}}, "repository"),
        ({**MANIFEST, "repository": 1}, "repository"),
        ({**MANIFEST, "repository": {"type": "git", "url": "x", "directory": 1}}, "repository"),
        ({**MANIFEST, "args": "x"}, "args that is not a list"),
        ({**MANIFEST, "args": {"x": 1}}, "args that is not a list"),
        ({**MANIFEST, "scramjet": {"config": {"ports": ["x"]}}}, "scramjet.config.ports"),
        ({**MANIFEST, "scramjet": {"config": {"ports": "8080/tcp"}}}, "scramjet.config.ports"),
        ({**MANIFEST, "scramjet": {"config": 1}}, "scramjet.config.ports"),
        ({**MANIFEST, "scramjet": 1}, "scramjet that is not an object"),
    ],
)
def test_manifests_that_a_hub_cannot_use_are_refused(make_directory: MakeDirectory, manifest: Any, said: str) -> None:
    message = refused(make_directory(manifest=manifest))
    assert "package.json" in message
    assert said in message


@pytest.mark.parametrize(
    "more",
    [
        {"engines": None, "version": None, "author": None, "scramjet": None},
        {"engines": {}},
        {"engines": []},
        {"args": ["x", 1, None, {"y": []}]},
        {"args": None},
        {"scramjet": []},
        {"scramjet": {"config": ["x"]}},
        {"repository": {"type": "git", "url": "https://example.org/a.git", "directory": None}},
        {"x": "x" * 2**21},
        {"author": "Me <me@example.org>", "description": "d", "keywords": ["a"], "repository": "github:a/b"},
        {"repository": {"type": "git", "url": "https://example.org/a.git", "directory": "x"}},
        {"scramjet": {"config": {"ports": ["8080/tcp", "53000/udp"]}, "other": 1}},
        {"name": "@scope/app", "bin": {"x": "y"}, "private": True},
    ],
)
def test_manifests_that_a_hub_accepts_are_accepted(make_directory: MakeDirectory, more: dict[str, Any]) -> None:
    package = read_package(str(make_directory(manifest={**MANIFEST, **more})))
    assert package.name == more.get("name", "wordcount")
    assert package.warnings == ()


def test_the_last_of_two_equal_keys_counts(make_directory: MakeDirectory) -> None:
    raw = b'{"name": "a", "version": "1", "main": "gone.js", "\\u0076ersion": "2", "name": "b", "main": "index.js"}'
    package = read_package(str(make_directory(manifest=raw)))
    assert (package.name, package.version) == ("b", "2")
    assert json.loads(package.manifest)["version"] == f"2+sha256.{package.digest}"
    assert read_package(str(make_directory(manifest=package.manifest, name="stamped"))).digest == package.digest


@pytest.mark.parametrize("raw", [b"{}", b'{"name": null}', b'{"name": ""}'])
def test_a_package_without_a_name_is_given_one(make_directory: MakeDirectory, raw: bytes) -> None:
    raw = json.dumps({**json.loads(raw), "main": "index.js"}).encode()
    source = make_directory(manifest=raw)
    package = read_package(str(source), name="given")
    assert package.name == "given"
    named = json.loads(package.manifest)
    assert named == {"name": "given", "main": "index.js", "version": f"0.0.0+sha256.{package.digest}"}
    # As it will be read again.
    (source / "package.json").write_bytes(package.manifest)
    assert read_package(str(source)).digest == package.digest
    assert read_package(str(source), name="other").name == "given"


def test_with_compare_version_no_name_is_added(make_directory: MakeDirectory) -> None:
    assert "the option name of sth_sequence" in refused(
        make_directory(manifest=without("name")), name="x", compare="version"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


RESERVED = {"name", "version", "main", "engines", "author", "description", "keywords", "repository", "scramjet"}


@given(
    st.dictionaries(st.text().filter(lambda key: key not in RESERVED), json_values, max_size=4),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
    st.integers(0, 9),
)
def test_stamping_changes_the_version_and_no_other_byte(
    more: dict[str, Any], version: str | None, indent: Any, ascii_only: bool, position: int
) -> None:
    members = [*more.items(), ("name", "a"), ("main", "index.js"), ("nested", {"version": "9.9.9"})]
    if version is not None:
        members.insert(position % len(members), ("version", version))
    try:
        raw = json.dumps(dict(members), indent=indent, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        raw = json.dumps(dict(members), indent=indent).encode()
    manifest = Manifest("src", raw)
    stamped = manifest.stamped(HEX)
    read_back = Manifest("src", stamped)
    assert read_back.version == json.loads(stamped)["version"]
    assert split_version(read_back.version)[1] == HEX
    assert {**json.loads(stamped), "version": version} == {"version": version, **json.loads(raw)}
    # What is digested is the same before and after.
    assert read_back.plain() == manifest.plain()
    assert read_back.stamped(HEX) == stamped
    literal = json.dumps(read_back.version).encode()
    assert stamped.count(literal) >= 1
    if version is None:
        assert stamped.replace(b'"version": ' + literal + b",", b"", 1) == raw
    else:
        before, _literal, after = stamped.partition(literal)
        assert raw.startswith(before)
        assert raw.endswith(after)
