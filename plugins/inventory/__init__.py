# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin. ansible-core imports this package before it."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.plugin_utils.bytecode import use_bytecode

use_bytecode()
