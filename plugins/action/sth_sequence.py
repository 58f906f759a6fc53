# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(scramjet.sth.sth_sequence)."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.sequence import apply  # noqa: F401 - before workers are forked, so that none has to import it
from ansible_collections.scramjet.sth.plugins.modules.sth_sequence import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.action import PackageAction
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.uploads_file import note_upload
from ansible_collections.scramjet.sth.plugins.plugin_utils.passed_on_file import predicts


class ActionModule(PackageAction):
    """See `PackageAction`."""

    task = TASK
    package_name = "name"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task, and warn if it replaces the package of another task of the play."""
        result = super().run(tmp, task_vars)
        src = self._task.args.get("src")
        if src and (predicts(self) or not self._task.check_mode):
            warning = note_upload(self._place(task_vars or {}), str(src), result)
            if warning:
                result["warnings"] = [*result.get("warnings", ()), warning]
        return result
