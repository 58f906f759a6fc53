# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs every integration target of a module on simulated 1.0 hubs, some through both entrances."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.scramjet.sth.tests.integration.entrances import compare_entrances, compare_if_asked
from ansible_collections.scramjet.sth.tests.integration.playbooks import OF_MODULES, TARGETS

# The target of a single module runs through one entrance, except with `make matrix`: whole_play, task_keywords and
# test_same_through_both.py use every module through both. Targets that take long run in parts.
IN_PARTS = {
    "sth_sequence": [
        "sth_sequence:present+replace+in_use+overwrite+absent+compare_version",
        "sth_sequence:unusual_archives",
    ],
    "bad_input": ["bad_input:packages"],
    "sth_instance": [
        "sth_instance:started+pool",
        "sth_instance:completed+ended+failures",
        "sth_instance:no_answer+python",
    ],
}
BOTH_ENTRANCES = ["bad_input:options", "task_keywords", "whole_play"]
ONE_ENTRANCE = [part for name in OF_MODULES if name not in BOTH_ENTRANCES for part in IN_PARTS.get(name, [name])]


@pytest.mark.parametrize("target", BOTH_ENTRANCES)
def test_target(target: str, tmp_path: pathlib.Path) -> None:
    compare_entrances(target, tmp_path)


@pytest.mark.parametrize("target", ONE_ENTRANCE)
def test_target_through_one_entrance(target: str, tmp_path: pathlib.Path) -> None:
    compare_if_asked(target, tmp_path)


@pytest.mark.parametrize("name", IN_PARTS)
def test_every_part_of_each_target_is_run(name: str) -> None:
    text = (TARGETS / name / "tasks" / "main.yml").read_text(encoding="utf-8")
    every = re.findall(r"every_part: \[(.*)\]", text)
    run = [target.partition(":")[2] for target in (*BOTH_ENTRANCES, *ONE_ENTRANCE) if target.startswith(f"{name}:")]
    assert sorted("+".join(run).split("+")) == sorted(", ".join(every).split(", "))


def test_ansible_test_leaves_out_each_target() -> None:
    """It has no hub for them."""
    without = [path.name for path in TARGETS.iterdir() if not (path / "aliases").is_file()]
    assert without == [], "its file aliases must say unsupported, as in the other targets"
