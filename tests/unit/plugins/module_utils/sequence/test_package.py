# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sth_package validates a package, and writes its archive if it is not there yet."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import execute
from ansible_collections.scramjet.sth.plugins.modules.sth_package import TASK
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES


@pytest.fixture
def src(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGES / "probe", tmp_path / "probe"))


def run(src: Path, dest: Path | str | None = None, check: bool = False, **options: Any) -> dict[str, Any]:
    given = {"src": str(src), "dest": None if dest is None else str(dest), **options}
    validated = ArgumentSpecValidator(TASK.spec).validate(given)
    assert not validated.error_messages
    return execute(TASK, Run(validated.validated_parameters, check, Journal()))


def test_an_archive_is_predicted_then_written_then_unchanged(src: Path, tmp_path: Path) -> None:
    dest = tmp_path / "probe.tar.gz"
    check = run(src, dest, check=True)
    assert not dest.exists()
    real = run(src, dest)
    again, check_again = run(src, dest), run(src, dest, check=True)
    assert [item["changed"] for item in (check, real, again, check_again)] == [True, True, False, False]
    assert (check["diff"], check["package"]) == (real["diff"], real["package"])
    assert real["diff"]["before"]["sha256"] is None
    assert again["diff"]["before"] == again["diff"]["after"] == real["diff"]["after"]
    assert read_package(str(dest)).ref == real["package"]["ref"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["probe", "probe.tar.gz"]


def test_another_file_at_dest_is_replaced_and_reported(src: Path, tmp_path: Path) -> None:
    dest = tmp_path / "probe.tar.gz"
    run(src, dest)
    (src / "index.js").write_text("module.exports = (input) => input;\n")
    changed = run(src, dest)
    assert changed["changed"]
    assert "it is not the archive of" in changed["actions"][0]["reason"]
    assert read_package(str(dest)).digest == read_package(str(src)).digest


def test_without_dest_a_package_is_only_checked(src: Path, tmp_path: Path) -> None:
    result = run(src)
    assert (result["changed"], result["package"]["name"], result["package"]["path"]) == (False, "probe", None)
    (src / "package.json").unlink()
    assert run(src)["error_code"] == "INVALID_PACKAGE"


@pytest.mark.parametrize("check", [True, False])
def test_dest_inside_src_or_at_a_directory_is_refused(src: Path, check: bool) -> None:
    pipe = src.parent / "pipe"
    os.mkfifo(pipe)
    for dest in (src / "probe.tar.gz", src.parent, "", " ", pipe):
        assert run(src, dest, check)["error_code"] == "INVALID_OPTION"


def test_a_directory_that_an_earlier_task_would_make_is_assumed_in_check_mode(src: Path, tmp_path: Path) -> None:
    dest = tmp_path / "dist" / "probe.tar.gz"
    assert run(src, dest, check=True)["changed"]
    assert run(src, dest)["error_code"] == "INVALID_OPTION"
