# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the role hub with real hubs from 1.0 on, which the public npm registry does not have.

STH_TEST_HUB_PACKAGES names a folder for the variable hub_package_source of the role, with archives of one or more versions of the hub and
of all their dependencies.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import re
import threading

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook, run_target
from ansible_collections.scramjet.sth.tests.integration.real_hub import VERSION, link_installation, variables_of_hub
from ansible_collections.scramjet.sth.tests.running.commands import ROOT

VARIABLE = "STH_TEST_HUB_PACKAGES"
FOLDER = pathlib.Path(os.environ.get(VARIABLE, ""))
_HOSTS = [re.fullmatch(r"scramjet-host-([1-9]\d*\.\d+\.\d+)\.tgz", file.name) for file in FOLDER.glob("*.tgz")]
VERSIONS = sorted(found[1] for found in _HOSTS if found)
pytestmark = pytest.mark.skipif(
    VARIABLE not in os.environ or not VERSIONS,
    reason=f"{VARIABLE} names no folder with archives of @scramjet/host from 1.0 on and of what it depends on",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The first version of the folder, installed by the role."""
    directory = tmp_path_factory.mktemp("installed")
    book = play(directory / "hub.yml", {"roles": ["scramjet.sth.hub"]})
    given = {"hub_state": "stopped", "hub_version": VERSIONS[0], "hub_package_source": str(FOLDER)}
    run_playbook(book, {**variables_of_hub(directory), **given}, seconds=200)
    return directory / "prefix" / "hub" / VERSIONS[0]


@pytest.mark.parametrize("part", ["programs_1_x", "restart_1_x", "from_0_18"])
def test_role_hub(part: str, installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    prefix = tmp_path / "prefix"
    link_installation(prefix)
    # A hub that starts removes other versions.
    if part != "from_0_18":
        (prefix / "hub" / VERSION).unlink()
        (prefix / "hub" / VERSIONS[0]).symlink_to(installed)
    variables = {
        "sth_test_dir": str(tmp_path),
        "sth_test_prefix": str(prefix),
        "sth_test_versions": VERSIONS,
        "sth_test_packages": str(FOLDER),
    }
    run_target(f"role_hub:{part}", variables, tmp_path, seconds=300)


def test_the_hub_is_installed_from_a_registry(tmp_path: pathlib.Path) -> None:
    spec = importlib.util.spec_from_file_location("archives", ROOT / "roles" / "hub" / "files" / "install_archives.py")
    assert spec is not None
    assert spec.loader is not None
    archives = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(archives)
    book = play(tmp_path / "hub.yml", {"roles": ["scramjet.sth.hub"]})
    with archives.Registry(FOLDER) as registry:
        threading.Thread(target=registry.serve_forever, daemon=True).start()
        given = {"hub_state": "stopped", "hub_version": VERSIONS[0], "hub_npm_registry": registry.url}
        try:
            run_playbook(book, {**variables_of_hub(tmp_path), **given}, seconds=200)
        finally:
            registry.shutdown()
    assert (tmp_path / "prefix" / "hub" / VERSIONS[0] / "node_modules" / "@scramjet" / "host" / "package.json").exists()
