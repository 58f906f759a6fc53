# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters; tests/unit/plugins/plugin_utils has the tests of what they do."""

from __future__ import annotations

import pathlib

from ansible_collections.scramjet.sth.plugins.filter import texts


def test_each_filter_has_its_documentation() -> None:
    documented = {path.stem for path in pathlib.Path(texts.__file__).parent.glob("*.yml")}
    assert set(texts.FilterModule().filters()) == documented
