# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile packages, drawn at random: each is refused, or it is harmless.

``make fuzz`` draws many more of them, and tries packages that take long.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import subprocess
import tarfile
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST_LIMIT
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import MANIFEST

VARIABLE = "STH_TEST_FUZZ"
EXAMPLES = int(os.environ.get(VARIABLE) or 60)
LARGE = pytest.mark.skipif(VARIABLE not in os.environ, reason=f"takes long: set {VARIABLE}, as make fuzz does")
MIB = 1024 * 1024
SAID = json.dumps(MANIFEST).encode()

WORDS = st.sampled_from(
    ["a", "b", "lib", "..", ".", "", "index.js", "package.json", "x" * 99, "y" * 300, "é", "\udce9", "\x00", "\n", "C:", "a" * 5000]
)  # fmt: skip
PATHS = st.builds(
    lambda root, words: root + "/".join(words), st.sampled_from(["", "/", "./", "//"]), st.lists(WORDS, max_size=4)
)
KINDS = st.sampled_from(
    [tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE,
     tarfile.FIFOTYPE, tarfile.CONTTYPE, b"S", b"L", b"K", b"g", b"x", b"V", b"M", b"D", b"?"]
)  # fmt: skip
PAX = st.dictionaries(
    st.sampled_from(["path", "linkpath", "size", "mtime", "uid", "GNU.sparse.map", "GNU.sparse.major", "GNU.sparse.realsize", "x"]),
    st.one_of(PATHS, st.integers(-1, 10**12).map(str), st.just("0,1,9999999999,5")),
    max_size=2,
)  # fmt: skip


@st.composite
def members(draw: st.DrawFn) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Draw the members of an archive. Most of them are of kinds that no packer writes."""
    found = []
    for path in draw(st.lists(PATHS, max_size=5)):
        info = tarfile.TarInfo(path)
        info.type = draw(KINDS)
        info.linkname = draw(PATHS)
        info.mode = draw(st.sampled_from([0, 0o644, 0o755, 0o4777]))
        info.pax_headers = draw(PAX)
        content = draw(st.binary(max_size=600))
        info.size = len(content)
        found.append((info, content))
    return found


def packed(path: Path, hostile: list[tuple[tarfile.TarInfo, bytes]], form: int, first: bool) -> None:
    """Write an archive with a sound manifest, before or after the hostile members."""
    sound: list[tuple[str | tarfile.TarInfo, bytes]] = [("package.json", SAID), ("index.js", b"x")]
    with tarfile.open(path, "w:gz", format=form, compresslevel=1, encoding="utf-8", errors="surrogateescape") as tar:
        for named, content in [*(sound if first else []), *hostile, *([] if first else sound)]:
            info = tarfile.TarInfo(named) if isinstance(named, str) else named
            info.size = len(content)
            try:
                tar.addfile(info, io.BytesIO(content))
            except (ValueError, UnicodeError):
                # What this format cannot hold.
                continue


def is_harmless(source: Path, root: Path, most_memory: int = 8 * MIB) -> bool:
    """Read a package. Return False if it is refused; else pack it, and extract it as a hub does, into ``root``.

    Nothing may be written outside of it, and no link may lead there.
    """
    began = time.monotonic()
    tracemalloc.start()
    try:
        package = read_package(str(source))
        into = root / "package.tar.gz"
        with into.open("wb") as file:
            write_package(package, file)
    except SthError as error:
        if error.code != "INVALID_PACKAGE":
            raise
        return False
    finally:
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert memory < most_memory
        assert time.monotonic() - began < bound(2)
    inside = root / "around" / "inside"
    inside.mkdir(parents=True)
    subprocess.run(["tar", "zxf", str(into), "-C", str(inside)], check=True, stderr=subprocess.DEVNULL)
    assert [path.name for path in (root / "around").iterdir()] == ["inside"]
    for path in everything(inside):
        assert path.is_symlink() or path.is_file() or path.is_dir(), path
        assert path.resolve().is_relative_to(inside.resolve()), path
    return True


def everything(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        yield from (Path(folder, name) for name in (*folders, *files))


@settings(max_examples=EXAMPLES, deadline=None)
@given(hostile=members(), form=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]), first=st.booleans())
@example(hostile=[], form=tarfile.PAX_FORMAT, first=True)
def test_an_archive_is_refused_or_harmless(
    hostile: list[tuple[tarfile.TarInfo, bytes]], form: int, first: bool
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "hostile.tar.gz")
        packed(source, hostile, form, first)
        harmless = is_harmless(source, Path(directory))
    assert harmless or hostile


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [*MANIFEST, "author", "description", "keywords", "repository", "dependencies", "config", "_sth", ""]
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    changed=st.dictionaries(KEYS, JSON, max_size=3),
    spoil=st.one_of(st.none(), st.tuples(st.integers(0, 200), st.binary(max_size=3))),
)
def test_a_manifest_is_refused_or_harmless(changed: dict[str, Any], spoil: tuple[int, bytes] | None) -> None:
    text = json.dumps({**MANIFEST, **changed}).encode()
    if spoil is not None:
        text = text[: spoil[0]] + spoil[1] + text[spoil[0] + len(spoil[1]) :]
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "source")
        source.mkdir()
        (source / "package.json").write_bytes(text)
        (source / "index.js").write_bytes(b"x")
        is_harmless(source, Path(directory))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    files=st.dictionaries(st.sampled_from(["a", "b", "lib/c", "lib/d/e", "z" * 200]), st.binary(max_size=50), max_size=4),
    links=st.dictionaries(
        st.sampled_from(["l", "lib/m", "n"]),
        st.sampled_from(["a", "..", "../..", "/", "/etc/passwd", "lib", "l", "lib/../..", "gone", ".", "../inside/a"]),
        max_size=3,
    ),
    ignored=st.text(alphabet="ab*!/[]{}()\\?.\n", max_size=20),
)  # fmt: skip
def test_a_directory_is_refused_or_harmless(files: dict[str, bytes], links: dict[str, str], ignored: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "source")
        source.mkdir()
        for name, content in {"package.json": SAID, "index.js": b"x", ".siignore": ignored.encode(), **files}.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
        for name, target in links.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).symlink_to(target)
        is_harmless(source, Path(directory))


def repeated(path: Path, block: bytes, times: int) -> Path:
    """Write a gzip file whose content is the same block again and again."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _turn in range(times):
            file.write(block)
    return path


