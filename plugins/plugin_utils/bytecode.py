# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets Python keep the compiled code of this collection, as it does for every other package.

ansible-core imports the files of a collection by a loader of its own, which compiles the source text of each file in each playbook. For
the 150 files behind one of our tasks, this took longer than all that the task itself did.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

PLUGINS = "ansible_collections.scramjet.sth.plugins."


class BytecodeFinder(MetaPathFinder):
    """Finds the Python files below ``plugins/``. Python's own loader reads and writes their ``__pycache__``, if it may."""

    def __init__(self) -> None:
        self._folders: dict[str, FileFinder] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import ``fullname``; None for folders, and for all that is not below ``plugins/``: others find these."""
        if not fullname.startswith(PLUGINS):
            return None
        for folder in path or ():
            if folder not in self._folders:
                self._folders[folder] = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))
            found = self._folders[folder].find_spec(fullname)
            if found is not None and found.loader is not None:
                return found
        return None


def use_bytecode() -> None:
    """Import the files below ``plugins/`` with `BytecodeFinder` from now on."""
    if not any(isinstance(finder, BytecodeFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, BytecodeFinder())
