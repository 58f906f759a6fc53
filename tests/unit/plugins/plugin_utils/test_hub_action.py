# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugin of every module passes on to the module."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction


def test_a_module_keeps_its_arguments_out_of_the_syslog_of_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: dict[str, Any] = {}
    plugin: Any = HubAction.__new__(HubAction)
    plugin._task = SimpleNamespace(
        resolved_action="scramjet.sth.sth_sequence", async_val=0, no_log=False, environment=None
    )
    plugin.task = SimpleNamespace(names={"name"})
    plugin._connection = SimpleNamespace(_shell=SimpleNamespace(env_prefix=lambda **variables: ""))
    plugin._templar = SimpleNamespace(template=lambda value: value)
    plugin._loader = DataLoader()
    monkeypatch.setattr(plugin, "_execute_module", lambda **how: heard.update(how) or {"changed": False}, raising=False)
    plugin._execute({"name": "x"}, {"sth_entrance": "module"})
    assert heard["task_vars"]["ansible_no_target_syslog"] is True
