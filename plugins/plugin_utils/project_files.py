# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolves relative paths in playbooks of this collection against the project of the user who runs or imports them.

ansible-core itself would search the directory of the playbook, which is inside the collection.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible import context
from ansible.errors import AnsibleError

SHIPPED_PLAYBOOKS = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "playbooks"))
OWN_NAME = "scramjet.sth."


class _Import(NamedTuple):
    """An import of a playbook of this collection: the path of the playbook, the directory of the importing one, and the ``vars``."""

    playbook: str
    directory: str
    variables: Mapping[str, Any]


def importing_directories(loader: Any, task: Any) -> list[str]:
    """Return the directories of the playbooks that may have imported the play of ``task``; [] if it is not in this collection.

    ansible-core does not tell which playbook has imported a play. So this reads the playbooks of the command line again. If playbooks in
    several directories import it, the ``vars`` of the imports decide. The result has several directories if these are equal.
    """
    if not _is_shipped(loader):
        return []
    play = task.get_play()
    playbook = os.path.realpath(play.get_path().rpartition(":")[0])
    imports = (item for named in _named_playbooks() for item in _imports(loader, named) if item.playbook == playbook)
    return list(dict.fromkeys(item.directory for item in imports if item.variables.items() <= play.vars.items()))


def project_directories(loader: Any, task: Any) -> list[str]:
    """Return the directories of the user's project if the play of ``task`` is in this collection, else an empty list.

    First comes the directory of the importing playbook, if there is exactly one, then those of the playbooks on the command line, then
    the current directory.
    """
    if not _is_shipped(loader):
        return []
    importing = importing_directories(loader, task)
    # A name such as scramjet.sth.deploy has no directory, so the result is the current directory.
    named = (os.path.dirname(playbook) for playbook in _named_playbooks())
    found = dict.fromkeys((*(importing if len(importing) == 1 else ()), *named, os.getcwd()))
    return [directory for directory in found if os.path.realpath(directory) != SHIPPED_PLAYBOOKS]


def working_directory(loader: Any, task: Any) -> str:
    """Return the directory of a task on the controller. Paths of files that it writes are relative to it."""
    return next(iter(project_directories(loader, task)), None) or str(loader.get_basedir())


def _is_shipped(loader: Any) -> bool:
    try:
        # In every task, so without `realpath`, which looks at each folder above.
        return os.path.samefile(loader.get_basedir(), SHIPPED_PLAYBOOKS)
    except OSError:
        return False


def _named_playbooks() -> list[str]:
    """Return the paths of the playbooks on the command line."""
    return [os.path.abspath(playbook) for playbook in context.CLIARGS.get("args") or ()]


def _imports(loader: Any, playbook: str) -> Iterator[_Import]:
    """Yield the imports of playbooks of this collection in ``playbook``, and in those of the project that it imports."""
    try:
        entries = loader.load_from_file(playbook)
    except AnsibleError:
        # The playbook is a name of one in a collection, or its path contains a variable.
        return
    directory = os.path.dirname(playbook)
    for entry in entries if isinstance(entries, list) else ():
        name = _imported(entry)
        if name is None:
            continue
        if name.startswith(OWN_NAME):
            imported = os.path.join(SHIPPED_PLAYBOOKS, f"{name[len(OWN_NAME) :]}.yml")
        else:
            imported = os.path.realpath(os.path.join(directory, name))
        if os.path.dirname(imported) == SHIPPED_PLAYBOOKS:
            yield _Import(imported, directory, entry.get("vars") or {})
        else:
            yield from _imports(loader, os.path.join(directory, name))


def _imported(entry: Any) -> str | None:
    """Return what an entry of a playbook imports, or None for a play."""
    if not isinstance(entry, Mapping):
        return None
    return next((str(value) for key, value in entry.items() if key.rpartition(".")[2] == "import_playbook"), None)
