# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a secret may be written in what programs, hubs and this collection say: as it is, as JSON, JavaScript or Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache

# A line of a secret (a PEM key has many) is looked for by itself from this length on: shorter ones are words of any text.
SHORTEST_LINE = 8

_HEX = re.compile(r"\\u[0-9a-f]{4}")
_INSPECT_ESCAPES = {
    **{code: f"\\x{code:02X}" for code in (*range(0x20), *range(0x7F, 0xA0))},
    **{ord(char): name for char, name in zip("\b\t\n\f\r\\", ("\\b", "\\t", "\\n", "\\f", "\\r", "\\\\"))},
}


@lru_cache(maxsize=1024)
def written_forms(secret: str) -> frozenset[str]:
    """Return every form of ``secret`` to look for; most secrets have one.

    A form may be quoted once more: a line of a log is JSON, and what a program says in it may be JSON too.
    """
    once = {secret, *_lines(secret)}
    for _depth in range(2):
        once |= {write(text) for text in once for write in _WRITERS}
    return frozenset(once)


def _lines(secret: str) -> list[str]:
    """Return the lines of a secret of several: programs print them apart, indented or quoted each."""
    lines = [line.strip() for line in secret.splitlines()]
    return [line for line in lines if len(line) >= SHORTEST_LINE]


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _as_ascii_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _as_upper_case_json(text: str) -> str:
    return _HEX.sub(lambda found: "\\u" + found.group()[2:].upper(), _as_ascii_json(text))


def _inspected(text: str) -> str:
    """As Node.js's ``util.inspect`` shows it where it takes a quote that the text does not hold."""
    return text.translate(_INSPECT_ESCAPES)


def _inspected_in_quotes(text: str) -> str:
    return _inspected(text).replace("'", "\\'")


def _as_python(text: str) -> str:
    return repr(text)[1:-1]


_WRITERS: tuple[Callable[[str], str], ...] = (
    _as_json,
    _as_ascii_json,
    _as_upper_case_json,
    _inspected,
    _inspected_in_quotes,
    _as_python,
)
