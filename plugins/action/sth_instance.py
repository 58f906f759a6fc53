# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(scramjet.sth.sth_instance)."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.instance import apply  # noqa: F401 - before workers are forked, so that none has to import it
from ansible_collections.scramjet.sth.plugins.module_utils.job import reconcile  # noqa: F401 - before workers are forked, so that none has to import it
from ansible_collections.scramjet.sth.plugins.modules.sth_instance import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction


class ActionModule(HubAction):
    """See `HubAction`."""

    task = TASK
    file_sources = (("input", "src"),)
