# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller keeps of uploaded packages, and how it compares two of them."""

from __future__ import annotations

import pathlib
import shutil

import pytest
from ansible import constants

from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.plugin_utils.package import uploads_file
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.uploads_file import (
    changed_files,
    keep_files,
    kept_files,
    note_upload,
)
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES


@pytest.fixture(autouse=True)
def _cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_kept_list_of_files_is_compared_with_the_package(tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(shutil.copytree(PACKAGES / "probe", tmp_path / "probe"))
    (source / "old.js").write_text("x")
    before = read_package(str(source))
    keep_files(before.ref, before.file_digests)
    (source / "old.js").unlink()
    (source / "new.js").write_text("x")
    (source / "index.js").chmod(0o755)
    kept = kept_files(before.ref)
    assert kept is not None
    after = read_package(str(source)).file_digests
    assert changed_files(kept, after) == {"changed": ["index.js"], "added": ["new.js"], "removed": ["old.js"]}
    assert changed_files(kept, kept) == {}


def test_without_a_kept_list_of_files_the_diff_names_none() -> None:
    for ref in ("probe@sha256:0123456789ab", "probe@1.0.0", "probe"):
        assert kept_files(ref) is None
        keep_files(ref, {"a": "f00"})
    assert kept_files("probe@sha256:0123456789ab") == {"a": "f00"}
    assert kept_files("probe@1.0.0") is None


def test_long_lists_are_cut() -> None:
    (added,) = changed_files({}, {f"{number:04}": "f" for number in range(uploads_file.MOST_NAMED + 5)}).values()
    assert added[-2:] == ["0019", "and 5 more"]


def test_the_number_of_kept_lists_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_file, "MOST_UPLOADS", 3)
    refs = [f"probe@sha256:{number:012x}" for number in range(5)]
    for ref in refs:
        keep_files(ref, {"a": "f00"})
    assert len([ref for ref in refs if kept_files(ref) is not None]) == 3
    assert kept_files(refs[-1]) is not None


def test_a_cache_directory_that_cannot_be_written_does_not_fail_the_task(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    keep_files("probe@sha256:0123456789ab", {"a": "f00"})
    assert kept_files("probe@sha256:0123456789ab") is None


def test_an_upload_that_cannot_be_noted_is_done_all_the_same(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "vanished"))
    result = {
        "actions": [{"action": "upload"}],
        "hub": {"api_url": "http://hub"},
        "sequence": {"ref": "probe@1.0.0", "name": "probe"},
        "removed": [],
    }
    assert note_upload("", "probe", result) is None
