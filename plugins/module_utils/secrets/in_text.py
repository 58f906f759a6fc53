# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that a text shows by how it is written: ``https://user:password@host``, ``password=…``, ``Authorization: …``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import AnyStr

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.key_names import is_secret_key

Span = tuple[int, int]

_URL_USER = re.compile(r"(?<=://)[^/@\s?#]+(?=@)")
# A name, and = or : behind it. A colon without a space says that only where nothing leads to the name:
# registry/secret:1.2 is the tag of an image, and arn:aws:secret:x a name.
# Begun at the beginning of a word and bounded, so that a long text without one takes no time.
_NAME = re.compile(r"(?<![\w.])([A-Za-z_][\w.-]{0,80})(?:\\*[\"'])?(\s*=\s*|:\s+|(?<=[\"']):|:(?!//))")
_LEADS = re.compile(r"[^\s{\[(,;&?\"'-]")
_SCHEME = r"(?:(?:Bearer|Basic|Digest|Token|ApiKey)\s+)?"
_QUOTED = r"\\*\"[^\"]*\"|\\*'[^']*'"
_VALUE = re.compile(rf"{_QUOTED}|{_SCHEME}[^\s&;\"']+", re.IGNORECASE)
# Of a header the whole line: it may hold several cookies.
_HEADERS = ("cookie", "authorization")
_HEADER_VALUE = re.compile(rf"{_QUOTED}|[^\r\n\"']+")
_BEGINS_WITH_SCHEME = re.compile(_SCHEME, re.IGNORECASE)
_BEARER = re.compile(r"\bBearer\s+((?=[^\s\"']*\d)[\w.~+/=-]{8,})", re.IGNORECASE)
_QUOTES = "\\\"'"


def url_users(text: str) -> list[Span]:
    """Return where the user, and the password, of addresses in ``text`` stand."""
    return [found.span() for found in _URL_USER.finditer(text)] if "://" in text and "@" in text else []


def named_values(text: str) -> list[Span]:
    """Return where the values of names that say that they are secret stand in ``text``, and tokens of a ``Bearer``."""
    spans: list[Span] = []
    end = 0
    for found in _NAME.finditer(text) if "=" in text or ":" in text else ():
        if found.start() < end or not is_secret_key(found.group(1)):
            continue
        if found.group(2) == ":" and found.start() and _LEADS.match(text[found.start() - 1]):
            continue
        is_header = ":" in found.group(2) and found.group(1).lower().endswith(_HEADERS)
        value = (_HEADER_VALUE if is_header else _VALUE).match(text, found.end())
        if value is not None:
            spans.append(value.span())
            end = value.end()
    return [*spans, *(found.span(1) for found in _BEARER.finditer(text))]


def without(text: AnyStr, spans: Iterable[Span], mask: AnyStr) -> AnyStr:
    """Return ``text`` with ``mask`` in place of each span; what overlaps is hidden whole, by one mask."""
    shown: list[AnyStr] = []
    position = 0
    for start, end in sorted(spans):
        if start >= position:
            shown += [text[position:start], mask]
        position = max(position, end)
    shown.append(text[position:])
    return text[:0].join(shown)


def secrets_in(text: str) -> Iterator[str]:
    """Yield what these are, and of a user with a password, and of a scheme with a token, also the secret alone."""
    for start, end in url_users(text):
        yield text[start:end]
        yield text[start:end].partition(":")[2]
    for start, end in named_values(text):
        value = text[start:end].strip(_QUOTES)
        yield value
        yield _BEGINS_WITH_SCHEME.sub("", value, 1)
