# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the documentation runs."""

from __future__ import annotations

import importlib
import pathlib
import shutil
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("sth_*.py"))
# The examples of these modules run a package that must be on the hub already.
NEED_A_PACKAGE = ("sth_instance", "sth_event", "sth_stream")
# The address of a manager in the examples.
SPACE = "https://api.scramjet.cloud/api/v1/space/my-space/api/v1"
PROBE = ROOT / "tests" / "integration" / "packages" / "probe"


def examples(name: str) -> list[dict[str, Any]]:
    """Return the tasks of a module's EXAMPLES."""
    module = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{name}")
    tasks: list[dict[str, Any]] = yaml.safe_load(module.EXAMPLES.replace(SPACE, '"{{ sth_manager_url }}"'))
    return tasks


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, tmp_path: pathlib.Path) -> None:
    package = tmp_path / "packages" / "wordcount"
    shutil.copytree(PROBE, package)
    manifest = (package / "package.json").read_text().replace('"probe"', '"wordcount"')
    (package / "package.json").write_text(manifest)
    shutil.copytree(package, tmp_path / "packages" / "wordcount-2")
    (tmp_path / "archives").mkdir()
    (tmp_path / "packages" / "wordcount-2" / "README.md").write_text("Another version.")
    before = [
        {"scramjet.sth.sth_sequence": {"src": str(package)}, "when": name.startswith(NEED_A_PACKAGE)},
        {"scramjet.sth.sth_package": {"src": str(package)}},
        {
            "scramjet.sth.sth_deployment": {"name": "shop", "src": str(package), "replicas": 4},
            "when": name == "sth_deployment_info",
        },
    ]
    with FakeHub(generation="1.x") as hub:
        book = play(tmp_path / "examples.yml", {"tasks": [*before, *examples(name)]})
        addresses = {"sth_api_url": hub.api_url, "sth_manager_url": hub.manager_url, "vault_scp_token": "canary"}
        run_playbook(book, {**addresses, "build_dir": str(tmp_path), "work_dir": str(tmp_path)})
