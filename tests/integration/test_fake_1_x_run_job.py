# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the target role_run_job on simulated hubs of generation 1.x; in a file of its own, since it takes long."""

from __future__ import annotations

import pathlib

from ansible_collections.scramjet.sth.tests.integration.entrances import compare_if_asked


def test_target(tmp_path: pathlib.Path) -> None:
    compare_if_asked("role_run_job", tmp_path)
