# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files and directories that the role ``hub`` creates, and that it leaves correct ones alone."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
from typing import Any

from ansible_collections.scramjet.sth.tests.running.pace import bound

FILES = pathlib.Path(__file__).resolve().parents[3] / "roles" / "hub" / "files"
UID, GID = os.geteuid(), os.getegid()


def make(*entries: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Have these made by the calling account."""
    own = [{"user": UID, "group": str(GID), **entry} for entry in entries]
    command = [sys.executable, str(FILES / "make.py")]
    return subprocess.run(
        command, input=json.dumps(own), capture_output=True, text=True, timeout=bound(20), check=False
    )


def describe(path: pathlib.Path) -> str | None:
    """Return what the role observes of it."""
    spec = importlib.util.spec_from_file_location("observe", FILES / "observe.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    described: str | None = module.describe(str(path))
    return described


def test_created_files_are_observed_as_described(tmp_path: pathlib.Path) -> None:
    directory, file = tmp_path / "a" / "b", tmp_path / "a" / "b" / "settings.json"
    assert describe(directory) is None
    done = make(
        {"directories": [str(directory)], "mode": "0750"}, {"path": str(file), "mode": "0600", "text": '{"ä": 1}'}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert describe(directory) == f"0750 {UID}:{GID} {directory}"
    digest = hashlib.sha256('{"ä": 1}\n'.encode()).hexdigest()
    assert describe(file) == f"0600 {UID} {digest} {file}"
    assert directory.parent.stat().st_mode & 0o777 == 0o755


def test_changed_files_are_corrected_and_a_link_stays_a_link(tmp_path: pathlib.Path) -> None:
    directory, file, link = tmp_path / "d", tmp_path / "file", tmp_path / "link"
    directory.mkdir()
    directory.chmod(0o777)
    file.write_text("theirs")
    file.chmod(0o666)
    link.symlink_to(file)
    done = make({"directories": [str(directory)], "mode": "0755"}, {"path": str(link), "mode": "0644", "text": "ours"})
    assert done.returncode == 0, done.stderr
    assert directory.stat().st_mode & 0o777 == 0o755
    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("ours\n", 0o644)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "file", "link"]


def test_a_failure_is_one_sentence_without_the_content_of_the_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    beside_a_file = str(tmp_path / "file" / "settings.json")
    unknown = str(tmp_path / "other")
    for entry, says in (
        ({"path": beside_a_file}, f"{beside_a_file} could not be created ("),
        (
            {"path": unknown, "user": "no-such-account"},
            f"{unknown} could not be created (no such user: 'no-such-account'): correct the path, the account",
        ),
    ):
        done = make({"mode": "0600", "text": "hunter22", **entry})
        assert done.returncode == 1
        assert done.stderr.startswith(says)
        assert len(done.stderr.splitlines()) == 1
        assert "hunter22" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
