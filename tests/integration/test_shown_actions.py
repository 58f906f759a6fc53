# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `-v` shows, and the warnings of tasks, through both entrances."""

from __future__ import annotations

import pathlib
import shutil
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import through_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
STARTS = {"name": "web", "count": 2, "sequence": "probe", "stable_for": 0}
DEPLOYS = {"name": "shop", "sequence": "probe", "replicas": 2, "stable_for": 0}
LINES = [f"start instance {name} from probe@sha256:" for name in ("web-0", "web-1", "shop-0", "shop-1")]


# Check mode and the entrance of a task are independent. So not all combinations run here; `make matrix` runs all.
in_turn = pytest.mark.parametrize(
    ("entrance", "check"),
    [("in_process", True), ("module", False), *([("in_process", False), ("module", True)] if EVERYTHING else [])],
)


@in_turn
def test_each_action_is_shown(entrance: str, check: bool, tmp_path: pathlib.Path) -> None:
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}, "check_mode": False, "no_log": True},
        {"scramjet.sth.sth_instance": STARTS},
        {"scramjet.sth.sth_deployment": DEPLOYS},
        {"scramjet.sth.sth_instance": {**STARTS, "name": "silent"}, "no_log": True},
    ]
    with FakeHub(generation="1.x") as hub:
        variables = {"sth_api_url": hub.api_url, "sth_entrance": entrance}
        options = ["-v", *(["--check"] if check else [])]
        output = run_playbook(play(tmp_path / "told.yml", {"tasks": tasks}), variables, *options)
    told = [line for line in output.splitlines() if "start instance" in line and '"' not in line]
    assert len(told) == len(LINES), told
    for line, begin in zip(sorted(told), sorted(LINES)):
        assert begin in line
    assert "upload sequence" not in output
    assert "silent" not in output


@through_entrances
def test_a_warning_is_in_the_result_and_on_the_screen(entrance: str, tmp_path: pathlib.Path) -> None:
    package = pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))
    (package / ".env").write_text("TOKEN=x\n")
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": str(package)}, "register": "deployed"},
        {"ansible.builtin.assert": {"that": ["deployed.warnings | length == 1", "'.env' in deployed.warnings[0]"]}},
        {"scramjet.sth.sth_sequence": {"src": str(package)}, "no_log": True},
    ]
    with FakeHub(generation="1.x") as hub:
        variables = {"sth_api_url": hub.api_url, "sth_entrance": entrance}
        output = run_playbook(play(tmp_path / "warned.yml", {"tasks": tasks}), variables, warned=True)
    assert output.count(".env") == 1, output


@in_turn
def test_two_packages_with_one_name_in_a_play_give_a_warning(
    entrance: str, check: bool, tmp_path: pathlib.Path
) -> None:
    packages = [str(shutil.copytree(PROBE, tmp_path / name)) for name in ("one", "two")]
    (tmp_path / "two" / "more").write_text("x")
    deploys = [{"scramjet.sth.sth_sequence": {"src": package}} for package in packages]
    changes = {"ansible.builtin.copy": {"dest": f"{tmp_path}/two/more", "content": "y"}, "check_mode": False}
    keeps = [{"scramjet.sth.sth_sequence": {"src": package, "keep_old": True}} for package in packages]
    with FakeHub(generation="1.x") as hub:
        variables = {"sth_api_url": hub.api_url, "sth_entrance": entrance}
        options = ["--check"] if check else []
        once = play(tmp_path / "once.yml", {"tasks": [*deploys, changes, deploys[1]]})
        output = " ".join(run_playbook(once, variables, *options, warned=True).split())
        assert output.count("replaced probe@sha256:") == 1, output
        assert f"uploaded from {packages[0]}: both are named 'probe'" in output
        # With keep_old, both packages stay, so none is replaced.
        run_playbook(play(tmp_path / "both.yml", {"tasks": keeps}), variables, *options)


# A remote target runs the module too.
@pytest.mark.parametrize("entrance", ["in_process", "remote", *(["module"] if EVERYTHING else [])])
def test_the_diff_names_the_files_of_a_package_that_differ(entrance: str, tmp_path: pathlib.Path) -> None:
    names = ("deployed", "stored", "overwritten")
    packages = {name: pathlib.Path(shutil.copytree(PROBE, tmp_path / name)) for name in names}
    for name, package in packages.items():
        manifest = (package / "package.json").read_text().replace('"probe"', f'"{name}"')
        (package / "package.json").write_text(manifest)
    deploys: list[dict[str, Any]] = [
        {"scramjet.sth.sth_deployment": {"name": "shop", "src": str(packages["deployed"]), "stable_for": 0}},
        {"scramjet.sth.sth_sequence": {"src": str(packages["stored"])}},
        {"scramjet.sth.sth_sequence": {"src": str(packages["overwritten"]), "on_change": "overwrite"}},
    ]
    changes = [
        {"ansible.builtin.shell": {"cmd": f"echo '// new' | tee -a {package}/index.js > {package}/new.js"}}
        for package in packages.values()
    ]
    checks: list[dict[str, Any]] = []
    for name, task in zip(names, deploys):
        checks += [
            {**task, "diff": True, "check_mode": True, "register": "predicted"},
            {**task, "diff": True, "register": name},
            {
                "ansible.builtin.assert": {
                    "that": [
                        f"{name}.diff.after.package == {{'changed': ['index.js'], 'added': ['new.js']}}",
                        f"predicted.diff == {name}.diff",
                        f"{name} | dict2items | selectattr('key', 'match', '_files') | length == 0",
                    ]
                }
            },
            {**task, "diff": True, "register": "again"},
            {"ansible.builtin.assert": {"that": ["again is not changed", "again.diff.after.package is undefined"]}},
        ]
    plays: list[dict[str, Any]] = [
        {"tasks": deploys},
        {"tasks": changes, "connection": "local"},
        {"tasks": checks},
    ]
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    variables = {"sth_entrance": "auto" if entrance == "remote" else entrance}
    if entrance == "remote":
        plays = [{"connection": "elsewhere", **item} for item in plays]
        environment.update(
            ANSIBLE_CONNECTION_PLUGINS=str(ROOT / "tests" / "integration" / "connection"),
            ANSIBLE_REMOTE_TMP=str(tmp_path / "remote"),
            STH_TEST_COPIES=str(tmp_path / "copies"),
        )
    with FakeHub(generation="1.x") as hub:
        book = play(tmp_path / "diff.yml", *plays)
        run_playbook(book, {"sth_api_url": hub.api_url, **variables}, environment=environment)
