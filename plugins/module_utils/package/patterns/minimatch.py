# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Matches globs like the npm package minimatch 3, which Scramjet's command line ``si`` uses.

The documentation of minimatch is incomplete, so this follows its code step by step, without options, for paths in which no part
is empty, ``.`` or ``..``. JavaScript treats a text as UTF-16 units, so ``?`` matches only half of a character outside the
first plane.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, Union

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.braces import expand_braces
from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.javascript import (
    accepts_set,
    set_for_python,
)

# The characters that trim of JavaScript removes, written for a set in a regular expression.
_SPACE = "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_TRIMMED = re.compile(f"^[{_SPACE}]+|[{_SPACE}]+\\Z")
_BRACES = re.compile(r"\{(?:(?!\{).)*\}")
_STAR = "[^/]*?"
_ANY = "[^/]"
_SPECIAL = frozenset("().*{}+?[]^$\\!")
_CLOSE = {"!": "))[^/]*?)", "?": ")?", "+": ")+", "*": ")*", "@": ")"}
# A part must not be empty. The dot of JavaScript does not match a line end.
_NOT_EMPTY = "(?=[^\n\r\u2028\u2029])"
_NO_DOT = r"(?!\.)"
_MOST_GLOBSTARS = 200
# Makes the whole regular expression invalid, in JavaScript as in Python, so nothing matches.
_INVALID = "[b-a]"
_BAR = re.compile(r"((?:\\{2}){0,64})(\\?)\|")


class _Globstar:
    """``**``, as a whole part of a pattern."""


_GLOBSTAR = _Globstar()
_Part = Union[str, "re.Pattern[str]", _Globstar]


class _List(NamedTuple):
    """An extended glob such as ``@(a|b)`` that opened at ``start`` of the regular expression."""

    kind: str
    start: int


class Minimatch:
    """One pattern. Spaces around it do not count; an empty one, or one that begins with ``#``, matches nothing."""

    def __init__(self, pattern: str) -> None:
        """Raises ``TooManyAlternatives`` for braces with too many alternatives."""
        text = _units(trimmed(pattern))
        self._nothing = not text or text.startswith("#")
        bare = text.lstrip("!")
        self._negated = (len(text) - len(bare)) % 2 == 1
        alternatives = expand_braces(bare) if _BRACES.search(bare) else [bare]
        self._alternatives = [[_compiled(part) for part in re.split("/+", each)] for each in alternatives]

    @property
    def is_idle(self) -> bool:
        """Whether no path can match, because each alternative has an empty part (``src/``, ``/src``), ``.`` or ``..``."""
        if self._nothing or self._negated:
            return False
        return all(any(part in ("", ".", "..") for part in parts) for parts in self._alternatives)

    def matches(self, path: str) -> bool:
        """Whether the whole ``path`` (``a/b``, no slash at either end) matches."""
        if self._nothing:
            return False
        names = _units(path).split("/")
        return any(_match(names, parts) for parts in self._alternatives) != self._negated


def trimmed(text: str) -> str:
    """Return ``text`` without the space around it, like ``trim`` of JavaScript, for which a byte-order mark is space."""
    return _TRIMMED.sub("", text)


def _units(text: str) -> str:
    """Return ``text`` as JavaScript has it, with one character for each UTF-16 unit."""
    if text.isascii():
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[at] | data[at + 1] << 8) for at in range(0, len(data), 2))


def _match(names: list[str], parts: list[_Part]) -> bool:
    if _GLOBSTAR in parts:
        return _match_globstars(names, parts)
    return len(names) == len(parts) and _match_each(names, parts)


def _match_each(names: list[str], parts: list[_Part]) -> bool:
    """Whether the first names match all of the parts, none of which is a globstar."""
    return len(names) >= len(parts) and all(map(_match_one, names, parts))


