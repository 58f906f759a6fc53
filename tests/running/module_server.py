# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the modules of a test run in copies of one process that has imported what modules import of Python, requests and ansible-core.

This takes three quarters of the CPU time of a module. What is of this collection is imported from what was sent with the module.
"""

from __future__ import annotations

import runpy
import sys

from copies import serve  # type: ignore[import-not-found]


def prepare() -> None:
    """Import what most modules import."""
    import ansible.module_utils.basic
    import ansible.module_utils.common.arg_spec
    import ansible.module_utils.common.file  # noqa: F401
    import requests  # noqa: F401


def become() -> None:
    """Become the Python that runs a module. Usually ends with SystemExit."""
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1], prepare, become, ("LANG", "LC_", "PYTHON"))
