# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(scramjet.sth.sth_package)."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.modules.sth_package import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.action import PackageAction


class ActionModule(PackageAction):
    """See `PackageAction`."""

    task = TASK
