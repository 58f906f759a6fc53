# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the target of the role hub. Each of its parts installs a hub of its own."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, run_target
from ansible_collections.scramjet.sth.tests.integration.real_hub import link_installation

# Each part continues with the hub of the parts before it.
ON_INSTALLED = [
    "running+verify+unit+confined",
    "running+corrected+programs+crash+uploads",
]
OTHER = ["install+upgrade+absent", "invalid+requests+front"]
# `make matrix` also installs a hub with Node.js from the Python package index, as every test does on a machine without Node.js. And it
# runs parts with hubs in rare states, which take a minute of CPU, and parts that create accounts on this machine, which need root.
if EVERYTHING:
    OTHER += ["wheel", "account"]
    ON_INSTALLED.append("running+process_ids+running+stopped+broken")


@pytest.mark.parametrize("parts", OTHER)
def test_role_hub(parts: str, tmp_path: pathlib.Path) -> None:
    run_target(f"role_hub:{parts}", {"sth_test_dir": str(tmp_path)}, tmp_path, seconds=300)


@pytest.mark.parametrize("parts", ON_INSTALLED)
def test_role_hub_that_is_installed(parts: str, tmp_path: pathlib.Path) -> None:
    prefix = tmp_path / "installed"
    link_installation(prefix)
    variables = {"sth_test_dir": str(tmp_path), "sth_test_prefix": str(prefix)}
    run_target(f"role_hub:{parts}", variables, tmp_path, seconds=300)
