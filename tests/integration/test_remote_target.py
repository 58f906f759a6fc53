# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A package is copied from the controller to a target only if the hub needs it, and the copy is removed afterwards."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.pace import bound

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
ARCHIVE = "package.tar.gz"

Deploy = Callable[..., list[str]]


@pytest.fixture
def package(tmp_path: pathlib.Path) -> pathlib.Path:
    """A package that a test may change."""
    return pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))


@pytest.fixture
def deploy(tmp_path: pathlib.Path, package: pathlib.Path) -> Deploy:
    """Run tasks on the target, with sth_sequence or another module. Return which files other than modules were copied there."""
    copies = tmp_path / "copies"
    remote_tmp = tmp_path / "remote"

    def run(hub: FakeHub, *tasks: dict[str, Any], pipelining: bool = False) -> list[str]:
        copies.write_text("")
        listed = []
        for task in tasks:
            keywords = {key: task[key] for key in task if not key.startswith("of_")}
            options = {"src": str(package), **task.get("of_module", {})}
            that = {"that": task["of_result"], "fail_msg": "told {{ told }}"}
            action = task.get("of_action", "scramjet.sth.sth_sequence")
            listed.append({action: options, "register": "told", **keywords})
            listed.append({"ansible.builtin.assert": that, "delegate_to": "localhost"})
        environment = {
            "ANSIBLE_CONNECTION_PLUGINS": str(ROOT / "tests" / "integration" / "connection"),
            "ANSIBLE_REMOTE_TMP": str(remote_tmp),
            "ANSIBLE_PIPELINING": str(pipelining),
            "STH_TEST_COPIES": str(copies),
        }
        book = play(tmp_path / "remote.yml", {"connection": "elsewhere", "tasks": listed})
        run_playbook(book, {"sth_api_url": hub.api_url}, environment=environment)
        # For a background job, ansible's async_wrapper removes the directory some seconds later.
        if not any("async" in task for task in tasks):
            assert not remote_tmp.exists() or not list(remote_tmp.iterdir()), "left on the target"
        return [name for name in copies.read_text().splitlines() if not name.startswith("AnsiballZ_")]

    return run


@pytest.mark.parametrize("pipelining", [False, *([True] if EVERYTHING else [])])
def test_only_a_package_that_is_not_on_the_hub_is_copied_to_the_target(
    deploy: Deploy, package: pathlib.Path, pipelining: bool
) -> None:
    changed = {"of_result": ["told is changed", "told.actions | map(attribute='action') | first == 'upload'"]}
    same = {"of_result": ["told is not changed", "told.sequence.ref is search('^probe@sha256:')"]}
    with FakeHub(generation="1.x") as hub:
        assert deploy(hub, {**changed, "check_mode": True}, pipelining=pipelining) == []
        assert not hub.writes
        assert deploy(hub, changed, same, {**same, "check_mode": True}, pipelining=pipelining) == [ARCHIVE]
        (package / "index.js").write_text("module.exports = () => {};\n")
        assert deploy(hub, changed, same, pipelining=pipelining) == [ARCHIVE]
        assert len(hub.sequences) == 1


def test_for_a_deployment_too_the_package_is_copied_only_if_its_digest_is_not_on_the_hub(
    deploy: Deploy, package: pathlib.Path
) -> None:
    name = {"of_action": "scramjet.sth.sth_deployment"}
    options = {"of_module": {"name": "web", "stable_for": 0.1, "stop_timeout": 0}}
    changed = {
        **name,
        **options,
        "of_result": ["told is changed", "told.actions | map(attribute='action') | first == 'upload'"],
    }
    same = {**name, **options, "of_result": ["told is not changed", "told.deployment.ready == 1"]}
    with FakeHub(generation="1.x") as hub:
        assert deploy(hub, {**changed, "check_mode": True}) == []
        assert deploy(hub, changed, same) == [ARCHIVE]
        (package / "index.js").write_text("module.exports = () => {};\n")
        assert deploy(hub, changed, same) == [ARCHIVE]

        # From a directory of archives.
        (package / "index.js").write_text("module.exports = (input) => input;\n")
        digest = read_package(str(package)).digest
        shelf = package.parent / "archives"
        shelf.mkdir()
        with (shelf / "any.tar.gz").open("wb") as file:
            write_package(read_package(str(package)), file)
        shutil.copy(shelf / "any.tar.gz", shelf / "same.tar.gz")
        picked = {"of_module": {**options["of_module"], "src": str(shelf), "digest": f"sha256:{digest[:12]}"}}
        assert deploy(hub, {**changed, **picked}, {**same, **picked}) == [ARCHIVE]
        # By the reference of another hub.
        named = {**options["of_module"], "src": str(shelf), "sequence": f"probe@sha256:{digest[:12]}"}
        assert deploy(hub, {**same, "of_module": named}) == []


def test_the_target_gets_the_same_package_as_the_hub(deploy: Deploy) -> None:
    with FakeHub(generation="0.18") as hub, FakeHub(generation="0.18") as here:
        deploy(hub, {"of_result": ["told is changed"]})
        deploy(here, {"of_result": ["told is changed"], "delegate_to": "localhost"})
        uploads = [[item.body for item in each.requests if item.path.endswith("/sequence")] for each in (hub, here)]
    assert uploads[0] == uploads[1] != []


def test_a_background_job_is_given_the_package_at_once(deploy: Deploy) -> None:
    job = {"of_result": ["told is changed"], "async": round(bound(10)), "poll": 1}
    with FakeHub(generation="1.x") as hub:
        assert ARCHIVE in deploy(hub, job)
        assert len(hub.sequences) == 1


def test_a_bad_package_is_refused_before_it_is_copied_to_the_target(deploy: Deploy, package: pathlib.Path) -> None:
    (package / ".env").write_text("TOKEN=x\n")
    refused = {"of_module": {"secret_files": "fail"}, "failed_when": False}
    with FakeHub(generation="1.x") as hub:
        assert not deploy(hub, {**refused, "of_result": ["told.error_code == 'INVALID_PACKAGE'", "'.env' in told.msg"]})
        assert not hub.requests
        misspelt = {"of_module": {"compare": "contents"}, "failed_when": False, "of_result": ["'compare' in told.msg"]}
        assert not deploy(hub, misspelt)


def test_a_source_that_may_never_end_is_not_copied(deploy: Deploy) -> None:
    write = {"of_action": "scramjet.sth.sth_stream", "ignore_errors": True}
    target = {"topic": "numbers", "content_type": "text/plain"}
    refused = ["told is failed", "told.error_code == 'INVALID_OPTION'"]
    endless = {**write, "of_module": {**target, "src": "/dev/zero"}}
    empty = {**write, "of_module": {**target, "src": "/dev/null"}}
    with FakeHub(generation="1.x") as hub:
        what = [*refused, "'src /dev/zero is a device' in told.msg"]
        assert deploy(hub, {**endless, "of_result": what}, {**endless, "of_result": what, "check_mode": True}) == []
        # The module on the target reads its own.
        assert deploy(hub, {**empty, "of_result": [*refused, "'the data is empty' in told.msg"]}) == []
        assert not hub.writes
