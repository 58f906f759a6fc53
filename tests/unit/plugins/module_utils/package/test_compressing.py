# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The compressor writes one gzip member that every program can read, and the same one on every machine."""

from __future__ import annotations

import gzip
import io
import os
import random
import subprocess

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.compressing import COMPRESSED_PIECE, GzipWriter

TEXT = b"".join(b"line %d of a program\n" % number for number in range(100_000))
NOISE = random.Random(1).randbytes(2 * COMPRESSED_PIECE + 7)


def compress(data: bytes, step: int = 1 << 16) -> bytes:
    target = io.BytesIO()
    with GzipWriter(target.write) as stream:
        for at in range(0, len(data), step):
            stream.write(data[at : at + step])
        assert stream.tell() == len(data)
    return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        bytes(COMPRESSED_PIECE),
        TEXT[: COMPRESSED_PIECE - 1],
        TEXT[:COMPRESSED_PIECE],
        TEXT[: COMPRESSED_PIECE + 1],
        TEXT + NOISE + TEXT,
    ],
    ids=["empty", "byte", "zeros", "less", "exact", "more", "mixed"],
)
def test_the_result_is_one_valid_gzip_member(data: bytes) -> None:
    packed = compress(data)
    assert gzip.decompress(packed) == data
    assert subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=True).stdout == data


def test_the_bytes_depend_neither_on_the_machine_nor_on_how_they_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    data = TEXT + NOISE
    packed = compress(data)
    assert compress(data, 999) == packed
    for processors in (1, 64, None):
        monkeypatch.setattr(os, "cpu_count", lambda count=processors: count)
        assert compress(data) == packed


def test_text_shrinks_as_with_gzip_and_noise_hardly_grows() -> None:
    assert len(compress(TEXT)) < 1.02 * len(gzip.compress(TEXT, 6))
    assert len(compress(NOISE)) < 1.001 * len(NOISE)
