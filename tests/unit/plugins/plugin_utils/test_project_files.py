# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths in playbooks of this collection belong to the project of the user who imports them."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import context
from ansible.parsing.dataloader import DataLoader

from ansible_collections.scramjet.sth.plugins.plugin_utils.project_files import (
    SHIPPED_PLAYBOOKS,
    importing_directories,
    project_directories,
    working_directory,
)

MAIN = """
- import_playbook: scramjet.sth.deploy
  vars: {a: 1}
- import_playbook: sub/more.yml
- hosts: all
  tasks: []
"""
MORE = "- ansible.builtin.import_playbook: scramjet.sth.deploy\n  vars: {a: 2}\n"


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A project whose playbook imports one of this collection from two directories, with other variables."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "main.yml").write_text(MAIN)
    (tmp_path / "sub" / "more.yml").write_text(MORE)
    monkeypatch.setattr(context, "CLIARGS", {"args": (str(tmp_path / "main.yml"),)})
    return tmp_path


def loader(directory: str = SHIPPED_PLAYBOOKS) -> DataLoader:
    found = DataLoader()
    found.set_basedir(directory)
    return found


def task(**variables: Any) -> Any:
    play = SimpleNamespace(get_path=lambda: f"{SHIPPED_PLAYBOOKS}/deploy.yml:5", vars=variables)
    return SimpleNamespace(get_play=lambda: play)


@pytest.mark.parametrize(("value", "directory"), [(1, "."), (2, "sub")])
def test_the_variables_of_an_import_identify_the_importing_directory(
    project: pathlib.Path, value: int, directory: str
) -> None:
    wanted = str(project / directory) if directory != "." else str(project)
    assert importing_directories(loader(), task(a=value, b=3)) == [wanted]
    assert project_directories(loader(), task(a=value))[0] == wanted
    assert working_directory(loader(), task(a=value)) == wanted


def test_a_play_of_a_user_keeps_its_own_directory(project: pathlib.Path) -> None:
    own = loader(str(project))
    assert importing_directories(own, task(a=1)) == []
    assert project_directories(own, task(a=1)) == []
    assert working_directory(own, task(a=1)) == str(project)


def test_a_playbook_that_is_run_by_its_name_is_in_the_current_directory(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(context, "CLIARGS", {"args": ("scramjet.sth.deploy",)})
    assert project_directories(loader(), task()) == [str(tmp_path)]
