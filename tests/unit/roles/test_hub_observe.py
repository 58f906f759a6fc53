# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role ``hub`` observes: whether pip may install into a Python, owners of files, ports in use, and the disks of a hub."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import socket
import subprocess
import sys
import sysconfig
from types import ModuleType

import pytest

from ansible_collections.scramjet.sth.tests.unit.scripted_server import Exchange, ScriptedServer, answer

OBSERVE = pathlib.Path(__file__).resolve().parents[3] / "roles" / "hub" / "files" / "observe.py"


@pytest.fixture
def observe(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, run by a Python that has pip, and whose standard library is in ``tmp_path``."""
    spec = importlib.util.spec_from_file_location("observe", OBSERVE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    return module


def test_pip_may_install(observe: ModuleType) -> None:
    assert observe.has_pip()


def test_the_systems_package_manager_manages_this_python(observe: ModuleType, tmp_path: pathlib.Path) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    assert not observe.has_pip()


def test_pip_may_install_into_a_virtual_environment(
    observe: ModuleType, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert observe.has_pip()


def test_there_is_no_pip(observe: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not observe.has_pip()


def test_which_hub_a_front_belongs_to(observe: ModuleType, tmp_path: pathlib.Path) -> None:
    front = tmp_path / "front.conf"
    assert observe.observe_front(str(front), "of this hub") == {"sha256": None, "own": False}
    front.write_text("# of another hub")
    assert not observe.observe_front(str(front), "of this hub")["own"]
    front.write_text("# of this hub")
    assert observe.observe_front(str(front), "of this hub")["own"]


@pytest.mark.parametrize("listens_on", ["127.0.0.1", "0.0.0.0"])
def test_taken_ports_are_found_without_connecting(observe: ModuleType, listens_on: str) -> None:
    with socket.create_server((listens_on, 0)) as server, socket.socket() as free:
        port = server.getsockname()[1]
        free.bind(("127.0.0.1", 0))
        free_port = free.getsockname()[1]
        free.close()
        want = {"listens": [["127.0.0.1", port], ["127.0.0.1", free_port]]}
        assert observe.ports_taken(want, {}) == [f"127.0.0.1 port {port}"]
        assert observe.ports_taken(want, {"hub": {"host": {"port": port}}}) == []
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    ("status", "body", "sees"),
    [
        ("200 OK", '{"avgLoad":0.5,"fsSize":[{"fs":"/dev/vda","mount":"/","available":1}]}', True),
        ("200 OK", '{"avgLoad":0.5,"fsSize":[]}', False),
        ("500 Internal Server Error", "", False),
        ("404 Not Found", "", True),
    ],
)
def test_whether_a_hub_sees_a_disk(observe: ModuleType, status: str, body: str, sees: bool) -> None:
    with ScriptedServer(Exchange("GET", "/load-check", answer(status, body))) as server:
        assert observe.sees_disks(server.api_url) is sees


@pytest.mark.parametrize(
    ("status", "sequence", "expected"),
    [
        ("running", {"id": "s", "config": {"engines": {"node": ">=16"}}}, True),
        ("running", {"id": "s", "config": {"engines": {"python3": ">=3.8"}}}, False),
        ("stopping", {"id": "s", "config": {"engines": {"node": ">=16"}}}, False),
        # Hubs before 1.0.
        (None, "s", False),
    ],
)
def test_which_instances_come_back(observe: ModuleType, status: str | None, sequence: object, expected: bool) -> None:
    assert observe.reconnects({"id": "i", "status": status, "sequence": sequence}) is expected


@pytest.mark.parametrize(("folder", "expected"), [(".", True), ("__pypackages__", True), ("__pypackages__.new", False)])
def test_whether_python_finds_the_packages_of_the_runner(
    observe: ModuleType, folder: str, expected: bool, tmp_path: pathlib.Path
) -> None:
    runner = tmp_path / "node_modules" / "@scramjet" / "python-runner"
    assert not observe.has_runner_packages(str(tmp_path))
    for name in ("pyee", "scramjet"):
        (runner / folder / name).mkdir(parents=True)
    assert observe.has_runner_packages(str(tmp_path)) is expected


def test_versions_that_processes_run_from(observe: ModuleType, tmp_path: pathlib.Path) -> None:
    for version in ("1.0.0", "1.0.1"):
        (tmp_path / "real" / version).mkdir(parents=True)
    (tmp_path / "hub").symlink_to(tmp_path / "real")
    packages = [str(tmp_path / "hub" / version) for version in ("1.0.0", "1.0.1")]
    program = [sys.executable, "-c", "print(flush=True); input()", str(tmp_path / "real" / "1.0.1" / "start-runner.js")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        # Only then does the kernel certainly tell its command line.
        assert process.stdout is not None
        assert process.stdout.readline()
        assert observe.used_versions(packages, [process.pid]) == ["1.0.1"]
        process.kill()


def test_owners_of_a_directory_and_its_content(observe: ModuleType, tmp_path: pathlib.Path) -> None:
    (tmp_path / "sequences" / "one").mkdir(parents=True)
    (tmp_path / "sequences" / "gone").symlink_to("nowhere")
    assert observe.owners(str(tmp_path / "sequences")) == [f"{os.geteuid()} {tmp_path}/sequences"]
    assert observe.owners(str(tmp_path / "nowhere")) == []
    if os.geteuid() == 0:
        os.chown(tmp_path / "sequences" / "one", 12345, -1)
        assert observe.owners(str(tmp_path / "sequences")) == [f"0 {tmp_path}/sequences", f"12345 {tmp_path}/sequences"]
