# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A package is built on the controller, once for each content of its sources, and check mode says what it does not know."""

from __future__ import annotations

import pathlib
import shutil
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import through_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"


@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_built_once_for_each_content(entrance: str, tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))
    runs = tmp_path / "runs"
    # Like a compiler: creates the main file from a source that is not part of the package.
    (source / "index.js").rename(source / "index.ts")
    (source / "node_modules").mkdir()
    build = f"echo x >> {runs}; test ! -e node_modules; cp index.ts index.js; echo $BUILT_BY > built-by"
    options = {"src": str(source), "build": build, "exclude": ["*.ts"]}

    def task(name: str, *that: str, **keywords: Any) -> list[dict[str, Any]]:
        done = {"scramjet.sth.sth_sequence": options, "register": name, "environment": {"BUILT_BY": "us"}, **keywords}
        return [done, {"ansible.builtin.assert": {"that": list(that), "fail_msg": f"{{{{ {name} | to_json }}}}"}}]

    unknown = [
        "sequence.digest is none",
        "sequence.version is match('1.0.0[+]unbuilt[.][0-9a-f]{12}$')",
        "warnings | length == 1",
    ]
    versions = {"src": str(source), "build": "true", "compare": "version"}
    by_version = {"scramjet.sth.sth_sequence": versions, "register": "by_version", "check_mode": True}
    nothing = {"ansible.builtin.assert": {"that": ["by_version is not changed", "by_version.warnings is not defined"]}}
    change = {"ansible.builtin.lineinfile": {"path": f"{source}/index.ts", "line": "// new", "create": False}}
    tasks = [
        *task("predicted", "predicted is changed", *(f"predicted.{item}" for item in unknown), check_mode=True),
        *task("real", "real is changed", "real.sequence.digest is not none", "real.warnings is not defined"),
        *task("again", "again is not changed"),
        *task("known", "known is not changed", "known.warnings is not defined", check_mode=True),
        by_version,
        nothing,
        change,
        *task("other", "other is changed", "other.warnings | length == 1", check_mode=True),
        *task("newer", "newer is changed", "newer.sequence.digest != real.sequence.digest"),
    ]
    if entrance == "in_process":
        # A task with an environment runs as a module.
        tasks = [{key: value for key, value in item.items() if key != "environment"} for item in tasks]
    with FakeHub(generation="1.x") as hub:
        run_playbook(
            play(tmp_path / "build.yml", {"tasks": tasks}),
            {"sth_api_url": hub.api_url, "sth_entrance": entrance},
            environment={"XDG_CACHE_HOME": str(tmp_path / "cache")},
            warned=True,
        )
        directories = list(hub.state.directories.values())
    assert runs.read_text() == "x\n" * 2
    assert len(directories) == 1
    directory = directories[0]
    assert sorted(directory) == ["built-by", "index.js", "package.json"]
    assert directory["built-by"] == (b"us\n" if entrance == "module" else b"\n")
    assert not (source / "index.js").exists()


@through_entrances
def test_an_archive_is_built_once_and_deployed(entrance: str, tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))
    runs = tmp_path / "runs"
    build = f"echo x >> {runs}; cp index.js built.js"
    packs = {"src": str(source), "build": build, "dest": str(tmp_path / "probe.tar.gz")}
    tasks: list[dict[str, Any]] = []

    def task(name: str, *that: str, check: bool = False, **options: Any) -> None:
        done = {
            "scramjet.sth.sth_package": {**packs, **options},
            "register": name,
            "check_mode": check,
            "ignore_errors": True,
        }
        told = {
            "ansible.builtin.assert": {
                "that": [f"{name}.{item}" for item in that],
                "fail_msg": f"{{{{ {name} | to_json }}}}",
            }
        }
        tasks.extend((done, told))

    unknown = ("digest", "files", "size")
    task("check", "changed", "warnings | length == 1", *(f"package.{item} is none" for item in unknown), check=True)
    task("only_checked", "changed is false", "warnings | length == 1", check=True, dest=None)
    task("real", "changed", "warnings is not defined", "package.files == 3", "diff.before.sha256 is none")
    task("again", "changed is false")
    task("known", "changed is false", "warnings is not defined", "package.files == 3", check=True)
    task("inside", "error_code == 'INVALID_OPTION'", "msg is search('inside src')", dest=str(source / "x.tar.gz"))
    task("broken", "error_code == 'BUILD_FAILED'", "changed is false", build="exit 4")
    tasks += [
        {
            "scramjet.sth.sth_sequence": {"src": src, **how},
            "register": "stored",
            "failed_when": f"stored.changed != {new}",
        }
        for src, how, new in ((packs["dest"], {}, True), (str(source), {"build": build}, False))
    ]
    with FakeHub(generation="1.x") as hub:
        run_playbook(
            play(tmp_path / "pack.yml", {"tasks": tasks}),
            {"sth_api_url": hub.api_url, "sth_entrance": entrance},
            "--diff",
            environment={"XDG_CACHE_HOME": str(tmp_path / "cache")},
            warned=True,
        )
        stored = next(iter(hub.state.directories.values()))
        assert len(hub.state.directories) == 1
    assert runs.read_text() == "x\n"
    assert sorted(stored) == ["built.js", "index.js", "package.json"]