def _match_one(name: str, part: _Part) -> bool:
    if isinstance(part, _Globstar):
        return False
    return name == part if isinstance(part, str) else bool(part.fullmatch(name))


def _match_globstars(names: list[str], parts: list[_Part]) -> bool:
    """Match the parts before the first globstar and after the last, and then the parts between them."""
    first = parts.index(_GLOBSTAR)
    last = len(parts) - 1 - parts[::-1].index(_GLOBSTAR)
    head, body, tail = parts[:first], parts[first + 1 : last], parts[last + 1 :]
    if len(names) < len(head) + len(tail) or not _match_each(names, head):
        return False
    end = len(names) - len(tail)
    if not _match_each(names[end:], tail):
        return False
    if not body:
        return _only_plain(names[len(head) : end]) and (bool(tail) or end > len(head))
    sections: list[list[_Part]] = [[]]
    for part in body:
        if isinstance(part, _Globstar):
            sections.append([])
        else:
            sections[-1].append(part)
    return bool(_match_sections(names, len(head), end, sections, 0, bool(tail)))


def _match_sections(
    names: list[str], at: int, end: int, sections: list[list[_Part]], number: int, saw_some: bool
) -> bool | None:
    """Match the sections between globstars from ``number`` on; None if no further attempt can match, as in minimatch."""
    if number == len(sections):
        # Like minimatch, check the tail too.
        return _only_plain(names[at:]) and (saw_some or at < len(names))
    section = sections[number]
    latest = end - sum(map(len, sections[number:]))
    while at <= latest:
        if number < _MOST_GLOBSTARS and _match_each(names[at:], section):
            found = _match_sections(names, at + len(section), end, sections, number + 1, saw_some)
            if found is not False:
                return found
        if at < len(names) and names[at].startswith("."):
            return False
        at += 1
    return None


def _only_plain(names: list[str]) -> bool:
    return not any(name.startswith(".") for name in names)


@lru_cache(maxsize=1024)
def _compiled(part: str) -> _Part:
    if part == "**":
        return _GLOBSTAR
    regex, magic = _Translation(part).result(whole=True)
    if not magic:
        return re.sub(r"\\(.)", r"\1", part)
    try:
        return re.compile(regex)
    except re.error:
        # Matches nothing.
        return re.compile(r"(?!)")


