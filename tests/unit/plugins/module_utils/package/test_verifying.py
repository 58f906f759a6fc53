# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A validated file that has changed since is not read any further."""

from __future__ import annotations

import io
import random

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.verifying import (
    CHECKED_PIECE,
    Checksums,
    VerifiedFile,
)

DATA = random.Random(1).randbytes(2 * CHECKED_PIECE + 1234)


class ChangedError(Exception):
    pass


def sums(data: bytes, step: int = 100_000) -> tuple[int, ...]:
    checksums = Checksums()
    for at in range(0, len(data), step):
        checksums.add(data[at : at + step])
    return checksums.result()


def given_out(file: VerifiedFile) -> bytes:
    return b"".join(iter(lambda: file.read(16_384), b""))


@pytest.mark.parametrize("size", [0, 1, CHECKED_PIECE - 1, CHECKED_PIECE, CHECKED_PIECE + 1, len(DATA)])
def test_an_unchanged_file_can_be_read_repeatedly(size: int) -> None:
    data = DATA[:size]
    with VerifiedFile(io.BytesIO(data), sums(data), ChangedError) as file:
        assert len(file) == size
        for _dummy in range(2):
            assert given_out(file) == data
            assert file.tell() == size
            file.seek(0)


def test_the_sums_do_not_depend_on_how_the_file_was_read() -> None:
    assert sums(DATA, 999) == sums(DATA, CHECKED_PIECE) == sums(DATA, len(DATA))


@pytest.mark.parametrize("at", [0, CHECKED_PIECE - 1, CHECKED_PIECE, len(DATA) - 1])
def test_a_file_with_a_changed_byte_is_refused(at: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= 1
    with VerifiedFile(io.BytesIO(changed), sums(DATA), ChangedError) as file:
        with pytest.raises(ChangedError):
            given_out(file)
        assert file.tell() == at // CHECKED_PIECE * CHECKED_PIECE


@pytest.mark.parametrize(
    "other", [DATA[:-1], DATA[:CHECKED_PIECE], b"", DATA + b"x"], ids=["cut", "piece", "empty", "grown"]
)
def test_a_file_of_another_length_is_refused(other: bytes) -> None:
    with VerifiedFile(io.BytesIO(other), sums(DATA), ChangedError) as file, pytest.raises(ChangedError):
        given_out(file)