@pytest.mark.parametrize("keywords", [{"connection": "elsewhere"}, {"become": True}])
def test_an_archive_is_not_built_on_the_controller_for_another_host(
    keywords: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    packs = {"src": str(PROBE), "build": "true"}
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_package": packs, **keywords, "register": "told", "ignore_errors": True},
        {"ansible.builtin.assert": {"that": ["told.error_code == 'INVALID_OPTION'", "told.msg is search('delegate')"]}},
    ]
    place = {"ANSIBLE_CONNECTION_PLUGINS": str(ROOT / "tests" / "integration" / "connection")}
    run_playbook(play(tmp_path / "away.yml", {"tasks": tasks}), {}, environment=place)


def test_check_mode_predicts_a_deployment_with_build_and_bad_builds_are_refused(tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))
    deploys = {"name": "shop", "src": str(source), "stable_for": 0, "build": "echo done > built"}
    failing = {**deploys, "build": "echo password=hunter22; echo it broke >&2; exit 3"}
    refused = [
        ({**failing}, "BUILD_FAILED", ["exit code 3", "it broke"]),
        ({**deploys, "remote_src": True}, "INVALID_OPTION", ["remote_src"]),
        ({**deploys, "src": str(source / "index.js")}, "INVALID_OPTION", ["not a directory"]),
    ]
    tasks: list[dict[str, Any]] = []
    for options, code, words in refused:
        tasks.append({"scramjet.sth.sth_deployment": options, "register": "told", "ignore_errors": True})
        that = [
            f"told.error_code == '{code}'",
            "'hunter22' not in told.msg",
            *(f"{word!r} in told.msg" for word in words),
        ]
        tasks.append({"ansible.builtin.assert": {"that": that, "fail_msg": "told {{ told.msg }}"}})
    # The next task of a check run finds what this one would have left.
    tasks += [
        {"scramjet.sth.sth_deployment": deploys, "register": "deployed"},
        {"scramjet.sth.sth_deployment": {"name": "shop", "replicas": 2, "stable_for": 0}, "register": "scaled"},
        {
            "ansible.builtin.assert": {
                "that": [
                    "deployed.actions | map(attribute='action') | list == ['upload', 'start']",
                    "scaled.actions | map(attribute='action') | list == ['start']",
                    "scaled.deployment.ref == deployed.deployment.ref",
                ]
            }
        },
        {"scramjet.sth.sth_deployment": {**deploys, "state": "absent"}},
    ]
    with FakeHub(generation="1.x") as hub:
        for check in (["--check"], []):
            book = play(tmp_path / "built.yml", {"tasks": tasks if not check else tasks[2 * len(refused) :]})
            variables = {"sth_api_url": hub.api_url}
            cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
            run_playbook(book, variables, *check, environment=cache, warned=True)
            assert hub.sequences == []


def test_several_tasks_with_the_same_build_are_predicted(tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))
    job: dict[str, Any] = {
        "run_job_src": str(source),
        "run_job_build": "echo done > built",
        "run_job_args": ["{{ item }}"],
    }
    job["run_job_app_config"] = {"end": "output"}
    role = {"name": "scramjet.sth.run_job"}
    packages = {"src": str(source), "keep_old": True}
    tasks: list[dict[str, Any]] = [
        {"ansible.builtin.include_role": role, "vars": job, "loop": ["one", "two"]},
        {"ansible.builtin.assert": {"that": ["run_job_result.sequence.version is search('unbuilt')"]}},
        {"scramjet.sth.sth_sequence": {**packages, "build": job["run_job_build"]}, "failed_when": False},
        {"scramjet.sth.sth_sequence": {**packages, "build": "echo other > built"}, "register": "other"},
        {"ansible.builtin.assert": {"that": ["other is changed"]}},
    ]
    with FakeHub(generation="1.x") as hub:
        run_playbook(
            play(tmp_path / "jobs.yml", {"tasks": tasks}),
            {"sth_api_url": hub.api_url},
            "--check",
            environment={"XDG_CACHE_HOME": str(tmp_path / "cache")},
            warned=True,
        )
