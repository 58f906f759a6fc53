# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers with random tasks, through random faults, on a real hub: whatever happens, the next run mends it.

``make chaos`` runs it, see CONTRIBUTING.md.
"""
