# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stamp in the version of a package."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import split_version, stamp_version

HEX = "0123456789abcdef" * 4
OTHER = "f" * 64
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


@pytest.mark.parametrize(
    ("author", "stamped"),
    [
        ("1.4.2", f"1.4.2+sha256.{HEX}"),
        ("1.4.2+b5", f"1.4.2+b5.sha256.{HEX}"),
        ("1.0.0-rc.1", f"1.0.0-rc.1+sha256.{HEX}"),
        ("latest", f"latest+sha256.{HEX}"),
        ("", f"0.0.0+sha256.{HEX}"),
    ],
)
def test_a_version_is_stamped_and_read_back(author: str, stamped: str) -> None:
    assert stamp_version(author, HEX) == stamped
    assert split_version(stamped) == (author, HEX)


@pytest.mark.parametrize(
    "version",
    [
        "1.4.2",
        "",
        "0.0.0",
        "1.4.2+b5",
        f"1.4.2+sha256.{HEX}0",
        f"1.4.2-sha256.{HEX}",
        f"1+sha256.{HEX[1:]}",
        f"1+sha256.{HEX}\n",
    ],
)
def test_a_version_without_a_stamp_stays_unchanged(version: str) -> None:
    assert split_version(version) == (version, None)


@pytest.mark.parametrize(
    "marked", [f"1.4.2+sha256.{OTHER}", f"1.4.2.sha256.{OTHER}", f"1.4.2+sha256.{HEX}.sha256.{OTHER}"]
)
def test_an_old_mark_is_recomputed(marked: str) -> None:
    assert split_version(marked) == ("1.4.2", OTHER)
    assert stamp_version(marked, HEX) == f"1.4.2+sha256.{HEX}"


@given(st.text(), digests, digests)
def test_stamping_again_replaces_the_mark_and_keeps_the_author_s_version(version: str, first: str, second: str) -> None:
    once = stamp_version(version, first)
    assert split_version(once)[1] == first
    assert stamp_version(once, second) == stamp_version(version, second)
    # A version that is a mark and nothing else, and 0.0.0, count as none.
    assert split_version(once)[0] == (split_version(version)[0] if split_version(version)[0] != "0.0.0" else "")
