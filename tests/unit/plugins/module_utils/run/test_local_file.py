# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
from pathlib import Path

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import (
    keep_left_over,
    keep_newest,
    replacing,
    require_writable,
)
from ansible_collections.scramjet.sth.tests.unit.running import bound_by_permissions


def test_a_written_file_replaces_the_previous_one(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("old")
    with replacing(str(path)) as file:
        file.write(b"new")
        # Nobody sees half of it.
        assert path.read_text() == "old"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["output"]


def fail_while_writing(path: Path) -> None:
    with replacing(str(path)) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_failure_keeps_the_previous_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        fail_while_writing(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["output"]


def leave_half(path: Path, data: bytes) -> Path:
    """Leave the file of a task that was killed while it wrote to ``path``, and return its name."""
    task = os.fork()
    if not task:
        with replacing(str(path)) as file:
            file.write(data)
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(task, 0)
    (left,) = (item for item in path.parent.iterdir() if item.name.startswith(".sth-"))
    return left


@pytest.mark.parametrize("data", [b"half", b""])
def test_a_temporary_file_of_a_killed_task_is_removed_by_the_next_task(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "output"
    leave_half(path, data)
    assert keep_left_over(str(tmp_path / "other")) is None
    with replacing(str(path)) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["output"]


@pytest.mark.parametrize("data", [b"half", b""])
def test_a_temporary_file_of_a_killed_task_can_be_kept(tmp_path: Path, data: bytes) -> None:
    path, part = tmp_path / "output", tmp_path / "output.partial"
    leave_half(path, data)
    assert keep_left_over(str(path)) == (str(part) if data else None)
    assert [item.read_bytes() for item in tmp_path.iterdir()] == ([data] if data else [])
    assert keep_left_over(str(path)) is None


def test_two_tasks_that_write_to_one_path_do_not_take_each_other_for_killed(tmp_path: Path) -> None:
    path = tmp_path / "output"
    with replacing(str(path)) as one:
        one.write(b"one")
        assert keep_left_over(str(path)) is None
        with replacing(str(path)) as other:
            other.write(b"other")
        assert path.read_bytes() == b"other"
    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["output"]


@pytest.mark.parametrize("others", ["a link", "a second name"])
def test_a_file_of_others_under_that_name_stays(tmp_path: Path, others: str) -> None:
    path, victim = tmp_path / "output", tmp_path / "victim"
    left = leave_half(path, b"half")
    left.rename(victim)
    if others == "a link":
        left.symlink_to(victim)
    else:
        os.link(victim, left)
    assert keep_left_over(str(path)) is None
    with replacing(str(path)) as file:
        file.write(b"new")
    assert (path.read_bytes(), victim.read_bytes()) == (b"new", b"half")
    assert sorted(tmp_path.iterdir()) == [left, path, victim]


def test_without_locks_it_is_written_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    path = tmp_path / "output"
    with replacing(str(path)) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["output"]


@pytest.mark.parametrize(("path", "word"), [(".", "is a directory"), ("gone/output", "does not exist")])
def test_an_impossible_path_is_refused_before_a_stream_is_read(tmp_path: Path, path: str, word: str) -> None:
    with pytest.raises(SthError, match=word) as raised:
        require_writable("output_dest", str(tmp_path / path))
    assert raised.value.code == "INVALID_OPTION"
    assert raised.value.message.startswith("output_dest ")


def test_a_directory_that_may_not_be_written_to(tmp_path: Path) -> None:
    require_writable("output_dest", str(tmp_path / "output"))
    tmp_path.chmod(0o555)
    with bound_by_permissions(), pytest.raises(SthError, match="cannot write to"):
        require_writable("output_dest", str(tmp_path / "output"))


def test_a_device_or_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(SthError, match=f"output_dest {path} is a device, a pipe") as refused:
            require_writable("output_dest", str(path))
        assert refused.value.code == "INVALID_OPTION"
        with pytest.raises(SthError, match=f"{path} is a device, a pipe") as refused, replacing(str(path)):
            pass
        assert refused.value.code == "LOCAL_ERROR"
        assert path.is_fifo()
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


def test_a_cache_keeps_its_newest_files_and_those_being_written(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old", "oldest", ".being-written")):
        path = tmp_path / name
        if name == "oldest":
            path.mkdir()
            (path / "inside").touch()
        else:
            path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    keep_newest(str(tmp_path), 2)
    assert sorted(os.listdir(tmp_path)) == [".being-written", "middle", "new"]
