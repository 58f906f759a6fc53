# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on the machine where a task runs: its disk, its folders, its clock, and signals.

Also: test_packing.py (files that change while they are packed), test_local_file.py and test_apply.py (a disk that is full).
"""

from __future__ import annotations

import json
import pathlib
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.chaos.controller import KILLED, Controller, processes
from ansible_collections.scramjet.sth.tests.chaos.operations import Operation, Options
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import (
    NEEDS_ITS_PATH,
    PACKAGES,
    bound_by_permissions,
    run_task,
    small_disk,
    when_asked,
)

PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
ONE_HUB = pytest.mark.parametrize("hub", ["1.x"], indirect=True)


@pytest.fixture
def source(tmp_path: pathlib.Path) -> pathlib.Path:
    """A package with a file that does not compress."""
    path = pathlib.Path(shutil.copytree(PACKAGES / "probe", tmp_path / "source"))
    (path / "noise.bin").write_bytes(random.Random(17).randbytes(1_000_000))
    return path


@ONE_HUB
def test_a_full_disk_while_packing_is_named_and_nothing_is_sent(hub: FakeHub, source: pathlib.Path) -> None:
    with small_disk(200_000):
        result = run_task("sth_sequence", hub, src=str(source))
    assert result["error_code"] == "LOCAL_ERROR", result
    assert not result["changed"]
    assert not hub.sequences
    assert run_task("sth_sequence", hub, src=str(source))["changed"]


@ONE_HUB
def test_a_package_that_is_deleted_before_it_is_sent_is_not_uploaded(hub: FakeHub, source: pathlib.Path) -> None:
    # It was read before the first request, and is packed after the last look.
    hub.fault(Fault("reset", path="/version", then=lambda: shutil.rmtree(source)))
    result = run_task("sth_sequence", hub, src=str(source))
    assert result["error_code"] in ("INVALID_PACKAGE", "LOCAL_ERROR"), result
    assert str(source) in result["msg"]
    assert not hub.sequences


@ONE_HUB
def test_an_output_directory_that_is_deleted_fails_the_task_and_is_named(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    folder = tmp_path / "out"
    folder.mkdir()
    when_asked(hub, "/output", lambda: shutil.rmtree(folder))
    options: Options = {"app_config": {"behaviour": "complete", "seconds": 0.5}, "output_dest": str(folder / "result")}
    result = run_task("sth_instance", hub, name="job", sequence="probe", state="completed", **options)
    assert result["error_code"] == "LOCAL_ERROR", result
    assert str(folder / "result") in result["msg"]
    assert not folder.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="root is above permissions on other systems")
@ONE_HUB
@pytest.mark.parametrize("which", ["output", "stream", "package", "old package", "packed", "file", "folder", "source"])
def test_a_folder_or_file_without_permission_is_named_before_anything_is_changed(
    hub: FakeHub, source: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0)
    locked, inside = tmp_path / "locked", source / "sub" / "x.js"
    locked.mkdir()
    inside.parent.mkdir()
    inside.touch()
    (locked / "old").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(locked if which == "packed" else tmp_path))
    locked.chmod(0o555)
    {"file": inside, "folder": inside.parent, "source": source}.get(which, locked / "old").chmod(0)
    job: Options = {"name": "job", "sequence": "probe", "state": "completed", "output_dest": str(locked / "new")}
    read: Options = {"instance": "web", "stream": "log", "dest": str(locked / "new")}
    upload: Options = {"src": str(source), "keep_old": True}
    module, options, named = {
        "output": ("sth_instance", job, f"output_dest {locked}"),
        "stream": ("sth_stream", read, f"dest {locked}"),
        "package": ("sth_package", {"src": str(source), "dest": str(locked / "new")}, str(locked)),
        "old package": ("sth_package", {"src": str(source), "dest": str(locked / "old")}, str(locked)),
        "packed": ("sth_sequence", upload, str(locked)),
        "file": ("sth_sequence", upload, "'sub/x.js'"),
        "folder": ("sth_sequence", upload, "'sub/'"),
        "source": ("sth_sequence", upload, str(source)),
    }[which]
    before = len(hub.writes)
    with bound_by_permissions():
        result = run_task(module, hub, **options)
    source.chmod(0o755)
    inside.parent.chmod(0o755)
    assert result["error_code"] in ("INVALID_OPTION", "INVALID_PACKAGE", "LOCAL_ERROR"), result
    assert named in result["msg"]
    assert "permission" in result["msg"].lower()
    assert not result["changed"]
    assert len(hub.writes) == before
    assert [path.name for path in locked.iterdir()] == ["old"]


@ONE_HUB
def test_setting_the_clock_back_does_not_lengthen_a_wait(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0)
    now = time.time
    when_asked(hub, "/never", lambda: monkeypatch.setattr(time, "time", lambda: now() - 3600))
    begun = time.monotonic()
    result = run_task("sth_event", hub, instance="web", expect="never", wait_timeout=0.5)
    assert result["error_code"] == "TIMEOUT"
    assert time.monotonic() - begun < bound(3)
    assert time.time() < now() - 1000


def test_waits_are_measured_with_the_monotonic_clock() -> None:
    found = [
        f"{path.relative_to(PLUGINS)}: {line.strip()}"
        for path in PLUGINS.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\btime\.time\(|\btime\.localtime\(", line)
    ]
    assert found == []


def within(megabytes: int, pipe: Any, api_url: str, module: str, options: Options) -> None:
    """Run a task in a process that may use so much more memory than it uses at the beginning. Send its result."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    hub: Any = SimpleNamespace(api_url=api_url)
    try:
        result = run_task(module, hub, **options)
    except BaseException:
        pipe.send(traceback.format_exc(limit=-3))
    else:
        pipe.send({name: result.get(name) for name in ("error_code", "msg", "changed")})


