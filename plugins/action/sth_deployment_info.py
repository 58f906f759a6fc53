# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(scramjet.sth.sth_deployment_info).

The argument ``_report`` is internal, for the playbook C(status). With it, the task reads no hub, but makes a report of the results of
all hosts of the play.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.modules.sth_deployment_info import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.report import fleet_report, table, utc_now
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction


class ActionModule(HubAction):
    """See `HubAction`."""

    task = TASK

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task, or make the report."""
        if "_report" not in self._task.args:
            return super().run(tmp, task_vars)
        rows = fleet_report(task_vars or {})
        return {"changed": False, "rows": rows, "table": table(rows, utc_now())}
