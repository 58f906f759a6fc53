# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What GNU tar writes beside plain members: sparse files, incremental archives, labels. Hubs unpack and run all of it."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.sparse import PieceReader
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MakeArchive,
    MakeDirectory,
    refused,
)


def gnu_tar(source: Path, target: Path, *options: str) -> Path:
    version = subprocess.run(["tar", "--version"], capture_output=True, text=True, check=True).stdout
    if "GNU tar" not in version:
        pytest.skip("needs GNU tar to write what only GNU tar writes")
    subprocess.run(["tar", "czf", str(target), "-C", str(source), *options, "."], check=True)
    return target


SPARSE = [
    "--format=gnu",
    "--format=oldgnu",
    *(f"--format=posix --sparse-version={each}" for each in ("0.0", "0.1", "1.0")),
]


def with_holes(source: Path) -> None:
    """Write files with holes in front, between and behind, with more pieces than one header holds, and of nothing but holes."""
    (source / "lib").mkdir()
    pieces = {
        "lib/front": [(70_000, b"x" * 700)],
        "between": [(0, b"a"), (100_000, b"b" * 5000), (300_000, b"c")],
        "many": [(each * 20_000, b"m" * 100) for each in range(60)],
        "holes": [],
    }
    for name, parts in pieces.items():
        with open(source / name, "wb") as file:
            for offset, data in parts:
                file.seek(offset)
                file.write(data)
            file.truncate(1_300_000)


@pytest.mark.parametrize("options", SPARSE)
def test_sparse_files_are_read_with_their_gaps(make_directory: MakeDirectory, tmp_path: Path, options: str) -> None:
    source = make_directory()
    with_holes(source)
    plain = read_package(str(source))
    archive = gnu_tar(source, tmp_path / "sparse.tar.gz", "-S", *options.split())
    assert read_package(str(archive)).digest == plain.digest
    assert read_package(str(archive)).size == plain.size
    # If it is packed again, it is not sparse any more, and has the same digest.
    for reproducible in (False, True):
        with open(tmp_path / "packed.tar.gz", "wb") as file:
            write_package(read_package(str(archive)), file, reproducible=reproducible)
        assert read_package(str(tmp_path / "packed.tar.gz")).digest == plain.digest
        with tarfile.open(tmp_path / "packed.tar.gz") as packed:
            unpacked = packed.extractfile("between")
            assert unpacked
            assert unpacked.read() == (source / "between").read_bytes()
            assert not any(member.issparse() for member in packed)


@pytest.mark.parametrize(
    "options",
    [
        ["-V", "label"],
        ["--format=posix", "-V", "label"],
        ["-g", "snapshot"],
        ["--format=posix", "-g", "snapshot"],
        ["-g", "snapshot", "-S", "-V", "label"],
    ],
)
def test_labels_and_incremental_archives_are_read_like_others(
    make_directory: MakeDirectory, tmp_path: Path, options: list[str]
) -> None:
    source = make_directory({"lib/a.js": "a", "n" * 150: "long"})
    options = [str(tmp_path / each) if each == "snapshot" else each for each in options]
    archive = gnu_tar(source, tmp_path / "odd.tar.gz", *options)
    assert read_package(str(archive)).digest == read_package(str(source)).digest


@pytest.mark.parametrize("arcname", ["", "/", "."])
def test_a_member_for_the_root_directory_is_ignored(
    make_directory: MakeDirectory, tmp_path: Path, arcname: str
) -> None:
    source = make_directory({"lib/a.js": "a"})
    with tarfile.open(tmp_path / "root.tar.gz", "w:gz") as tar:
        tar.add(source, arcname=arcname)
    assert read_package(str(tmp_path / "root.tar.gz")).digest == read_package(str(source)).digest


def test_a_file_without_a_name_is_refused(make_archive: MakeArchive) -> None:
    assert "empty or not UTF-8" in refused(make_archive(("", b"x")))


def sparse_member(*numbers: int, size: int, stored: int, goes_on: bool = False) -> bytes:
    """A header of GNU tar for a sparse file with up to four pieces, and its content."""
    info = tarfile.TarInfo("data")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, stored
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    for at, number in enumerate(numbers):
        header[386 + 12 * at : 398 + 12 * at] = b"%011o\0" % number
    header[482] = goes_on
    header[483:495] = b"\x80" + size.to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"x" * stored + bytes(-stored % 512)


