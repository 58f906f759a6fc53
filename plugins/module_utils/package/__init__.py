# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads, validates, digests, stamps and packs sequence packages. No HTTP, no Ansible.

Source: design.md section 4 (content identity), interface.md sections 2 (package source) and 10.
"""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import packed_package, write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package

__all__ = ["Package", "packed_package", "read_package", "write_package"]
