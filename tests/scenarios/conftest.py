# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios take the simulated hubs that the unit tests have."""

from __future__ import annotations

from ansible_collections.scramjet.sth.tests.unit.conftest import hub as hub