def pax_member(records: dict[str, str], content: bytes = b"x") -> bytes:
    info = tarfile.TarInfo("data")
    info.size, info.pax_headers = len(content), records
    return info.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % 512)


MANY = "".join(f"{each},1," for each in range(0, 50_000, 2))


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (sparse_member(0, 1, 5 * 1024**3, 0, size=5 * 1024**3, stored=1), "leave out more than 4 GiB"),
        (sparse_member(2**32 + 1, 1, size=2**32 + 2, stored=1), "leave out more than 4 GiB"),
        (sparse_member(0, 2, size=10, stored=1), "list of pieces of a sparse file is damaged"),
        (sparse_member(0, 1, size=10, stored=1), "list of pieces of a sparse file is damaged"),
        (sparse_member(0, 1, size=0, stored=1), "list of pieces of a sparse file is damaged"),
        (sparse_member(8, 1, 2, 1, size=10, stored=2), "list of pieces of a sparse file is damaged"),
        (sparse_member(0, 1, size=10, stored=1, goes_on=True), "list of pieces of a sparse file is damaged"),
        (
            pax_member({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "other"}, bytes(512)),
            "list of pieces of a sparse file is damaged",
        ),
        (pax_member({"GNU.sparse.size": "10"}), "list of pieces of a sparse file is damaged"),
        (pax_member({"GNU.sparse.offset": "0", "GNU.sparse.size": "10"}), "list of pieces of a sparse file is damaged"),
        (
            pax_member({"GNU.sparse.map": "0,1", "GNU.sparse.numblocks": "2", "GNU.sparse.size": "9"}),
            "list of pieces of a sparse file is damaged",
        ),
        (
            pax_member({"GNU.sparse.map": MANY[:-1], "GNU.sparse.numblocks": "25000", "GNU.sparse.size": "60000"}),
            "more than 20000 pieces",
        ),
        (
            pax_member({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}, b"999999\n"),
            "list of pieces of a sparse file is damaged",
        ),
        (
            pax_member(
                {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"},
                b"999999\n".ljust(512, b"0"),
            ),
            "more than 20000 pieces",
        ),
        (
            pax_member({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}, b"1" * 512 * 50),
            "list of pieces of a sparse file is damaged",
        ),
        (pax_member({"GNU.sparse.major": "2", "GNU.sparse.minor": "0"}), "unknown format version"),
    ],
)
def test_harmful_lists_of_sparse_pieces_are_refused(
    make_archive: MakeArchive, tmp_path: Path, member: bytes, said: str
) -> None:
    tar = gzip.decompress(make_archive().read_bytes())
    archive = tmp_path / "sparse.tar.gz"
    archive.write_bytes(gzip.compress(member + tar))
    assert said in refused(archive)


def test_a_list_without_end_is_not_read_into_memory(make_archive: MakeArchive, tmp_path: Path) -> None:
    block = b"".join(b"%011o\0%011o\0" % (2 * each, 1) for each in range(21)) + b"\1" + bytes(7)
    archive = tmp_path / "sparse.tar.gz"
    archive.write_bytes(gzip.compress(sparse_member(0, 1, size=10, stored=0, goes_on=True) + block * 2000))
    assert "more than 20000 pieces" in refused(archive)


def test_many_lists_are_not_kept_in_memory(make_archive: MakeArchive, tmp_path: Path) -> None:
    numbers = ",".join(f"{2 * each},1" for each in range(19_999)) + ",40000,0"
    said = {"GNU.sparse.map": numbers, "GNU.sparse.numblocks": "20000", "GNU.sparse.size": "40000"}
    archive = tmp_path / "sparse.tar.gz"
    archive.write_bytes(
        gzip.compress(pax_member(said, b"x" * 19_999) * 6 + gzip.decompress(make_archive().read_bytes()))
    )
    assert "more than 100000 pieces in all" in refused(archive)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), max_size=5), st.integers(0, 5), st.integers(1, 7))
def test_a_sparse_file_is_read_in_pieces_of_any_size(parts: list[tuple[int, int]], behind: int, most: int) -> None:
    pieces, whole = [], b""
    for gap, length in parts:
        whole += bytes(gap)
        pieces.append((len(whole), length))
        whole += b"x" * length
    whole += bytes(behind)
    stored = io.BytesIO(whole.replace(b"\0", b""))
    reader = PieceReader(stored.read, tuple(pieces), len(whole))
    assert b"".join(iter(lambda: reader.read(most), b"")) == whole
