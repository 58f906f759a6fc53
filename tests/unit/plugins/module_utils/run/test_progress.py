# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress of a long upload."""

from __future__ import annotations

import pathlib
import tempfile
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.run.progress import with_progress
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, run_task


class Clock:
    """A clock that each reading of a file moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 2.0
        return self.now


def test_bytes_and_rate_every_few_seconds(tmp_path: pathlib.Path) -> None:
    said: list[str] = []
    (tmp_path / "package").write_bytes(b"x" * 5_000_000)
    with (tmp_path / "package").open("rb") as file:
        watched = with_progress(file, said.append, 5.0, Clock().monotonic)
        while watched.read(1_000_000):
            pass
    assert said == ["2.0 of 5.0 MB sent, 0.33 MB/s", "5.0 of 5.0 MB sent, 0.42 MB/s"]


def test_a_quick_upload_shows_no_progress() -> None:
    said: list[str] = []
    with tempfile.TemporaryFile() as file:
        file.write(b"abc")
        file.seek(0)
        assert with_progress(file, said.append, 5.0).read() == b"abc"
    assert not said


@pytest.mark.parametrize("module", ["sth_sequence", "sth_deployment"])
def test_an_upload_shows_its_progress_and_arrives_completely(module: str, hub: FakeHub) -> None:
    said: list[str] = []
    options: dict[str, Any] = {"name": "web", "stable_for": 0.05} if module == "sth_deployment" else {}
    result = run_task(
        module, hub, tell=said.append, timings=replace(HASTY, progress=0.0), src=str(PACKAGES / "probe"), **options
    )
    assert not result.get("failed"), result
    assert any(line.endswith("MB/s") for line in said)
    # A length that is known: 0.18 needs none, but proxies may.
    (upload,) = [item for item in hub.writes if item.path.endswith("/sequence")]
    assert "content-length" in upload.headers
