# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recipes in docs/building.md, with real registries."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook

RECIPES = dict(
    re.findall(
        r"^\| (\S.*?) \| `(.+? .+?)` \|", (ROOT / "docs" / "building.md").read_text(encoding="utf-8"), re.MULTILINE
    )
)

pytestmark = [
    pytest.mark.skipif(not EVERYTHING, reason="downloads packages from registries; make matrix runs it"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm on the PATH"),
]


def built(source: pathlib.Path, recipe: str, manifest: dict[str, Any], *exclude: str) -> dict[str, bytes]:
    """Build the package in ``source`` as the recipe says, upload it, and return the files that the hub has."""
    source.joinpath("package.json").write_text(json.dumps({"name": "shop", "version": "1.0.0", **manifest}))
    if "npm" in RECIPES[recipe]:
        subprocess.run(["npm", "install", "--package-lock-only", "--silent"], cwd=source, check=True)
    task = {"scramjet.sth.sth_sequence": {"src": str(source), "build": RECIPES[recipe], "exclude": list(exclude)}}
    cache = {"XDG_CACHE_HOME": str(source.parent / "cache")}
    with FakeHub(generation="1.x") as hub:
        book = play(source.parent / "build.yml", {"tasks": [task]})
        for changed in (1, 0):
            assert f"changed={changed} " in run_playbook(
                book, {"sth_api_url": hub.api_url}, environment=cache, seconds=300
            )
        (files,) = hub.state.directories.values()
    return dict(files)


@pytest.fixture
def source(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "shop"
    path.mkdir()
    return path


def test_every_recipe_is_run() -> None:
    assert sorted(RECIPES) == ["Node.js with dependencies", "Python with dependencies", "TypeScript"]


def test_node_js_with_dependencies(source: pathlib.Path) -> None:
    (source / "index.js").write_text("const ms = require('ms');\nmodule.exports = async (input, long) => [ms(long)];\n")
    dependencies = {"dependencies": {"ms": "2.1.3"}, "devDependencies": {"wrappy": "1.0.2"}}
    files = built(source, "Node.js with dependencies", {"main": "index.js", **dependencies})
    assert "node_modules/ms/index.js" in files
    assert not any("wrappy/" in name for name in files)


def test_typescript(source: pathlib.Path) -> None:
    (source / "src").mkdir()
    (source / "src" / "index.ts").write_text(
        "export default async (input: unknown, word: string): Promise<string> => word;\n"
    )
    (source / "tsconfig.json").write_text(
        '{"compilerOptions": {"outDir": "dist", "module": "commonjs", "target": "es2020"}, "include": ["src"]}'
    )
    manifest = {"main": "dist/index.js", "devDependencies": {"typescript": "5.4.5"}}
    files = built(source, "TypeScript", manifest, "src/", "tsconfig.json")
    assert b"exports.default" in files["dist/index.js"]
    assert not any(name.startswith(("src/", "node_modules/typescript/")) for name in files)


def test_python_with_dependencies(source: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source / "main.py").write_text("import semantic_version\n\n\nasync def run(context, input):\n    return None\n")
    (source / "requirements.txt").write_text("semantic-version==2.10.0\n")
    monkeypatch.setenv("PATH", str(pathlib.Path(sys.executable).parent), prepend=":")
    files = built(source, "Python with dependencies", {"main": "main.py", "engines": {"python3": "3.8"}})
    assert "__pypackages__/semantic_version/__init__.py" in files
