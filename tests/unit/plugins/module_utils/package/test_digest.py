# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content digest of packages: fixed examples, and that only the content counts, in a directory and in an archive."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MANIFEST,
    MakeArchive,
    MakeDirectory,
)

HEX = "0123456789abcdef" * 4


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def digest_of(source: Path) -> str:
    return read_package(str(source)).digest


def test_a_package_s_digest_is_frozen(make_directory: MakeDirectory) -> None:
    source = make_directory(
        {"lib/a.js": "a\n", "run.sh": "#!/bin/sh\n"}, b'{"name": "a", "version": "1.0.0", "main": "index"}\n'
    )
    (source / "run.sh").chmod(0o700)
    (source / "link").symlink_to("lib/a.js")
    (source / "empty").mkdir()
    assert digest_of(source) == "e3efc59c05f5e814755a5765e77cc48cd7f5162b3c47249a25be9d293b7a9a80"


def test_a_package_s_digest_without_version_is_frozen(make_directory: MakeDirectory) -> None:
    source = make_directory(manifest=b'{"name": "a", "main": "index"}\n')
    assert digest_of(source) == "a607fccc97445ae48b582078005af4ddab4d760f9a28390074c17b1eefb3676e"


def test_the_scheme_is_the_documented_one(make_directory: MakeDirectory) -> None:
    manifest = b'{"name": "a", "version": "1.0.0", "main": "index"}'
    source = make_directory({"run.sh": "r"}, manifest)
    (source / "run.sh").chmod(0o755)
    fields = [
        (b"index.js", b"f", sha((source / "index.js").read_bytes())),
        (b"package.json", b"f", sha(manifest)),
        (b"run.sh", b"x", sha(b"r")),
    ]
    framed = b"".join(len(field).to_bytes(8, "big") + field for entry in fields for field in entry)
    assert digest_of(source) == hashlib.sha256(b"scramjet.sth content digest 1\n" + framed).hexdigest()


TAR_OPTIONS = [
    ["--format=gnu"],
    ["--format=pax"],
    ["--format=ustar"],
    ["--sort=name", "--mtime=@0", "--owner=7:7"],
    ["-9"],
]


@pytest.mark.parametrize("options", TAR_OPTIONS, ids=" ".join)
def test_a_directory_and_its_tarballs_have_one_digest(
    make_directory: MakeDirectory, tmp_path: Path, options: list[str]
) -> None:
    source = make_directory({"lib/" + "n" * 90 + "/\u017c\u00f3\u0142w.js": "x", "a" * 99: "y", "bin/tool": "z"})
    (source / "bin/tool").chmod(0o755)
    os.link(source / "bin/tool", source / "bin/again")
    (source / "bin/link").symlink_to("../index.js")
    (source / "empty/inner").mkdir(parents=True)
    archive = tmp_path / "package.tgz"
    compress = ["-I", "gzip -9"] if options == ["-9"] else ["-z"]
    subprocess.run(
        ["tar", *compress, *(option for option in options if option != "-9"), "-cf", archive, "-C", source, "."],
        check=True,
    )
    assert digest_of(archive) == digest_of(source)


def test_members_of_directories_may_be_missing(make_directory: MakeDirectory, make_archive: MakeArchive) -> None:
    source = make_directory({"index.js": "x\n", "lib/a/b.js": "b"}, json.dumps(MANIFEST).encode())
    assert digest_of(make_archive(("lib/a/b.js", b"b"))) == digest_of(source)


def test_names_with_a_dot_and_slashes_are_the_same(make_archive: MakeArchive) -> None:
    plain = digest_of(make_archive(("lib/a.js", b"a")))
    assert digest_of(make_archive(("./lib//./a.js", b"a"))) == plain


def test_times_owners_and_other_modes_do_not_change_the_digest(make_directory: MakeDirectory) -> None:
    source = make_directory()
    before = digest_of(source)
    (source / "index.js").chmod(0o604)
    os.utime(source / "index.js", (1, 1))
    assert digest_of(source) == before


def test_all_other_differences_change_the_digest(make_directory: MakeDirectory) -> None:
    source = make_directory({"a": "1"})
    seen = [digest_of(source)]
    (source / "a").write_text("2")
    seen.append(digest_of(source))
    (source / "a").chmod(0o755)
    seen.append(digest_of(source))
    (source / "a").rename(source / "A")
    seen.append(digest_of(source))
    (source / "empty").mkdir()
    seen.append(digest_of(source))
    (source / "link").symlink_to("A")
    seen.append(digest_of(source))
    (source / "link").unlink()
    (source / "link").symlink_to("index.js")
    seen.append(digest_of(source))
    (source / "package.json").write_text(json.dumps({**MANIFEST, "version": "1.4.3"}))
    seen.append(digest_of(source))
    (source / "package.json").write_text(json.dumps({**MANIFEST, "version": "1.4.3"}) + "\n")
    seen.append(digest_of(source))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("version", [None, "", "0.0.0", "1.4.2", "1.4.2+b5", f"1.4.2+sha256.{HEX}", "1\\u002e4"])
def test_the_stamp_does_not_change_the_digest(make_directory: MakeDirectory, version: str | None) -> None:
    """However the version was written: with a mark of whatever digest, the package is the same."""
    line = "" if version is None else f'"version": "{version}", '
    package = read_package(str(make_directory(manifest=f'{{{line}"name": "a", "main": "index"}}'.encode())))
    again = make_directory(manifest=package.manifest, name="stamped")
    assert read_package(str(again)).digest == package.digest
    assert read_package(str(again)).hub_version == package.hub_version
    (again / "package.json").write_bytes(package.manifest.replace(package.digest.encode(), HEX.encode()))
    assert read_package(str(again)).digest == package.digest


def test_the_last_of_two_members_counts_as_when_extracted(make_archive: MakeArchive) -> None:
    once = digest_of(make_archive(("a", b"2")))
    assert digest_of(make_archive(("a", b"1"), ("a", b"2"))) == once


def test_hard_links_are_files(make_archive: MakeArchive) -> None:
    link = tarfile.TarInfo("b")
    link.type, link.linkname = tarfile.LNKTYPE, "./a"
    linked = make_archive(("a", b"1"), (link, b""), ("a", b"2"))
    assert digest_of(linked) == digest_of(make_archive(("a", b"2"), ("b", b"1")))
