# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expands the braces of a glob, ``a{b,c}`` to ``ab`` and ``ac``, as the npm package brace-expansion 1 does."""

from __future__ import annotations

import re

# Far more than any real pattern has. Each alternative becomes a regular expression.
MOST_ALTERNATIVES = 10_000
_RANGE = re.compile(r"-?[0-9]+\.\.-?[0-9]+(?:\.\.-?[0-9]+)?")
_LETTERS = re.compile(r"[a-zA-Z]\.\.[a-zA-Z](?:\.\.-?[0-9]+)?")
_PADDED = re.compile(r"-?0[0-9]")
_COMMA_SET = re.compile(r",(?!,).*\}")
# Each escaped character is replaced by a character beyond U+FFFF. A pattern contains none, because it consists of UTF-16 units.
_CLOSED = "\U0010fff2"
_ESCAPES = (
    ("\\\\", "\U0010fff0", "\\"),
    ("\\{", "\U0010fff1", "{"),
    ("\\}", _CLOSED, "}"),
    ("\\,", "\U0010fff3", ","),
    ("\\.", "\U0010fff4", "."),
)


class TooManyAlternatives(ValueError):
    """A pattern has too many alternatives, or its braces are nested too deeply."""


def expand_braces(pattern: str) -> list[str]:
    """Return the alternatives of ``pattern``. Raises ``TooManyAlternatives``."""
    if pattern.startswith("{}"):
        # As in bash, {} stays at the beginning of a pattern.
        pattern = "\\{\\}" + pattern[2:]
    for escape, stand_in, _plain in _ESCAPES:
        pattern = pattern.replace(escape, stand_in)
    try:
        expanded = _expand(pattern, top=True)
    except RecursionError:
        raise TooManyAlternatives from None
    return [_restored(each) for each in expanded]


def _restored(pattern: str) -> str:
    for _escape, stand_in, plain in _ESCAPES:
        pattern = pattern.replace(stand_in, plain)
    return pattern


def _expand(pattern: str, top: bool) -> list[str]:
    found = _first_pair(pattern)
    if not found:
        return [pattern]
    before, body, after = pattern[: found[0]], pattern[found[0] + 1 : found[1]], pattern[found[1] + 1 :]
    if before.endswith("$"):
        return [pattern]
    sequence = _sequence(body)
    if sequence is None and "," not in body:
        if _COMMA_SET.search(after):
            return _expand(f"{before}{{{body}{_CLOSED}{after}", top=True)
        return [pattern]
    ends = _expand(after, top=False) if after else [""]
    if sequence is not None:
        middles = sequence
    else:
        parts = _comma_parts(body)
        if len(parts) == 1:
            parts = [f"{{{part}}}" for part in _expand(parts[0], top=False)]
            if len(parts) == 1:
                return [before + parts[0] + end for end in ends]
        middles = [each for part in parts for each in _expand(part, top=False)]
    if len(middles) * len(ends) > MOST_ALTERNATIVES:
        raise TooManyAlternatives
    whole = [before + middle + end for middle in middles for end in ends]
    return [each for each in whole if each] if top and sequence is None else whole


def _first_pair(text: str) -> tuple[int, int] | None:
    """Return the positions of the first opening brace and its closing brace; else of the outermost closed pair."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for at, char in enumerate(text):
        if char == "{":
            opened.append(at)
        elif char == "}" and opened:
            pairs.append((opened.pop(), at))
            if not opened:
                return pairs[-1]
    return min(pairs, default=None)


def _comma_parts(body: str) -> list[str]:
    """Split at the commas that are not inside braces."""
    parts = [""]
    at = 0
    while at < len(body):
        found = _first_pair(body[at:])
        free = body[at : at + found[0]] if found else body[at:]
        first, *others = free.split(",")
        parts[-1] += first
        parts.extend(others)
        if not found:
            break
        parts[-1] += body[at + found[0] : at + found[1] + 1]
        at += found[1] + 1
    return parts


def _sequence(body: str) -> list[str] | None:
    """Expand ``1..10..2`` or ``a..e``; None if ``body`` is not such a range."""
    letters = bool(_LETTERS.fullmatch(body))
    if not letters and not _RANGE.fullmatch(body):
        return None
    ends = body.split("..")
    try:
        first, last = (ord(end) if letters else int(end) for end in ends[:2])
        step = max(abs(int(ends[2])), 1) if len(ends) == 3 else 1
    except ValueError:
        # A number with thousands of digits.
        raise TooManyAlternatives from None
    if abs(last - first) // step >= MOST_ALTERNATIVES:
        raise TooManyAlternatives
    numbers = range(first, last + 1, step) if last >= first else range(first, last - 1, -step)
    if letters:
        return [chr(number).replace("\\", "") for number in numbers]
    width = max(map(len, ends[:2])) if any(map(_PADDED.match, ends)) else 0
    return [f"{number:0{width}}" if width else str(number) for number in numbers]
