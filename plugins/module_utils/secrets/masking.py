# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values of app_config and args are secret, and how they are shown instead.

Source: architecture.md#secrets. Pure functions; a path is a tuple of keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.forms import written_forms

MASK = "********"
MASK_CHANGED = "******** (changed)"

_SECRET_WORDS = frozenset(["password", "passwd", "pwd", "passphrase", "secret", "secrets", "credential", "credentials"])
_KEY_KINDS = frozenset(["private", "api", "access", "signing"])
# A shorter value under a secret key is not searched for in texts: it would blank every "1" and "on" in them.
SHORTEST_SCRUBBED = 4

_WORD_BREAKS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_URL_USER = re.compile(r"(?<=://)[^/@\s?#]+(?=@)")


def is_secret_key(key: str) -> bool:
    """Whether a key's name says that its value is a secret (``max_tokens`` and ``public_key`` do not)."""
    words = [word.lower() for word in _WORD_BREAKS.split(key) if word]
    if not words:
        return False
    if _SECRET_WORDS.intersection(words) or words[-1] == "token":
        return True
    if words[-1] in {"apikey", "privatekey", "accesskey", "signingkey"}:
        return True
    return any(first in _KEY_KINDS and second == "key" for first, second in zip(words, words[1:]))


class Masker:
    """The masks of one task: the names that always count and the user's ``secret_keys``."""

    def __init__(self, secret_keys: Sequence[str] = ()) -> None:
        self._patterns = tuple(tuple(pattern.split(".")) for pattern in secret_keys)
        self._all = "*" in secret_keys

    def app_config(self, value: Any) -> Any:
        """Return ``value`` (mappings, lists, scalars) with every secret replaced by the mask."""
        return self._masked(value, ())

    def payload(self, value: Any, secrets: Collection[str]) -> Any:
        """Return what a program emits as it may be shown: masked as configuration is, and without ``secrets`` in its texts."""
        return scrub_all(self.app_config(value), secrets)

    def args(self, value: Sequence[Any]) -> list[Any]:
        """Return program arguments with secrets replaced: ``--password=x``, what follows ``--password``, ``args.<n>``.

        The same holds for lists inside of them.
        """
        return self._arguments(value, ("args",))

    def changed(self, before: Any, after: Any, shown: Any) -> Any:
        """Return ``shown`` (the masked ``after``) where a masked value that differs from ``before`` says so.

        What is masked in ``before`` already is not known, and taken for unchanged (see `foresight`).
        """
        if isinstance(before, str) and MASK in before:
            return shown
        if shown == MASK:
            return MASK if before == after else MASK_CHANGED
        if isinstance(shown, Mapping) and isinstance(after, Mapping):
            old = before if isinstance(before, Mapping) else {}
            return {key: self.changed(old.get(key), after.get(key), item) for key, item in shown.items()}
        if isinstance(shown, list) and isinstance(after, (list, tuple)):
            was = list(before) if isinstance(before, (list, tuple)) else []
            was += [None] * (len(shown) - len(was))
            return [self.changed(old, new, item) for old, new, item in zip(was, after, shown)]
        if isinstance(shown, str) and MASK in shown and before != after:
            return shown.replace(MASK, MASK_CHANGED)
        return shown

    def secrets(self, app_config: Any, args: Sequence[Any] = ()) -> set[str]:
        """Return the secret values themselves as texts, to be scrubbed from messages and logs."""
        found = set(self._hidden(app_config, self.app_config(app_config)))
        found.update(self._hidden(list(args), self.args(args)))
        return {text for text in found if len(text) >= SHORTEST_SCRUBBED}

    def _masked(self, value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping):
            return {
                key: MASK
                if item is not None and (is_secret_key(str(key)) or self._chosen((*path, str(key))))
                else self._masked(item, (*path, str(key)))
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)) and path[:1] == ("args",):
            return self._arguments(value, path)
        if isinstance(value, (list, tuple)):
            return [
                MASK if self._chosen((*path, str(index))) else self._masked(item, (*path, str(index)))
                for index, item in enumerate(value)
            ]
        if self._all and value is not None:
            return MASK
        return _URL_USER.sub(MASK, value) if isinstance(value, str) and "@" in value else value

    def _arguments(self, value: Sequence[Any], path: tuple[str, ...]) -> list[Any]:
        shown: list[Any] = []
        before = ""
        for index, item in enumerate(value):
            text = item if isinstance(item, str) else ""
            option, equals, _rest = text.partition("=")
            if self._chosen((*path, str(index))) or (self._is_option(before) and "=" not in before):
                shown.append(MASK)
            elif equals and self._is_option(option):
                shown.append(f"{option}={MASK}")
            else:
                shown.append(self._masked(item, (*path, str(index))))
            before = text
        return shown

    def _chosen(self, path: tuple[str, ...]) -> bool:
        return any(
            len(pattern) == len(path) and all(want in ("*", got) for want, got in zip(pattern, path))
            for pattern in self._patterns
        )

    @staticmethod
    def _is_option(text: str) -> bool:
        return text.startswith("-") and is_secret_key(text.lstrip("-"))

    def _hidden(self, value: Any, shown: Any) -> Iterator[str]:
        """Yield the texts of ``value`` that ``shown`` hides."""
        if shown == MASK:
            yield from _leaves(value)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                yield from self._hidden(item, shown[key])
        elif isinstance(value, (list, tuple)):
            for item, mask in zip(value, shown):
                yield from self._hidden(item, mask)
        elif isinstance(value, str) and value != shown:
            yield from _URL_USER.findall(value)
            yield value.partition("=")[2] or value


