# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory of archives, from which a package is taken by its digest."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.archives import archive_with_digest
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import MakeDirectory, refused


@pytest.fixture
def shelf(tmp_path: Path, make_directory: MakeDirectory) -> Path:
    """A directory with the archives of three versions, and with files that are not packages."""
    directory = tmp_path / "archives"
    directory.mkdir()
    for name in ("a", "b", "c"):
        package = read_package(str(make_directory({"data.txt": name}, name=name)))
        with (directory / f"{name}.tar.gz").open("wb") as file:
            write_package(package, file)
    (directory / "broken.tgz").write_bytes(b"no archive")
    (directory / "notes.txt").write_text("not looked at")
    (directory / "older.tar.gz").mkdir()
    return directory


@pytest.mark.parametrize("digits", [7, 12, 64])
@pytest.mark.parametrize("name", ["a", "c"])
def test_the_archive_with_the_digest_is_the_package(shelf: Path, tmp_path: Path, name: str, digits: int) -> None:
    wanted = read_package(str(tmp_path / name)).digest
    package = read_package(str(shelf), digest=wanted[:digits])
    assert (package.digest, package.source) == (wanted, str(shelf / f"{name}.tar.gz"))


def test_without_a_match_the_failure_says_which_archives_were_read(shelf: Path) -> None:
    said = refused(shelf, digest="0" * 12)
    assert "none of the 4 archives in it has the digest sha256:000000000000" in said
    assert "broken.tgz cannot be read as a package" in said
    assert "it holds archives: name one of them, or its digest" in refused(shelf)


def test_a_package_that_contains_archives_is_used_itself(shelf: Path, make_directory: MakeDirectory) -> None:
    package = make_directory({"data.tar.gz": (shelf / "a.tar.gz").read_bytes()}, name="own")
    assert read_package(str(package), digest="0" * 12).source == str(package)


def test_too_few_digits_are_refused_and_a_copy_is_not_another_package(tmp_path: Path) -> None:
    digests = {"one.tar.gz": f"{'a' * 7}1", "two.tar.gz": f"{'a' * 7}2", "zwei.tar.gz": f"{'a' * 7}2"}
    for name in digests:
        (tmp_path / name).touch()
    with pytest.raises(SthError) as caught:
        archive_with_digest(str(tmp_path), "a" * 7, lambda path: digests[Path(path).name])
    assert caught.value.code == "INVALID_OPTION"
    assert caught.value.message.startswith("2 packages in ")
    assert archive_with_digest(str(tmp_path), f"{'a' * 7}2", lambda path: digests[Path(path).name]).endswith(
        "two.tar.gz"
    )


def test_a_file_name_with_the_digest_avoids_reading_other_archives(tmp_path: Path) -> None:
    digest = "b" * 64
    for name in ("a.tar.gz", f"z-{digest[:12]}.tar.gz"):
        (tmp_path / name).touch()
    read: list[str] = []

    def digest_of(path: str) -> str:
        read.append(Path(path).name)
        return digest

    archive_with_digest(str(tmp_path), digest, digest_of)
    assert read == [f"z-{digest[:12]}.tar.gz"]
