# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets all playbooks of a test run share what ansible-core sends for each module, in the folder ``STH_TEST_MODULES``.

ansible-core builds this once for each playbook and module, without the options of tasks, and keeps it until the playbook ends. In a test run,
this would take a tenth of all CPU time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: shared_modules
type: aggregate
short_description: Shares built modules
description: Shares built modules between playbooks.
"""
# As in ansible.executor.module_common. If ansible-core has another name for it, nothing is shared.
CACHE = "ansiballz_cache"


class CallbackModule(CallbackBase):
    """Only does something when it is loaded."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "shared_modules"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        folder = os.environ.get("STH_TEST_MODULES")
        if folder and _has_locks():
            # ansible-core sets the constants when it is imported.
            os.symlink(folder, os.path.join(constants.DEFAULT_LOCAL_TMP, CACHE))  # type: ignore[attr-defined]


def _has_locks() -> bool:
    """Whether playbooks that run at the same time lock what they write. Before ansible-core 2.19, only the processes of one do."""
    with contextlib.suppress(ModuleNotFoundError):
        return importlib.util.find_spec("ansible._internal._locking") is not None
    return False
