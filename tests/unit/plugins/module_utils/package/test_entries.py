# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content digest of entries: fixed examples, and the targets of links."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import (
    Entry,
    ancestors,
    content_digest,
    resolve,
)


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


# Whoever changes one of these redeploys every fleet.
@pytest.mark.parametrize(
    ("entries", "digest"),
    [
        ([], "66a0f6125a00ca5abaf761236a5216c6d195ce204a4d81dd4b0f9ed3a5338c36"),
        ([Entry("index.js", "f", sha(b"x\n"), 2)], "386d43d549ac93352b8c9ada9b2880634022d3504a0be7dfe1614dd8a876de50"),
        (
            [
                Entry("bin/run", "x", sha(b"#!/bin/sh\n"), 10),
                Entry("empty", "d"),
                Entry("index.js", "f", sha(b"x\n"), 2),
                Entry("link", "l", b"bin/run"),
                Entry("\u00e9\U0001f600", "f", sha(b""), 0),
            ],
            "24cd6b2ea278b4373f686d5e48a7b736ac6aa74ef26f7bf5d6c22363242bad68",
        ),
    ],
)
def test_the_digest_of_a_sample_package_stays_the_same(entries: list[Entry], digest: str) -> None:
    assert content_digest(entries) == digest


@given(
    st.lists(st.builds(Entry, st.text("ab/", min_size=1), st.sampled_from("fxld"), st.binary(max_size=3)), max_size=4)
)
def test_the_order_of_entries_does_not_change_the_digest(entries: list[Entry]) -> None:
    assert content_digest(entries) == content_digest(reversed(entries))


texts = st.text("ab\0", max_size=3)


@given(st.tuples(texts, texts), st.tuples(texts, texts))
def test_different_packages_have_different_digests(one: tuple[str, str], other: tuple[str, str]) -> None:
    digests = [content_digest([Entry(path, "l", target.encode())]) for path, target in (one, other)]
    assert (digests[0] == digests[1]) == (one == other)


def test_parent_directories_are_listed_from_the_nearest() -> None:
    assert list(ancestors("a/b/c")) == ["a/b", "a"]
    assert list(ancestors("a")) == []


LINKS = {
    path: Entry(path, "l", target.encode())
    for path, target in {
        "up": "..", "lib/up": "..", "lib/to": "../dist/./app.js", "current": "lib", "loop": "loop/x", "ping": "pong",
        "pong": "ping", "root": "/etc", "out": "lib/../../x",
    }.items()
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("plain/file", "plain/file"),
        ("a/../b", "b"),
        ("lib/to", "dist/app.js"),
        ("current/to", "dist/app.js"),
        ("current/up/x", "x"),
        ("up", None),
        ("../x", None),
        ("loop", None),
        ("ping", None),
        ("root", None),
        ("root/passwd", None),
        ("out", None),
    ],
)
def test_a_path_is_followed_through_its_links_and_never_out_of_the_package(path: str, leads_to: str | None) -> None:
    assert resolve(LINKS, path) == leads_to
