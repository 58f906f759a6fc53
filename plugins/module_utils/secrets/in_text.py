# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds secrets by the form of a text: ``https://user:password@host``, ``password=…``, ``Authorization: …``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import AnyStr

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.key_names import is_secret_key

Span = tuple[int, int]

_URL_USER = re.compile(r"(?<=://)[^/@\s?#]+(?=@)")
# A name followed by = or a colon. A colon without a space counts only if nothing but the slash of an option is directly before the name:
# registry/secret:1.2 is the tag of an image, and arn:aws:secret:x is a name.
# A match begins at the beginning of a word and has a limited length, so that long texts are searched quickly.
_NAME = re.compile(r"(?<![\w.])([A-Za-z_][\w.-]{0,80})(?:\\*[\"'])?(\s*=\s*|:\s+|(?<=[\"']):|:(?!//))")
# An option of a command line, whose value is the next word.
_OPTION = re.compile(r"(?<![\w-])--([A-Za-z][\w.-]{0,80})\s+(?!-)")
_LEADS = re.compile(r"[^\s{\[(,;&?\"'-]")
# The slash of an option of a command line on Windows, as in /password:x. But /secret:/data mounts a directory.
_SLASH = re.compile(r"(?:\A|(?<=[\s\"'(,;]))/[\w.-]+:(?!/)")
_SCHEME = r"(?:(?:Bearer|Basic|Digest|Token|ApiKey)\s+)?"
_QUOTED = r"\\*\"[^\"]*\"|\\*'[^']*'"
_VALUE = re.compile(rf"{_QUOTED}|{_SCHEME}[^\s&;\"']+", re.IGNORECASE)
# The whole line of a header is secret, because it may contain several cookies.
_HEADERS = ("cookie", "authorization")
_HEADER_VALUE = re.compile(rf"{_QUOTED}|[^\r\n\"']+")
_BEGINS_WITH_SCHEME = re.compile(_SCHEME, re.IGNORECASE)
_BEARER = re.compile(r"\bBearer\s+((?=[^\s\"']*\d)[\w.~+/=-]{8,})", re.IGNORECASE)
_QUOTES = "\\\"'"
# A private key, to its end or to the end of the text.
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)


def url_users(text: str) -> list[Span]:
    """Return the positions of users and passwords in the addresses in ``text``."""
    return [found.span() for found in _URL_USER.finditer(text)] if "://" in text and "@" in text else []


def private_keys(text: str) -> list[Span]:
    """Return the positions of private keys in PEM form in ``text``."""
    return [found.span() for found in _PEM.finditer(text)] if "PRIVATE KEY" in text else []


def named_values(text: str) -> list[Span]:
    """Return the positions in ``text`` of values with a secret name, and of tokens after ``Bearer``."""
    spans: list[Span] = []
    end = 0
    for found in _NAME.finditer(text) if "=" in text or ":" in text else ():
        if found.start() < end or not is_secret_key(found.group(1)):
            continue
        before = found.start() - 1
        if found.group(2) == ":" and before >= 0 and _LEADS.match(text[before]) and not _SLASH.match(text, before):
            continue
        is_header = ":" in found.group(2) and found.group(1).lower().endswith(_HEADERS)
        value = (_HEADER_VALUE if is_header else _VALUE).match(text, found.end())
        if value is not None:
            spans.append(value.span())
            end = value.end()
    for found in _OPTION.finditer(text) if "--" in text else ():
        value = _VALUE.match(text, found.end()) if is_secret_key(found.group(1)) else None
        spans += [value.span()] if value is not None else []
    return [*spans, *(found.span(1) for found in _BEARER.finditer(text))]


def with_mask(text: AnyStr, spans: Iterable[Span], mask: AnyStr) -> AnyStr:
    """Return ``text`` with ``mask`` in place of each span. Overlapping spans get one mask together."""
    shown: list[AnyStr] = []
    position = 0
    for start, end in sorted(spans):
        if start >= position:
            shown += [text[position:start], mask]
        position = max(position, end)
    shown.append(text[position:])
    return text[:0].join(shown)


def secrets_in(text: str) -> Iterator[str]:
    """Yield the secrets in ``text``. For ``user:password`` and for a scheme with a token, also yield the secret part alone."""
    for start, end in url_users(text):
        yield text[start:end]
        yield text[start:end].partition(":")[2]
    for start, end in private_keys(text):
        yield text[start:end]
    for start, end in named_values(text):
        value = text[start:end].strip(_QUOTES)
        yield value
        yield _BEGINS_WITH_SCHEME.sub("", value, 1)
