# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(scramjet.sth.sth_deployment)."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.modules.sth_deployment import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction


class ActionModule(HubAction):
    """See `HubAction`."""

    task = TASK
    package_source = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task, or with ``_only_looks`` say whether it would only look: the role asks before anything is written."""
        if "_only_looks" not in self._task.args:
            return super().run(tmp, task_vars)
        return {"changed": False, "only_looks": bool(self._task.check_mode)}
