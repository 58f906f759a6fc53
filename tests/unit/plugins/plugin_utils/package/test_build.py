# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where packages are built, and which results are kept."""

from __future__ import annotations

import os
import pathlib
import threading

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.build import MOST_BUILDS, build, place_of_build


@pytest.fixture(autouse=True)
def _cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def source(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "shop"
    path.mkdir()
    (path / "index.js").write_text("one")
    return path


def built(source: pathlib.Path, command: str = "ls > listed") -> pathlib.Path:
    place = place_of_build(str(source), command)
    build(str(source), command, place, {}, ())
    return pathlib.Path(place)


def test_a_build_is_repeated_only_if_content_or_command_change(source: pathlib.Path) -> None:
    place = place_of_build(str(source), "make")
    os.utime(source / "index.js", (1, 1))
    for name in ("node_modules", ".git", "__pypackages__"):
        (source / name).mkdir()
        (source / name / "more").write_text("x")
    assert place_of_build(str(source), "make") == place
    assert place_of_build(str(source), "make all") != place
    (source / "index.js").chmod(0o755)
    assert place_of_build(str(source), "make") != place


def test_a_link_is_copied_as_one_and_counts(source: pathlib.Path) -> None:
    (source / "lib").mkdir()
    before = place_of_build(str(source), "make")
    (source / "linked").symlink_to("lib")
    assert place_of_build(str(source), "make") != before
    assert (built(source) / "linked").is_symlink()


def test_the_last_results_are_kept(source: pathlib.Path) -> None:
    places = []
    for number in range(MOST_BUILDS + 2):
        (source / "index.js").write_text(str(number))
        places.append(built(source))
        os.utime(places[-1].parent, (number, number))
    assert [place.exists() for place in places[2:]] == [True] * MOST_BUILDS
    assert not places[0].exists()


def test_two_tasks_build_once(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    command = f"echo x >> {tmp_path}/runs"
    threads = [threading.Thread(target=built, args=(source, command)) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "runs").read_text() == "x\n"


def test_a_failed_build_leaves_nothing(source: pathlib.Path) -> None:
    with pytest.raises(SthError, match="exit code 1") as failed:
        built(source, "echo token=hunter22; exit 1")
    assert failed.value.code == "BUILD_FAILED"
    assert "hunter22" not in failed.value.message
    kept = pathlib.Path(place_of_build(str(source), "echo token=hunter22; exit 1")).parent.parent
    assert [path.name for path in kept.iterdir()] == [".lock"]


def test_special_files_in_the_sources_are_refused(source: pathlib.Path) -> None:
    os.mkfifo(source / "pipe")
    with pytest.raises(SthError, match="pipe") as refused:
        place_of_build(str(source), "make")
    assert refused.value.code == "INVALID_PACKAGE"


def test_the_failure_of_a_build_shows_no_secret_of_the_task(source: pathlib.Path) -> None:
    """Also not a part of one, where the output is cut."""
    long, short = "hunter22" * 300, "s3cret-of-the-task"
    command = "echo $NPM_TOKEN; echo said $SAID; exit 1"
    place = place_of_build(str(source), command)
    with pytest.raises(SthError) as failed:
        build(str(source), command, place, {"NPM_TOKEN": long, "SAID": short}, {long, short})
    assert "hunter22" not in failed.value.message
    assert failed.value.message.endswith("said ********")


def test_the_command_does_not_get_the_secrets_for_a_hub(source: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "env > variables"
    place = place_of_build(str(source), command)
    monkeypatch.setenv("STH_URL_PASSWORD", "canary")
    build(str(source), command, place, {"STH_TOKEN": "canary", "STH_HEADERS": "{}", "NPM_TOKEN": "needed"}, ())
    variables = pathlib.Path(place, "variables").read_text()
    assert "NPM_TOKEN=needed" in variables
    assert "canary" not in variables
    assert "STH_HEADERS" not in variables
