# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memory does not grow with the package."""

from __future__ import annotations

import io
import json
import tarfile
import tracemalloc
from pathlib import Path
from typing import Literal

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import MANIFEST

MIB = 1024 * 1024


class Nowhere:
    """Takes everything and keeps nothing."""

    def write(self, data: bytes) -> int:
        return len(data)


class Zeros(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def package_of(root: Path, kind: str, size: int) -> Path:
    """Write a package with one file of ``size`` zeros; in a directory it takes no room on the disk."""
    manifest = json.dumps(MANIFEST).encode()
    if kind == "directory":
        root.mkdir()
        (root / "package.json").write_bytes(manifest)
        (root / "index.js").touch()
        with (root / "model.bin").open("wb") as file:
            file.truncate(size)
        return root
    with tarfile.open(root, "w:gz", compresslevel=1) as tar:
        for name, content, length in [
            ("model.bin", Zeros(), size),
            ("index.js", io.BytesIO(), 0),
            ("package.json", io.BytesIO(manifest), len(manifest)),
        ]:
            info = tarfile.TarInfo(name)
            info.size = length
            tar.addfile(info, content)
    return root


def peak(source: Path, compare: Literal["content", "version"]) -> int:
    tracemalloc.start()
    try:
        write_package(read_package(str(source), compare=compare), Nowhere())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("compare", ["content", "version"])
@pytest.mark.parametrize("kind", ["directory", "archive"])
def test_memory_is_the_same_for_small_and_large(
    tmp_path: Path, kind: str, compare: Literal["content", "version"]
) -> None:
    small = peak(package_of(tmp_path / "small", kind, 8 * MIB), compare)
    large = peak(package_of(tmp_path / "large", kind, 32 * MIB), compare)
    assert large < small + MIB
    assert large < 6 * MIB
