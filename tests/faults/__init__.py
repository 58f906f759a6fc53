# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every transition of every module, with every fault at every request: what the run says, and whether the next one mends it.

``tests/scenarios/test_faults.py`` runs a part of it, ``make faults`` all of it, which writes docs/faults.md.
"""
