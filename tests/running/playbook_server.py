# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the playbooks of a test run in copies of one process that has imported ansible-core.

Importing it takes 0.35 of the 0.5 s of CPU time of a play with one task, and a test run has hundreds of plays.
"""

from __future__ import annotations

import atexit
import functools
import os
import pathlib
import sys
import tempfile
from typing import Any

from copies import serve  # type: ignore[import-not-found]


def prepare() -> None:
    """Import what every playbook imports, and load the plugins that it loads before its first task."""
    import ansible.cli.playbook  # noqa: F401
    import requests  # noqa: F401
    from ansible import config
    from ansible.plugins import loader
    from ansible.utils.collection_loader import _collection_finder

    # ansible-core has made it replaceable for caches.
    read = functools.cache(_collection_finder._meta_yml_to_dict)
    _collection_finder._meta_yml_to_dict = lambda yaml_string_data, content_id: read(yaml_string_data, "")
    listed = pathlib.Path(config.__file__).parent / "ansible_builtin_runtime.yml"
    read(listed.read_bytes(), "")
    for kind in ("callback", "connection", "shell", "become"):
        list(getattr(loader, f"{kind}_loader").all(class_only=True))


def become() -> None:
    """Become an ansible-playbook. Ends with SystemExit."""
    from ansible import constants
    from ansible.cli import display, playbook
    from ansible.utils import display as displaying
    from ansible.utils.path import cleanup_tmp_file

    # The folder for temporary files belongs to one playbook, which removes it at its end. This one is of the server.
    known: Any = constants
    folder = pathlib.Path(os.environ.get("ANSIBLE_LOCAL_TEMP") or pathlib.Path(known.DEFAULT_LOCAL_TMP).parent)
    folder.mkdir(parents=True, exist_ok=True)
    atexit.unregister(cleanup_tmp_file)
    known.DEFAULT_LOCAL_TMP = tempfile.mkdtemp(prefix=f"ansible-local-{os.getpid()}", dir=folder)
    atexit.register(cleanup_tmp_file, known.DEFAULT_LOCAL_TMP, warn=True)
    # A fork takes these locks away, because it is usually one of a worker.
    for output in (sys.stdout, sys.stderr):
        displaying._synchronize_textiowrapper(output, display._lock)
    playbook.main()


if __name__ == "__main__":
    serve(sys.argv[1], prepare, become, ("HOME", "LANG", "LC_", "PATH", "TEMP", "TMP", "ANSIBLE_", "PYTHON"))
