# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.scramjet.sth.plugins.plugin_utils.bytecode import PLUGINS, BytecodeFinder

ROOT = pathlib.Path(__file__).resolve().parents[4]
# As ansible-core finds the plugin of a task or an inventory.
FIND_PLUGIN = """
import json, sys
from ansible.plugins import loader
loader.init_plugin_loader()
kind, name = sys.argv[1:]
assert getattr(loader, kind + "_loader").get("scramjet.sth." + name, class_only=True)
loaders = {name: type(module.__spec__.loader).__name__ for name, module in sys.modules.items()
           if name.startswith("ansible_collections.scramjet.sth.plugins.") and str(getattr(module, "__file__", "")).endswith(".py")}
print(json.dumps(loaders))
"""


@pytest.mark.parametrize(("kind", "name"), [("action", "sth_deployment"), ("inventory", "hubs")])
def test_python_imports_what_a_plugin_needs_so_it_is_compiled_only_once(kind: str, name: str) -> None:
    found = subprocess.run([sys.executable, "-c", FIND_PLUGIN, kind, name], capture_output=True, text=True, check=True)
    loaders = json.loads(found.stdout)
    compiled_each_time = {
        name.removeprefix(PLUGINS) for name, loader in loaders.items() if loader != "SourceFileLoader"
    }
    assert compiled_each_time <= {kind, "plugin_utils.bytecode"}
    assert len(loaders) > 40


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (f"{PLUGINS}module_utils", "plugins"),
        (f"{PLUGINS}module_utils.no_such_file", "plugins/module_utils"),
        ("ansible_collections.scramjet.other.plugins.module_utils.errors", "plugins/module_utils"),
        ("errors", "plugins/module_utils"),
    ],
    ids=["folder", "missing file", "other collection", "other package"],
)
def test_other_imports_are_left_to_ansible_core(name: str, folder: str) -> None:
    assert BytecodeFinder().find_spec(name, [str(ROOT / folder)]) is None


def test_a_changed_file_is_compiled_again(tmp_path: pathlib.Path) -> None:
    finder = BytecodeFinder()
    source = tmp_path / "answer.py"
    answers: list[dict[str, object]] = []
    for text in ("ANSWER = 1", "ANSWER = 'two'"):
        source.write_text(text, encoding="utf-8")
        spec = finder.find_spec(f"{PLUGINS}answer", [str(tmp_path)])
        assert spec
        assert spec.loader
        answers.append({})
        exec(spec.loader.get_code(spec.name), answers[-1])  # type: ignore[attr-defined]  # noqa: S102
    assert [answer["ANSWER"] for answer in answers] == [1, "two"]
