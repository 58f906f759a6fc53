# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installs a hub without an npm registry, with `hub_package_source`, and looks at the modes of what is installed.

test_role_hub_1_x.py installs from a folder.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
import os
import pathlib
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, play, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import VERSION, link_installation, variables_of_hub
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """An archive of an npm installation, packed as the README of the role says. Only `make matrix` packs the dependencies too."""
    prefix = tmp_path_factory.mktemp("installed")
    link_installation(prefix)
    path = tmp_path_factory.mktemp("served") / "sth.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        packed = "node_modules" if EVERYTHING else "node_modules/@scramjet/host"
        tar.add(prefix / "hub" / VERSION / packed, packed)
    return path


@pytest.fixture(scope="module")
def address(archive: pathlib.Path) -> Iterator[str]:
    """The address of that archive on a web server."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(archive.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{archive.name}"
        server.shutdown()


def install(directory: pathlib.Path, source: str, *options: str, version: str = VERSION) -> str:
    """Run the role, which installs the hub and does not start it."""
    given = {"hub_state": "stopped", "hub_package_source": source, "hub_version": version}
    # The same ports in each run, so that a second run changes nothing. The hub is not started, so nothing listens there.
    ports = {"hub_port": 8000, "hub_instances_port": 8001}
    variables = {**variables_of_hub(directory), **ports, **given}
    book = play(directory / "hub.yml", {"roles": ["scramjet.sth.hub"]})
    # If npm used a registry, this one would not answer.
    return run_playbook(book, variables, *options, environment={"npm_config_registry": "http://127.0.0.1:9"})


@pytest.fixture
def package(tmp_path: pathlib.Path) -> pathlib.Path:
    """The directory into which the role installs the hub. Node.js is installed already."""
    link_installation(tmp_path / "prefix")
    path = tmp_path / "prefix" / "hub" / VERSION
    path.unlink()
    return path


def test_the_package_is_downloaded_from_a_url(
    archive: pathlib.Path, address: str, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    source = f"{address}#sha256={hashlib.sha256(archive.read_bytes()).hexdigest()}"
    predicted = install(tmp_path, source, "--check")
    assert f"install @scramjet/host {VERSION}" in predicted
    assert not package.exists()

    install(tmp_path, source)
    assert (package / "node_modules" / "@scramjet" / "host" / "package.json").exists()
    # The downloaded file is removed.
    assert [path.name for path in package.parent.iterdir()] == [VERSION]

    assert "changed=0 " in install(tmp_path, source)
    assert "changed=0 " in install(tmp_path, source, "--check")


# Each runs the whole role, so only `make matrix` runs them all.
@pytest.mark.parametrize(
    ("fragment", "version", "says"),
    [
        (f"#sha256={'0' * 64}", VERSION, "The checksum for .* did not match"),
        ("", "0.18.6", r"does not contain @scramjet/host 0\.18\.6 in its folder node_modules, but 0\.18\.7"),
        (".missing", VERSION, "could not be downloaded: Request failed HTTP Error 404"),
    ][: None if EVERYTHING else 1],
)
def test_a_wrong_or_missing_archive_is_refused(
    fragment: str, version: str, says: str, address: str, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(CommandFailedError, match=says):
        install(tmp_path, address + fragment, version=version)
    assert not (package.parent / version).exists()


@pytest.mark.parametrize(
    ("digest", "says"),
    [
        ("0" * 64, "has the SHA-256 digest [0-9a-f]{64} instead of the given one.*Nothing was changed"),
        ("0" * 63, "hub_package_source needs 64 hex digits after #sha256="),
    ],
    ids=["another", "cut-off"],
)
def test_a_file_with_another_digest_is_refused_before_anything_is_written(
    digest: str, says: str, archive: pathlib.Path, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(CommandFailedError, match=says):
        install(tmp_path, f"{archive}#sha256={digest}")
    assert not (tmp_path / "data").exists()
    assert not list(package.parent.iterdir())


def test_the_package_is_installed_from_a_file_with_a_digest(
    archive: pathlib.Path, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    source = f"{archive}#sha256={hashlib.sha256(archive.read_bytes()).hexdigest()}"
    install(tmp_path, source)
    assert (package / "node_modules" / "@scramjet" / "host" / "package.json").exists()
    assert "changed=0 " in install(tmp_path, source)


# The test of the packages of the Python runner has a strict umask.
@pytest.mark.parametrize("mask", [0o000, 0o077] if EVERYTHING else [0o000])
def test_everybody_can_read_the_code_of_the_hub_and_nobody_else_can_change_it(
    mask: int, archive: pathlib.Path, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """Whatever umask the account has that runs the role, and whatever modes are in the archive."""
    loose = tmp_path / "loose.tar"
    with tarfile.open(archive) as source, tarfile.open(loose, "w") as target:
        for member in source:
            member.mode |= 0o6666 if member.isfile() else 0o777
            target.addfile(member, source.extractfile(member) if member.isfile() else None)
    with umask(mask):
        install(tmp_path, str(loose))
    assert (package / "node_modules" / "@scramjet" / "host" / "package.json").exists()
    assert not wrong_modes(package)


@pytest.mark.skipif(not EVERYTHING, reason="npm and pip download 100 MB: make matrix runs it")
@pytest.mark.parametrize("mask", [0o077, 0o000], ids=["strict", "lax"])
def test_what_npm_pip_and_venv_install_can_be_read_by_everybody_too(mask: int, tmp_path: pathlib.Path) -> None:
    prefix = tmp_path / "prefix"
    # An older Node.js of the machine is not used, so that the role installs one in a virtual environment.
    given = {"hub_state": "stopped", "hub__node_minimum": 24}
    with umask(mask):
        book = play(tmp_path / "hub.yml", {"roles": ["scramjet.sth.hub"]})
        run_playbook(book, {**variables_of_hub(tmp_path), **given}, seconds=300)
    assert (prefix / "hub" / VERSION / "node_modules" / "@scramjet" / "host" / "package.json").exists()
    assert not wrong_modes(prefix / "hub", *prefix.glob("node-*"))


@pytest.mark.parametrize("mask", [0o077, 0o000] if EVERYTHING else [0o077])
def test_the_packages_of_the_python_runner_can_be_read_by_everybody_too(mask: int, tmp_path: pathlib.Path) -> None:
    link_installation(tmp_path / "prefix")
    folder = tmp_path / "archives"
    folder.mkdir()
    # As of a hub from 1.0 on, whose package lacks what its Python runner imports.
    npm_archive(folder / "host.tgz", "@scramjet/host", {"@scramjet/python-runner": "1.0.1"})
    npm_archive(folder / "runner.tgz", "@scramjet/python-runner", {})
    wheel(folder, "pyee", "9.0.4", "pyee")
    wheel(folder, "scramjet_framework_py", "0.10.1", "scramjet")
    with umask(mask):
        install(tmp_path, str(folder), version="1.0.1")
    installed = tmp_path / "prefix" / "hub" / "1.0.1"
    assert list(installed.rglob("__pypackages__/pyee/__init__.py"))
    assert not wrong_modes(installed)


def npm_archive(path: pathlib.Path, name: str, dependencies: dict[str, str]) -> None:
    """Write an archive as `npm pack` does."""
    content = json.dumps({"name": name, "version": "1.0.1", "dependencies": dependencies}).encode()
    member = tarfile.TarInfo("package/package.json")
    member.size = len(content)
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(member, io.BytesIO(content))


def wheel(folder: pathlib.Path, name: str, version: str, package: str) -> None:
    """Write a wheel with an empty package."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as made:
        made.writestr(f"{package}/__init__.py", "")
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Give this process, and what it starts, another umask."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def wrong_modes(*tops: pathlib.Path) -> dict[pathlib.Path, str]:
    """Return what not everybody can read, or what others than the owner can change, below these folders."""
    found = [path for top in tops for path in (top, *top.rglob("*")) if not path.is_symlink()]
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in found}
    return {path: oct(mode) for path, mode in modes.items() if mode & 0o7022 or mode & 0o044 != 0o044}


def test_a_missing_package_file_is_refused_before_anything_is_written(tmp_path: pathlib.Path) -> None:
    with pytest.raises(CommandFailedError, match="is not a folder or a file on this machine.*Nothing was changed"):
        install(tmp_path, str(tmp_path / "nowhere"))
    assert not (tmp_path / "prefix").exists()
