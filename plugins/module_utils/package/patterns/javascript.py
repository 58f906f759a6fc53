# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which regular expressions JavaScript accepts, and how to write its sets for Python. Pure."""

from __future__ import annotations

import re

# One step of a regular expression: an escape, a set, the beginning of a group, a quantifier, or any other character.
_STEP = re.compile(
    r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:|<[a-zA-Z_$][\w$]*>)|[*+?]\??|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}\??|.",
    re.DOTALL,
)
# Quantifiers, which must follow something that can be repeated.
_REPEATS = frozenset("*+?")


def set_for_python(inside: str) -> str | None:
    """Return Python's form of the JavaScript set ``[inside]``; None if a range in it runs backwards."""
    negated = inside.startswith("^")
    # Each item is a character, or a backslash and a character.
    chars: list[str] = re.findall(r"\\?.", inside[negated:], re.DOTALL)
    parts = []
    at = 0
    while at < len(chars):
        first, last = chars[at][-1], chars[at]
        if chars[at + 1 : at + 2] == ["-"] and at + 2 < len(chars):
            last = chars[at + 2]
            at += 2
        if first > last[-1]:
            return None
        parts.append(f"{re.escape(first)}-{re.escape(last[-1])}")
        at += 1
    if not parts:
        return r"[\s\S]" if negated else "(?!)"
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def accepts_set(inside: str) -> bool:
    """Whether JavaScript accepts ``[inside]`` as a regular expression, where ``]`` can only be the first character of ``inside``.

    For JavaScript, ``[]`` is the empty set. So ``[](a]`` is this set and a group that is not closed, and ``[]z-a]`` has no range.
    """
    return _is_rest(f"{inside[1:]}]") if inside.startswith("]") else set_for_python(inside) is not None


def _is_rest(text: str) -> bool:
    """Whether ``text`` can follow a set in a regular expression."""
    repeatable = True
    # For each open group, whether it can be repeated.
    groups: list[bool] = []
    for step in _STEP.finditer(text):
        token = step.group()
        if token == ")":
            if not groups:
                return False
            repeatable = groups.pop()
        elif token[0] in _REPEATS or step["least"]:
            if not repeatable or (step["most"] and int(step["most"]) < int(step["least"])):
                return False
            repeatable = False
        elif token[0] == "(":
            groups.append(not token.startswith(("(?<=", "(?<!")))
            repeatable = False
        elif token == "[" or (token[0] == "[" and set_for_python(token[1:-1]) is None):
            return False
        else:
            repeatable = token not in ("|", "^", "$", r"\b", r"\B")
    return not groups