@pytest.mark.skipif(not pathlib.Path("/proc/self/statm").exists(), reason="only Linux says so how much memory it uses")
@NEEDS_ITS_PATH
@ONE_HUB
# Not enough for a thread, and not enough for all forms of the output.
@pytest.mark.parametrize("megabytes", [4, 100])
def test_a_limit_of_memory_is_named_and_is_no_traceback(hub: FakeHub, megabytes: int) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    options: Options = {
        "name": "job",
        "sequence": "probe",
        "state": "completed",
        "app_config": {"behaviour": "flood", "bytes": 60_000_000},
        "collect_max_bytes": 10**9,
    }
    here, there = processes().Pipe(duplex=False)
    process = processes().Process(
        target=within, args=(megabytes, there, hub.api_url, "sth_instance", options), daemon=True
    )
    process.start()
    there.close()
    assert here.poll(bound(60))
    result = here.recv()
    process.join()
    assert isinstance(result, dict), result
    assert (result["error_code"], result["changed"]) == ("LOCAL_ERROR", True), result
    assert "memory" in result["msg"]


JOB = {"behaviour": "complete", "seconds": 0.6}


@NEEDS_ITS_PATH
@ONE_HUB
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["/sequences|/entities", "/start", "/output", "/_kill"])
def test_after_a_signal_at_any_moment_the_next_run_completes_the_work(
    hub: FakeHub, tmp_path: pathlib.Path, number: signal.Signals, moment: str
) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    result = tmp_path / "result"
    result.write_text("of an earlier run")
    options: Options = {
        "name": "job", "sequence": "probe", "state": "completed", "app_config": JOB, "output_dest": str(result), "wait_for_exit": False,
    }  # fmt: skip
    controller, struck = Controller(hub.api_url), threading.Event()

    def strike() -> None:
        struck.set()
        controller.kill(number)

    # The hub does what it is asked for, and does not answer any more.
    hub.fault(Fault("mute", path=moment, then=strike))
    ended = controller.run(Operation("run job", "sth_instance", options))
    assert struck.is_set()
    assert ended.code == KILLED, ended
    assert ended.seconds < bound(10)
    assert result.read_text() == "of an earlier run"
    if number == signal.SIGINT:
        assert [path.name for path in tmp_path.iterdir()] == ["result"]
    assert hub.runners <= 1
    again = run_task("sth_instance", hub, **options)
    assert not again.get("failed"), again
    assert json.loads(result.read_text() or "{}") or not again["changed"]
    # The next run has removed what the killed one had left, or has kept the output that it had read.
    kept = [path for path in tmp_path.iterdir() if path != result]
    assert [path.name for path in kept] in ([], ["result.partial"])
    assert all(json.loads(path.read_text())["result"] == "done" for path in kept)
    assert all(str(path) in " ".join(again["notes"]) for path in kept)
    assert len([item for item in hub.instances if item["status"] == "running"]) == 0
