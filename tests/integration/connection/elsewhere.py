# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection to this machine that looks like one to another machine, and lists the files that are copied there."""

from __future__ import annotations

import os

from ansible.plugins.connection import local

DOCUMENTATION = r"""
name: elsewhere
short_description: This machine as if it were another one
description: Runs what it is given on this machine.
author: scramjet.sth contributors (@scramjetorg)
version_added: 1.0.0
extends_documentation_fragment: [connection_pipelining]
"""


class Connection(local.Connection):
    """See the module."""

    transport = "elsewhere"

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy, and add the file's name to the list in ``STH_TEST_COPIES``."""
        super().put_file(in_path, out_path)
        with open(os.environ["STH_TEST_COPIES"], "a", encoding="utf-8") as copies:
            copies.write(f"{os.path.basename(out_path)}\n")
