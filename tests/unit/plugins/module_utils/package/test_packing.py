# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that are written: reproducible, stamped, can be unpacked, and hold only what was validated."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MANIFEST,
    MakeArchive,
    MakeDirectory,
)


def pack(package: Package, reproducible: bool = True) -> bytes:
    target = io.BytesIO()
    assert write_package(package, target, reproducible=reproducible) == hashlib.sha256(target.getvalue()).hexdigest()
    return target.getvalue()


def pack_to(package: Package, path: Path) -> Path:
    path.write_bytes(pack(package))
    return path


def rich(make_directory: MakeDirectory) -> Path:
    source = make_directory(
        {"lib/" + "n" * 120 + "/\u017c\u00f3\u0142w.js": "x", "bin/tool": "#!/bin/sh\n", "a.js": "a"}
    )
    (source / "bin/tool").chmod(0o755)
    (source / "bin/link").symlink_to("../" + "n" * 90 + "/" + "m" * 90)
    (source / "empty").mkdir()
    return source


def test_a_directory_packs_to_the_same_bytes_as_its_tarball(make_directory: MakeDirectory, tmp_path: Path) -> None:
    source = rich(make_directory)
    tarball = tmp_path / "other.tgz"
    subprocess.run(["tar", "--sort=none", "-czf", tarball, "-C", source, "."], check=True)
    packed = pack(read_package(str(source)))
    assert pack(read_package(str(tarball))) == packed
    os.utime(source / "a.js", (1, 1))
    assert pack(read_package(str(source))) == packed


def test_the_stamped_archive_is_the_same_package(make_directory: MakeDirectory, tmp_path: Path) -> None:
    package = read_package(str(rich(make_directory)))
    stamped = read_package(str(pack_to(package, tmp_path / "stamped.tgz")))
    for key in ("name", "version", "digest", "hub_version", "ref", "files", "size", "engine"):
        assert getattr(stamped, key) == getattr(package, key)
    assert package.hub_version == f"1.4.2+sha256.{package.digest}"
    assert package.ref == f"wordcount@sha256:{package.digest[:12]}"
    assert pack(stamped) == pack(package)


def test_a_stamped_archive_goes_to_a_hub_as_it_is(make_directory: MakeDirectory, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    package = read_package(str(rich(make_directory)))
    subprocess.run(["tar", "zxf", "-", "-C", unpacked], input=pack(package), check=True)
    other = tmp_path / "other.tgz"
    subprocess.run(["tar", "--sort=none", "-czf", other, "-C", unpacked, "."], check=True)
    stamped = read_package(str(other))
    assert stamped.digest == package.digest
    assert pack(stamped, reproducible=False) == other.read_bytes()
    assert pack(stamped) == pack(package)


@pytest.mark.parametrize("options", [["--sort=none"], ["--hard-dereference", "--sort=name"]])
def test_another_archive_is_stamped_in_its_own_order(
    make_directory: MakeDirectory, tmp_path: Path, options: list[str]
) -> None:
    source = rich(make_directory)
    # Packed once as the file and once as a link to it.
    os.link(source / "a.js", source / "same.js")
    archive = tmp_path / "other.tgz"
    subprocess.run(["tar", *options, "-czf", archive, "-C", source, "."], check=True)
    package = read_package(str(archive))
    (tmp_path / "stamped.tgz").write_bytes(pack(package, reproducible=False))
    stamped = read_package(str(tmp_path / "stamped.tgz"))
    assert stamped.digest == package.digest == read_package(str(source)).digest
    assert pack(stamped, reproducible=False) == (tmp_path / "stamped.tgz").read_bytes()
    assert stamped.hub_version == package.hub_version


def test_the_tar_of_a_hub_extracts_it(make_directory: MakeDirectory, tmp_path: Path) -> None:
    source = rich(make_directory)
    target = tmp_path / "sequence"
    target.mkdir()
    package = read_package(str(source))
    subprocess.run(["tar", "zxf", "-", "-C", target], input=pack(package), check=True)
    manifest = json.loads((target / "package.json").read_text())
    assert manifest == {**MANIFEST, "version": package.hub_version}
    (target / "package.json").write_bytes((source / "package.json").read_bytes())
    assert read_package(str(target)).entries == package.entries
    assert os.access(target / "bin/tool", os.X_OK)


def test_an_archive_contains_nothing_about_this_machine(make_directory: MakeDirectory) -> None:
    packed = pack(read_package(str(rich(make_directory))))
    # No time and no file name in the gzip header.
    assert packed[3:8] == bytes(5)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {(member.mtime, member.uid, member.gid, member.uname, member.gname) for member in members} == {
        (0, 0, 0, "", "")
    }
    assert {oct(member.mode) for member in members if member.isreg()} == {"0o644", "0o755"}


def test_a_package_without_version_gets_one(make_directory: MakeDirectory, tmp_path: Path) -> None:
    source = make_directory(manifest={"name": "a", "main": "index.js"})
    package = read_package(str(source))
    assert (package.version, package.hub_version) == ("", f"0.0.0+sha256.{package.digest}")
    stamped = read_package(str(pack_to(package, tmp_path / "stamped.tgz")))
    assert (stamped.version, stamped.hub_version) == (package.version, package.hub_version)


def test_compare_version_leaves_an_archive_byte_for_byte(make_archive: MakeArchive) -> None:
    archive = make_archive()
    package = read_package(str(archive), compare="version")
    assert pack(package, reproducible=False) == archive.read_bytes()
    assert (package.version, package.hub_version, package.ref) == ("1.4.2", "1.4.2", "wordcount@1.4.2")
    assert package.digest == read_package(str(archive)).digest


def test_compare_version_packs_a_directory_without_mark(make_directory: MakeDirectory) -> None:
    source = make_directory()
    package = read_package(str(source), compare="version")
    with tarfile.open(fileobj=io.BytesIO(pack(package))) as tar:
        manifest = tar.extractfile("package.json")
        assert manifest
        assert manifest.read() == (source / "package.json").read_bytes()


def test_with_compare_version_the_ref_is_the_one_that_the_hub_will_report(
    make_directory: MakeDirectory, tmp_path: Path
) -> None:
    stamped = read_package(str(make_directory()))
    package = read_package(str(pack_to(stamped, tmp_path / "stamped.tgz")), compare="version")
    assert (package.version, package.hub_version) == ("1.4.2", stamped.hub_version)
    bare = read_package(str(make_directory(manifest={"name": "a", "main": "index"}, name="bare")), compare="version")
    assert (bare.version, bare.hub_version, bare.ref) == ("", "", "a")


def rewrite(path: Path) -> None:
    path.write_text("y")


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"y")


