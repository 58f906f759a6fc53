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
import shutil
import signal
import threading
import time

import pytest

from ansible_collections.scramjet.sth.tests.chaos.controller import KILLED, Controller
from ansible_collections.scramjet.sth.tests.chaos.operations import Operation, Options
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import (
    NEEDS_ITS_PATH,
    PACKAGES,
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
    assert len([item for item in hub.instances if item["status"] == "running"]) == 0
