# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of indexes as short text, such as ``0-3,8``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?\Z")


def ranges_text(indexes: Iterable[int]) -> str:
    """Return ``0-3,8`` for 0, 1, 2, 3 and 8; "" for none."""
    ranges: list[list[int]] = []
    for index in sorted(set(indexes)):
        if ranges and index == ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


# Cached, because all replicas of a deployment carry the same text.
@lru_cache
def ranges_of(text: str) -> tuple[range, ...] | None:
    """Parse a text of `ranges_text`; None if it is not valid."""
    matches = [_RANGE.match(part) for part in text.split(",")] if text else []
    found = tuple(range(int(item[1]), int(item[2] or item[1]) + 1) for item in matches if item)
    return found if len(found) == len(matches) else None
