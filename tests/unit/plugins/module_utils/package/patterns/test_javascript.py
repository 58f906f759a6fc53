# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets such as ``[]a]``, which JavaScript reads in its own way, match what they match with minimatch 3.1.5 on Node.js 20.

Its answers are in sets.json: for each pattern, those of ``paths`` that match.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.minimatch import Minimatch

MEASURED: dict[str, Any] = json.loads(Path(__file__).with_name("sets.json").read_text())


@pytest.mark.parametrize("pattern", MEASURED["matches"])
def test_a_character_set_matches_as_in_javascript(pattern: str) -> None:
    glob = Minimatch(pattern)
    assert [path for path in MEASURED["paths"] if glob.matches(path)] == MEASURED["matches"][pattern]