def unlink(path: Path) -> None:
    path.unlink()


def relink(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("how", [rewrite, append, unlink, relink, pipe])
@pytest.mark.parametrize("name", ["a.js", "package.json"])
def test_a_directory_that_changes_is_not_packed(
    make_directory: MakeDirectory, how: Callable[[Path], None], name: str
) -> None:
    source = make_directory({"a.js": "x"})
    package = read_package(str(source))
    how(source / name)
    with pytest.raises(SthError, match=f"'{name}'") as caught:
        write_package(package, io.BytesIO())
    assert caught.value.code == "INVALID_PACKAGE"


def replace(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("other"))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def change_content(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"1.4.2", b"1.4.3")))


@pytest.mark.parametrize("reproducible", [True, False])
@pytest.mark.parametrize("compare", ["content", "version"])
@pytest.mark.parametrize("how", [rewrite, truncate, unlink, replace, change_content])
def test_an_archive_that_changes_is_not_sent(
    make_archive: MakeArchive, how: Callable[[Path], None], compare: str, reproducible: bool
) -> None:
    archive = make_archive()
    package = read_package(str(archive), compare=compare)  # type: ignore[arg-type]
    how(archive)
    with pytest.raises(SthError, match="changed while being packed") as caught:
        write_package(package, io.BytesIO(), reproducible=reproducible)
    assert caught.value.code == "INVALID_PACKAGE"


def test_a_failure_of_the_target_is_not_attributed_to_the_source(make_directory: MakeDirectory) -> None:
    class Full(io.RawIOBase):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_package(read_package(str(make_directory())), Full())


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda name: name not in (".", "..", "package.json", "index.js") and len(name.encode()) < 200
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(
    st.dictionaries(st.lists(names, min_size=1, max_size=3).map("/".join), st.binary(max_size=2000), max_size=5),
    st.randoms(),
)
def test_any_archive_survives_packing(tmp_path: Path, files: dict[str, bytes], random: object) -> None:
    members = {"index.js": b"", "package.json": json.dumps(MANIFEST).encode(), **files}
    # A file cannot lie below another.
    members = {
        path: content for path, content in members.items() if not any(path.startswith(f"{other}/") for other in members)
    }
    order = list(members)
    random.shuffle(order)  # type: ignore[attr-defined]
    source = tmp_path / "source.tgz"
    with tarfile.open(source, "w:gz") as tar:
        for path in order:
            info = tarfile.TarInfo(path)
            info.size = len(members[path])
            tar.addfile(info, io.BytesIO(members[path]))
    package = read_package(str(source), secret_files="ignore")
    with tarfile.open(fileobj=io.BytesIO(pack(package))) as tar:
        packed = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    assert packed.pop("package.json") == package.manifest
    members.pop("package.json")
    assert packed == members
