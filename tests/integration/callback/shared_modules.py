# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets all playbooks of a test run share what ansible-core sends for each module, in the folder ``STH_TEST_MODULES``, compiled.

ansible-core builds this once for each playbook and module, without the options of tasks, and keeps it until the playbook ends. It consists
of source text, which Python compiles again in each task. Both would take more than a tenth of all CPU time of a test run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import marshal
import os
import types
import zipfile
from typing import Any

from ansible import constants
from ansible.executor import module_common
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: shared_modules
type: aggregate
short_description: Shares compiled modules
description: Shares compiled modules between playbooks.
"""
# As in ansible.executor.module_common. If ansible-core has another name for it, nothing is shared.
CACHE = "ansiballz_cache"
# The rest of the header of compiled code that Python uses without reading its source (PEP 552).
UNCHECKED = (1).to_bytes(4, "little") + bytes(8)


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
            module_common.zipfile = _Zipfile()


class _Zipfile(types.ModuleType):
    """Replaces ``zipfile`` where ansible-core builds a module."""

    def __init__(self) -> None:
        super().__init__("zipfile")
        self.__dict__.update(vars(zipfile), ZipFile=_Compiled)


class _Compiled(zipfile.ZipFile):
    """Adds compiled code for each file of source text. Python versions other than the one that compiled it use the source."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *options: Any) -> None:
        super().writestr(zinfo_or_arcname, data, *options)
        path = getattr(zinfo_or_arcname, "filename", zinfo_or_arcname)
        if path.endswith(".py"):
            code = marshal.dumps(compile(data, path, "exec", dont_inherit=True))
            super().writestr(f"{path}c", importlib.util.MAGIC_NUMBER + UNCHECKED + code)


def _has_locks() -> bool:
    """Whether playbooks that run at the same time lock what they write. Before ansible-core 2.19, only the processes of one do."""
    with contextlib.suppress(ModuleNotFoundError):
        return importlib.util.find_spec("ansible._internal._locking") is not None
    return False