def archive(path: Path, *entries: tuple[str, bytes, bytes]) -> Path:
    """Write an archive of (name, kind, content)."""
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, kind, content in entries:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_a_manifest_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    source = archive(
        tmp_path / "large.tar.gz",
        ("package.json", tarfile.REGTYPE, SAID[:-1] + b" " * 20 * MIB + b"}"),
        ("index.js", tarfile.REGTYPE, b""),
    )
    assert not is_harmless(source, tmp_path, 3 * MANIFEST_LIMIT)


def test_a_deeply_nested_manifest_is_refused(tmp_path: Path) -> None:
    deep = b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    source = archive(tmp_path / "deep.tar.gz", ("package.json", tarfile.REGTYPE, deep))
    assert not is_harmless(source, tmp_path)


# More parts than Python may call functions within each other; a longer path than a system call takes, of short and of long names.
@pytest.mark.slow
@pytest.mark.parametrize(("depth", "name", "fits"), [(1000, "d", True), (2200, "d", False), (30, "e" * 200, False)])
def test_a_deep_tree_is_packed_or_refused(depth: int, name: str, fits: bool, tmp_path: Path) -> None:
    source = tmp_path / "deep"
    source.mkdir()
    (source / "package.json").write_bytes(SAID)
    (source / "index.js").touch()
    inner = os.open(source, os.O_RDONLY)
    for _part in range(depth):
        os.mkdir(name, dir_fd=inner)
        outer, inner = inner, os.open(name, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(os.open("leaf.js", os.O_CREAT, dir_fd=inner))
    os.close(inner)
    began = time.monotonic()
    code = ""
    try:
        with (tmp_path / "packed.tar.gz").open("wb") as file:
            write_package(read_package(str(source)), file)
    except SthError as error:
        code = error.code
    finally:
        # pytest cannot remove it.
        subprocess.run(["rm", "-rf", source], check=True)
    assert code == ("" if fits else "INVALID_PACKAGE")
    assert time.monotonic() - began < bound(5)


def test_a_compression_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    # 64 MiB of zeros behind the end of the archive, in 64 KiB.
    assert not is_harmless(repeated(tmp_path / "bomb.tar.gz", bytes(MIB), 64), tmp_path)


@LARGE
def test_a_million_members_are_read_or_refused_in_bounds(tmp_path: Path) -> None:
    def entries() -> Iterator[tuple[str, bytes, bytes]]:
        yield "package.json", tarfile.REGTYPE, SAID
        yield "index.js", tarfile.REGTYPE, b""
        yield from ((f"d{number % 1000}/{number}", tarfile.REGTYPE, b"") for number in range(1_000_000))

    source = archive(tmp_path / "many.tar.gz", *entries())
    began = time.monotonic()
    package = read_package(str(source))
    assert package.files == 1_000_002
    assert time.monotonic() - began < bound(120)


@LARGE
def test_a_compression_bomb_of_ten_gigabytes_is_refused(tmp_path: Path) -> None:
    source = repeated(tmp_path / "bomb.tar.gz", bytes(MIB), 10_000)
    began = time.monotonic()
    with pytest.raises(SthError):
        read_package(str(source))
    assert time.monotonic() - began < bound(120)


@LARGE
def test_a_manifest_of_a_hundred_megabytes_is_refused(tmp_path: Path) -> None:
    large = SAID[:-1] + b" " * 100 * MIB + b"}"
    source = archive(tmp_path / "large.tar.gz", ("package.json", tarfile.REGTYPE, large))
    assert not is_harmless(source, tmp_path, 3 * MANIFEST_LIMIT)


@LARGE
def test_any_damage_to_an_archive_is_noticed_or_harmless(tmp_path: Path) -> None:
    source = archive(
        tmp_path / "sound.tar.gz", ("package.json", tarfile.REGTYPE, SAID), ("index.js", tarfile.REGTYPE, b"x" * 2000)
    )
    tar, rng = gzip.decompress(source.read_bytes()), random.Random(17)
    for turn in range(EXAMPLES):
        spoiled = bytearray(tar)
        for _change in range(rng.randint(1, 8)):
            spoiled[rng.randrange(1100)] = rng.randrange(256)
        (tmp_path / f"{turn}").mkdir()
        source.write_bytes(gzip.compress(bytes(spoiled), 1))
        is_harmless(source, tmp_path / f"{turn}")
