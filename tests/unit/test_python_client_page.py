# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example in docs/python-client.md runs."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_example_runs(
    hub: FakeHub, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python-client.md").read_text(), re.DOTALL)
    with (tmp_path / "package.tar.gz").open("wb") as file:
        write_package(read_package(str(ROOT / "tests" / "integration" / "packages" / "probe")), file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STH_API_URL", hub.api_url)
    exec(compile(example[0], "python-client.md", "exec"), {})
    said = capsys.readouterr().out
    assert "answered hello" in said
    assert any(item.path.endswith("/_stop") for item in hub.requests)
