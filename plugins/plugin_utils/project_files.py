# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolves relative paths in playbooks of this collection against the project of the user who runs or imports them.

ansible-core itself would search the directory of the playbook, which is inside the collection.
"""

from __future__ import annotations

import os
from typing import Any

from ansible import context

SHIPPED_PLAYBOOKS = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "playbooks"))


def project_directories(loader: Any) -> list[str]:
    """Return the directories of the user's project if the play of ``loader`` is in this collection, else an empty list.

    First the directories of the playbooks on the command line, which may import this one, then the current directory.
    """
    if os.path.realpath(loader.get_basedir()) != SHIPPED_PLAYBOOKS:
        return []
    # A name such as scramjet.sth.deploy has no directory, so the result is the current directory.
    named = [os.path.dirname(os.path.abspath(playbook)) for playbook in context.CLIARGS.get("args") or ()]
    found = dict.fromkeys((*named, os.getcwd()))
    return [directory for directory in found if os.path.realpath(directory) != SHIPPED_PLAYBOOKS]


def working_directory(loader: Any) -> str:
    """Return the directory of a task on the controller. Paths of files that it writes are relative to it."""
    return next(iter(project_directories(loader)), None) or str(loader.get_basedir())