class _Translation:
    """Translates one part of a pattern to a regular expression."""

    def __init__(self, glob: str) -> None:
        self._glob = glob
        self._regex = ""
        self._magic = False
        self._escaping = False
        # A character that is special only with certain characters after it.
        self._pending = ""
        self._open: list[_List] = []
        # (start, end) of each !(...).
        self._negative: list[tuple[int, int]] = []
        # The position of the open bracket in the glob, or None, and its position in the regular expression.
        self._bracket: int | None = None
        self._bracket_start = 0

    def result(self, whole: bool) -> tuple[str, bool]:
        """Return the regular expression, and whether the pattern has special characters.

        ``whole`` is false for the inside of a bracket that is not a set.
        """
        for at, char in enumerate(self._glob):
            self._take(at, char)
        if self._bracket is not None:
            self._reopen(self._glob[self._bracket + 1 :], "")
        while self._open:
            self._leave_open(self._open.pop())
        self._settle()
        if self._escaping:
            self._regex += r"\\"
        needs_no_dot = self._regex[:1] in ("[", ".", "(")
        self._look_to_the_end(whole)
        regex = self._regex
        if regex and self._magic:
            regex = _NOT_EMPTY + regex
        if needs_no_dot and not self._glob.startswith("."):
            regex = _NO_DOT + regex
        return regex, self._magic

    def _take(self, at: int, char: str) -> None:
        if self._escaping and char in _SPECIAL:
            self._regex += "\\" + char
            self._escaping = False
        elif char == "\\":
            self._settle()
            self._escaping = True
        elif char in "?*+@!":
            self._take_special(at, char)
        elif char == "(":
            self._take_open(char)
        elif char == ")":
            self._take_close()
        elif char == "|":
            self._take_bar()
        elif char == "[":
            self._settle()
            if self._bracket is None:
                self._bracket, self._bracket_start = at, len(self._regex)
                self._regex += "["
            else:
                self._regex += r"\["
        elif char == "]":
            self._take_bracket_end(at)
        else:
            self._settle()
            is_literal = char not in _SPECIAL or (char == "^" and self._bracket is not None)
            self._regex += char if is_literal else "\\" + char
            self._escaping = False

    def _take_special(self, at: int, char: str) -> None:
        if self._bracket is not None:
            self._regex += "^" if char == "!" and at == self._bracket + 1 else char
        elif not (char == "*" and self._pending == "*"):
            self._settle()
            self._pending = char

    def _take_open(self, char: str) -> None:
        if self._bracket is not None:
            self._regex += "("
        elif not self._pending:
            self._regex += r"\("
        else:
            self._open.append(_List(self._pending, len(self._regex)))
            self._regex += "(?:(?!(?:" if self._pending == "!" else "(?:"
            self._pending = ""

    def _take_close(self) -> None:
        if self._bracket is not None or not self._open:
            self._regex += r"\)"
            return
        self._settle()
        self._magic = True
        closed = self._open.pop()
        self._regex += _CLOSE[closed.kind]
        if closed.kind == "!":
            self._negative.append((closed.start, len(self._regex)))

    def _take_bar(self) -> None:
        if self._bracket is not None or not self._open or self._escaping:
            self._regex += r"\|"
            self._escaping = False
        else:
            self._settle()
            self._regex += "|"

    def _take_bracket_end(self, at: int) -> None:
        if self._bracket is None or at == self._bracket + 1:
            self._regex += r"\]"
            self._escaping = False
            return
        inside = self._glob[self._bracket + 1 : at]
        if accepts_set(inside):
            self._magic = True
            written = self._regex[self._bracket_start + 1 :]
            self._regex = self._regex[: self._bracket_start] + (set_for_python(written) or _INVALID)
        else:
            self._reopen(inside, r"\]")
        self._bracket = None

    def _reopen(self, inside: str, end: str) -> None:
        """Treat a bracket that is not a set as a plain character, and its inside as a pattern."""
        # For the empty pattern, JavaScript writes the text "undefined".
        regex, magic = _Translation(inside).result(whole=False) if inside not in ("", "**") else ("undefined", False)
        self._regex = self._regex[: self._bracket_start] + r"\[" + regex + end
        self._magic = self._magic or magic

    def _settle(self) -> None:
        if self._pending:
            self._magic = self._magic or self._pending in "*?"
            self._regex += {"*": _STAR, "?": _ANY}.get(self._pending, "\\" + self._pending)
            self._pending = ""

    def _leave_open(self, left: _List) -> None:
        """Treat a list that is never closed as plain characters."""
        opened = len("(?:(?!(?:" if left.kind == "!" else "(?:")
        tail = _BAR.sub(lambda found: f"{found[1] * 2}{found[2] or chr(92)}|", self._regex[left.start + opened :])
        literal = {"*": _STAR, "?": _ANY}.get(left.kind, "\\" + left.kind)
        self._magic = True
        self._regex = self._regex[: left.start] + literal + r"\(" + tail

    def _look_to_the_end(self, whole: bool) -> None:
        """Make each ``!(...)`` look ahead to the end of the pattern, so that ``*.!(x).!(y|z)`` does not match ``a.xyz.yz``."""
        for start, end in reversed(self._negative):
            before, after = self._regex[:start], self._regex[end:]
            first, last = self._regex[start : end - 8], self._regex[end - 8 : end] + after
            for _each in range(before.count("(")):
                after = re.sub(r"\)[+*?]?", "", after, count=1)
            self._regex = before + first + after + (r"\Z" if whole and not after else "") + last
