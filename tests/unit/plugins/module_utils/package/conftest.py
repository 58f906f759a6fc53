# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages on disk to read: directories and archives."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MANIFEST,
    MakeArchive,
    MakeDirectory,
    Regzip,
)

# Stands for the manifest of a sound package.
SOUND = object()


@pytest.fixture
def make_directory(tmp_path: Path) -> MakeDirectory:
    """Write a package directory: ``files`` by path beside package.json (``manifest``, an object, or its bytes) and index.js."""

    def make(files: Mapping[str, str | bytes] | None = None, manifest: Any = SOUND, name: str = "src") -> Path:
        manifest = MANIFEST if manifest is SOUND else manifest
        root = tmp_path / name
        root.mkdir()
        contents = {"index.js": "module.exports = (input) => input;\n", **(files or {})}
        if manifest is not None:
            contents["package.json"] = manifest if isinstance(manifest, bytes) else json.dumps(manifest, indent=2)
        for path, content in contents.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return make


@pytest.fixture
def make_archive(tmp_path: Path) -> MakeArchive:
    """Write a ``.tar.gz`` with package.json, index.js and ``members``: (name or TarInfo, content) in order."""

    def make(
        *members: tuple[str | tarfile.TarInfo, bytes], manifest: Any = SOUND, format: int = tarfile.PAX_FORMAT
    ) -> Path:
        manifest = MANIFEST if manifest is SOUND else manifest
        path = tmp_path / "package.tar.gz"
        first = [("package.json", json.dumps(manifest).encode())] if manifest is not None else []
        with tarfile.open(path, "w:gz", format=format) as tar:
            for named, content in [*first, ("index.js", b"x\n"), *members]:
                info = tarfile.TarInfo(named) if isinstance(named, str) else named
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path

    return make


@pytest.fixture
def regzip(tmp_path: Path) -> Regzip:
    """Change the tar stream of an archive with a function, and compress it again."""

    def change(path: Path, how: Callable[[bytes], bytes]) -> Path:
        target = tmp_path / "changed.tar.gz"
        target.write_bytes(gzip.compress(how(gzip.decompress(path.read_bytes()))))
        return target

    return change
