# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example in docs/python-client.md runs."""

from __future__ import annotations

import inspect
import pathlib
import re

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.client import (
    HubClient,
    InstanceClient,
    SequenceClient,
    TopicClient,
)
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.slow
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


# They make the objects of the other rows, which name them.
MAKERS = {"sequence", "instance", "topic"}
# What the modules need besides: secrets that no failure may show, the next task on the same connections, and answers of other versions.
FOR_MODULES = {"abandon", "forget_version", "hide", "id_of", "renew", "require", "unsupported"}


@pytest.mark.parametrize("client", [HubClient, SequenceClient, InstanceClient, TopicClient])
def test_the_table_names_every_method(client: type[object]) -> None:
    page = (ROOT / "docs" / "python-client.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{client.__name__}` \|.*\| (.*) \|$", page, re.MULTILINE)
    methods = {name for name, _method in inspect.getmembers(client, inspect.isfunction) if not name.startswith("_")}
    assert set(re.findall(r"`(\w+)`", row)) == methods - MAKERS - FOR_MODULES