def scrub(text: str, secrets: Iterable[str], *, part: bool = False) -> str:
    """Return ``text`` with every one of ``secrets`` replaced, however it is written.

    ``part``: it was cut out of something longer, so that the end of a secret may stand at its beginning, the beginning of
    one at its end, or it may be a piece of one. What is to be shortened is scrubbed before, for what is left of a secret then is found by nobody.
    """
    return scrub_bytes(text.encode("utf-8", "surrogatepass"), secrets, part=part).decode("utf-8", "surrogatepass")


def scrub_bytes(data: bytes, secrets: Iterable[str], *, part: bool = False) -> bytes:
    """Do what `scrub` does with text of which a cut may have left half a character."""
    forms = {form.encode("utf-8", "surrogatepass") for secret in secrets for form in written_forms(secret)}
    found = sorted((span for form in forms for span in _found(data, form, part)), key=lambda span: (span[0], -span[1]))
    shown, position = bytearray(), 0
    for start, end in found:
        # What overlaps is hidden whole, by one mask.
        if start >= position:
            shown += data[position:start] + MASK.encode()
        position = max(position, end)
    return bytes(shown + data[position:])


def scrub_all(value: Any, secrets: Collection[str]) -> Any:
    """Return ``value`` (mappings, lists, scalars) with every text in it scrubbed."""
    if isinstance(value, str):
        return scrub(value, secrets)
    if isinstance(value, Mapping):
        return {key: scrub_all(item, secrets) for key, item in value.items()}
    return [scrub_all(item, secrets) for item in value] if isinstance(value, list) else value


def _found(data: bytes, form: bytes, part: bool) -> Iterator[tuple[int, int]]:
    """Yield where in ``data`` a form of a secret stands; with ``part`` also what is left of it at either end."""
    at = data.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = data.find(form, at + 1)
    if not part:
        return
    # Less than that says little of a secret, and blanks texts that hold none.
    least = min(SHORTEST_SCRUBBED, (len(form) + 1) // 2)
    if len(data) >= least and data in form:
        yield 0, len(data)
        return
    sizes = range(min(len(form) - 1, len(data)), least - 1, -1)
    ending = next((size for size in sizes if data.endswith(form[:size])), None)
    if ending is not None:
        yield len(data) - ending, len(data)
    beginning = next((size for size in sizes if data.startswith(form[-size:])), None)
    if beginning is not None:
        yield 0, beginning


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
