# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms in which programs, hubs and this collection may write a secret: plain, in an address, or as JSON, JavaScript or Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import quote

# Lines of a secret (a PEM key has many) are also masked one by one if they have this length. Shorter lines may be words of any text.
SHORTEST_LINE = 8

_HEX = re.compile(r"\\u[0-9a-f]{4}")
_PERCENT = re.compile(r"%[0-9A-F]{2}")
# What Python's quote and quote_plus, and JavaScript's encodeURIComponent and encodeURI leave as it is.
_UNQUOTED = ("", "/", "!'()*", "!'()*;,/?:@&=+$#")
_INSPECT_ESCAPES = {
    **{code: f"\\x{code:02X}" for code in (*range(0x20), *range(0x7F, 0xA0))},
    **{ord(char): name for char, name in zip("\b\t\n\f\r\\", ("\\b", "\\t", "\\n", "\\f", "\\r", "\\\\"))},
}


@lru_cache(maxsize=1024)
def written_forms(secret: str) -> frozenset[str]:
    """Return every form of ``secret`` to look for. Most secrets have only one.

    A form may be quoted twice: a line of a log is JSON, and the text of the program in it may be JSON too.
    """
    once = {secret, *_in_addresses(secret), *_long_lines(secret)}
    for _depth in range(2):
        once |= {write(text) for text in once for write in _WRITERS}
    return frozenset(once)


def _in_addresses(secret: str) -> Iterator[str]:
    """Yield how a secret is written into a part of an address, for example by a redirect that carries a token."""
    if quote(secret, "", errors="replace") == secret:
        return
    for unquoted in _UNQUOTED:
        quoted = quote(secret, unquoted, errors="replace")
        for text in (quoted, _PERCENT.sub(lambda found: found.group().lower(), quoted)):
            yield text
            yield text.replace("%20", "+")


def _long_lines(secret: str) -> list[str]:
    """Return the lines of a secret with several lines, because programs print them separately, each indented or quoted."""
    lines = [line.strip() for line in secret.splitlines()]
    return [line for line in lines if len(line) >= SHORTEST_LINE]


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _as_ascii_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _as_upper_case_json(text: str) -> str:
    return _HEX.sub(lambda found: "\\u" + found.group()[2:].upper(), _as_ascii_json(text))


def _inspected(text: str) -> str:
    """Return the text as Node.js's ``util.inspect`` shows it, which chooses a quote that the text does not contain."""
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
