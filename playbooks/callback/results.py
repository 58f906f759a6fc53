# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of ``make quickstart``: changes and the texts of ``debug``. With ``-v`` it shows everything, like the default."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback.default import CallbackModule as Default

DOCUMENTATION = """
name: results
type: stdout
short_description: Shows results only
description: Shows only changes, failures and the messages of C(debug). With C(-v), it shows everything, as the default callback does.
extends_documentation_fragment: [default_callback, result_format_callback]
"""


class CallbackModule(Default):
    """The default output without unchanged and skipped tasks. It shows the texts of ``debug`` without the surrounding JSON."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results"

    def set_options(self, *args: Any, **kwargs: Any) -> None:
        """Hide unchanged tasks, unless ``-v`` is set."""
        super().set_options(*args, **kwargs)
        if not self._display.verbosity:
            self.set_option("display_ok_hosts", False)
            self.set_option("display_skipped_hosts", False)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Show included files only with ``-v``."""
        if self._display.verbosity:
            super().v2_playbook_on_include(included_file)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Print the lines of a ``debug``, and nothing for an include."""
        # Before ansible-core 2.19, these attributes are private.
        task = getattr(result, "task", None) or result._task
        returned = getattr(result, "result", None) or result._result
        action = task.action.rpartition(".")[2]
        if not self._display.verbosity and action == "debug" and "msg" in returned:
            self._display.banner(task.get_name())
            for line in returned["msg"] if isinstance(returned["msg"], list) else [returned["msg"]]:
                self._display.display(str(line))
        elif self._display.verbosity or not action.startswith("include_"):
            super().v2_runner_on_ok(result)
