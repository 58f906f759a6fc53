# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The package that tests change."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES


@pytest.fixture
def package(tmp_path: pathlib.Path) -> pathlib.Path:
    return pathlib.Path(shutil.copytree(PACKAGES / "probe", tmp_path / "probe"))
