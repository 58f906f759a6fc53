# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes known secret values from texts. Pure.

There are three rules, for three kinds of text (architecture.md#secrets): failures and logs, configuration, and data, which is
the output of a program.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.forms import written_forms
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.in_text import with_mask

MASK = "********"
# Shorter secret values are not masked in texts, because this would mask every "1" and "on" in them.
SHORTEST_SCRUBBED = 4
# From this length on, values are distinctive: with characters of several kinds, and with characters of one kind.
SHORTEST_MIXED = 6
SHORTEST_PLAIN = 12

_SEPARATORS = re.compile(r"[\s._-]+")
_KINDS = tuple(re.compile(kind) for kind in (r"[^\W\d_]", r"\d", r"[^\w]"))


def is_distinctive(secret: str) -> bool:
    """Whether a secret value is unlikely to appear by chance in the output of a program.

    ``test``, ``production`` and ``8080`` are words and numbers of any data; ``hunter22`` is not.
    """
    text = _SEPARATORS.sub("", secret)
    letters = re.sub(r"[\W\d_]", "", text)[1:]
    mixed = sum(kind.search(text) is not None for kind in _KINDS) + (letters.lower() != letters != letters.upper())
    return len(text) >= (SHORTEST_MIXED if mixed > 1 else SHORTEST_PLAIN)


def scrub(text: str, secrets: Iterable[str], *, part: bool = False) -> str:
    """Return ``text`` with each of ``secrets`` masked, in every form.

    ``part``: the text was cut out of a longer one, so it may begin or end within a secret, or be part of one. If you want to
    shorten a text, scrub it first. Otherwise a cut may leave a part of a secret that cannot be recognised.
    """
    data = text.encode("utf-8", "surrogatepass")
    return _hidden(data, _forms(frozenset(secrets)), part, part).decode("utf-8", "surrogatepass")


def scrub_stream(data: bytes, secrets: Iterable[str], *, cut: bool, all_of_them: bool = False) -> bytes:
    """Return data of a stream with ``secrets`` masked. The data may end within a character.

    Only distinctive secrets are masked, unless ``all_of_them`` is set. ``cut``: reading stopped before the end of the stream,
    so the data may end with the beginning of a secret.
    """
    return _hidden(
        data, _forms(frozenset(secrets)) if all_of_them else _distinctive_forms(frozenset(secrets)), False, cut
    )


def scrub_all(value: Any, secrets: Collection[str]) -> Any:
    """Return ``value`` (mappings, lists, scalars) with every text and number in it scrubbed."""
    return _everywhere(value, _forms(frozenset(secrets)), bounded=False)


def scrub_configuration(value: Any, secrets: Collection[str]) -> Any:
    """Do the same with configuration. A secret that is not distinctive is masked only if it is a separate word."""
    return _everywhere(value, _forms(frozenset(secrets)), bounded=True)


def scrub_data(value: Any, secrets: Collection[str]) -> Any:
    """Do the same with output of a program. A secret that is not distinctive is not masked."""
    return _everywhere(value, _distinctive_forms(frozenset(secrets)), bounded=False)


# A task needs the forms of the same set for every value that it shows.
@lru_cache(maxsize=16)
def _forms(secrets: frozenset[str]) -> frozenset[bytes]:
    return frozenset(form.encode("utf-8", "surrogatepass") for secret in secrets for form in written_forms(secret))


@lru_cache(maxsize=16)
def _distinctive_forms(secrets: frozenset[str]) -> frozenset[bytes]:
    # Check each form, because single lines of a long secret are forms too.
    found = (form for secret in secrets if is_distinctive(secret) for form in written_forms(secret))
    return frozenset(form.encode("utf-8", "surrogatepass") for form in found if is_distinctive(form))


def _everywhere(value: Any, forms: frozenset[bytes], *, bounded: bool) -> Any:
    if not forms:
        return value
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        return _hidden(data, forms, False, False, bounded).decode("utf-8", "surrogatepass")
    if isinstance(value, Mapping):
        return {key: _everywhere(item, forms, bounded=bounded) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_everywhere(item, forms, bounded=bounded) for item in value]
    # A secret may be a number, and another value may be the same number. But a short one, such as an HTTP status, has another meaning.
    number = str(value).encode() if isinstance(value, (int, float)) and not isinstance(value, bool) else b""
    return MASK if len(number) >= SHORTEST_SCRUBBED and number in forms else value


def _hidden(data: bytes, forms: Iterable[bytes], cut_before: bool, cut_behind: bool, bounded: bool = False) -> bytes:
    if not (cut_before or cut_behind):
        forms = [form for form in forms if form in data]
    spans = (span for form in forms for span in _found(data, form, cut_before, cut_behind, bounded))
    return with_mask(data, spans, MASK.encode())


def _found(data: bytes, form: bytes, cut_before: bool, cut_behind: bool, bounded: bool) -> Iterator[tuple[int, int]]:
    """Yield the positions in ``data`` of a form of a secret, and of the part of one that a cut has left at an end of ``data``."""
    at = data.find(form)
    as_word = at >= 0 and bounded and not is_distinctive(form.decode("utf-8", "replace"))
    while at >= 0:
        if not as_word or _stands_alone(data, at, at + len(form)):
            yield at, at + len(form)
        at = data.find(form, at + 1)
    # A shorter part reveals little of a secret, and would often match text that is not secret.
    least = min(SHORTEST_SCRUBBED, (len(form) + 1) // 2)
    if cut_before and cut_behind and len(data) >= least and data in form:
        yield 0, len(data)
        return
    sizes = range(min(len(form) - 1, len(data)), least - 1, -1)
    ending = next((size for size in sizes if data.endswith(form[:size])), None) if cut_behind else None
    if ending is not None:
        yield len(data) - ending, len(data)
    beginning = next((size for size in sizes if data.startswith(form[-size:])), None) if cut_before else None
    if beginning is not None:
        yield 0, beginning


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    return not (_in_word(data[start - 1 : start]) or _in_word(data[end : end + 1]))


def _in_word(byte: bytes) -> bool:
    return byte.isalnum() or byte == b"_" or byte >= b"\x80"
