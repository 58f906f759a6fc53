# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which paths gitignore rules leave out (the option ``exclude``).

The rules are those of gitignore(5), applied to paths relative to the package's root. The matcher is our own, because the
collection must not depend on other libraries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

# The character classes of fnmatch, for ASCII as in git's wildmatch, written for a set in a regular expression.
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
# Spaces at the end are ignored, unless they are escaped by a backslash.
_WITHOUT_LAST_SPACES = re.compile(r"((?:\\.|[^\\])*?) *")
_CLASS = re.compile(r"\[:([^\]]*):\]")


class _Rule(NamedTuple):
    regex: re.Pattern[str]
    # The pattern has no slash except at its end, so it matches names at any depth, and not paths from the root.
    by_name: bool
    directories_only: bool
    negated: bool


class IgnoreRules:
    """An ordered list of gitignore rules."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read patterns, one on each line. A line that no path can match (such as an unclosed bracket) is ignored, as in git."""
        self._rules = [rule for rule in map(_parse, lines) if rule]

    def ignores(self, path: str, is_directory: bool) -> bool:
        """Whether ``path`` itself is left out."""
        return bool(self.verdict(path, is_directory))

    def verdict(self, path: str, is_directory: bool) -> bool | None:
        """Return whether the last rule that matches ``path`` itself leaves it out or includes it again; None if none matches.

        Do not enter a directory that is left out, because nothing below it can be included again.
        """
        name = path.rpartition("/")[2]
        for rule in reversed(self._rules):
            if rule.directories_only and not is_directory:
                continue
            if rule.regex.fullmatch(name if rule.by_name else path):
                return not rule.negated
        return None


def _parse(line: str) -> _Rule | None:
    trimmed = _WITHOUT_LAST_SPACES.fullmatch(line)
    pattern = trimmed.group(1) if trimmed else line
    if not pattern or pattern.startswith("#"):
        return None
    negated = pattern.startswith("!")
    pattern = pattern[1:] if negated else pattern
    directories_only = pattern.endswith("/")
    pattern = pattern[:-1] if directories_only else pattern
    by_name = "/" not in pattern
    regex = _translate(pattern[1:] if pattern.startswith("/") else pattern)
    return _Rule(re.compile(regex, re.DOTALL), by_name, directories_only, negated) if regex else None


def _translate(glob: str) -> str | None:
    """Return the regular expression for a pattern; None if nothing can match the pattern."""
    out: list[str] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            stars = len(glob) - at - len(glob[at:].lstrip("*"))
            whole = (at == 0 or glob[at - 1] == "/") and glob[at + stars : at + stars + 1] in ("", "/")
            at += stars
            if stars == 1 or not whole:
                out.append("[^/]*")
            elif at == len(glob):
                out.append(".+")
            else:
                out.append("(?:[^/]+/)*")
                at += 1
        elif char == "?":
            out.append("[^/]")
            at += 1
        elif char == "[":
            bracket = _translate_bracket(glob, at + 1)
            if not bracket:
                return None
            out.append(bracket[0])
            at = bracket[1]
        elif char == "\\":
            if at + 1 == len(glob):
                return None
            out.append(re.escape(glob[at + 1]))
            at += 2
        else:
            out.append(re.escape(char))
            at += 1
    return "".join(out)


def _translate_bracket(glob: str, at: int) -> tuple[str, int] | None:
    """Return (regular expression, index after the bracket) for the bracket that opens before ``at``; None if it is not valid."""
    negated = glob[at : at + 1] in ("!", "^")
    at += negated
    parts: list[str] = []
    previous: str | None = None
    first = True
    while at < len(glob) and (first or glob[at] != "]"):
        first = False
        named = _CLASS.match(glob, at)
        if named:
            if named.group(1) not in _CLASSES:
                return None
            parts.append(_CLASSES[named.group(1)])
            previous, at = None, named.end()
            continue
        is_range = previous is not None and glob[at] == "-" and glob[at + 1 : at + 2] not in ("", "]")
        at += is_range
        at += glob[at] == "\\"
        if at == len(glob):
            return None
        if is_range and previous is not None:
            if previous <= glob[at]:
                parts.append(f"{re.escape(previous)}-{re.escape(glob[at])}")
            previous = None
        else:
            previous = glob[at]
            parts.append(re.escape(previous))
        at += 1
    if at >= len(glob):
        return None
    inside = "".join(parts)
    if negated:
        return (f"[^/{inside}]", at + 1)
    return (f"(?!/)[{inside}]" if inside else "(?!)", at + 1)
