# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values of app_config and args are secret, and how they are shown instead.

Source: architecture.md#secrets. A path is a tuple of keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.in_text import (
    named_values,
    private_keys,
    secrets_in,
    url_users,
    with_mask,
)
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.key_names import is_secret_key
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import (
    MASK,
    SHORTEST_SCRUBBED,
    scrub_all,
    scrub_configuration,
    scrub_data,
)

MASK_CHANGED = "******** (changed)"

# --password=x, /password:x as on Windows, or a variable of an environment as in PASSWORD=x. But /secret:/data mounts a directory.
_ASSIGNMENT = re.compile(r"(-+|/)?(?P<name>[A-Za-z_][\w.-]*)(?(1)(?:=|:(?!/))|=)")
_OPTION = re.compile(r"-+[^=:]*|/[\w.-]+")


class Masker:
    """Masks secrets for one task: by names that are always secret, by ``secret_keys``, and by the ``known`` secrets.

    ``known`` may grow later. Known secrets are masked inside other values too, such as a password in an address.
    """

    def __init__(self, secret_keys: Sequence[str] = (), known: Collection[str] = frozenset()) -> None:
        # A survey sends an empty text for what was left blank.
        self.secret_keys = tuple(pattern for pattern in secret_keys if pattern)
        self._patterns = {pattern: tuple(pattern.split(".")) for pattern in self.secret_keys}
        self._all = "*" in secret_keys
        self._known = known
        self._matched: set[str] = set()
        self._has_looked = False

    def app_config(self, value: Any) -> Any:
        """Return ``value`` (mappings, lists, scalars) with every secret replaced by the mask."""
        return self.program(value, ())[0]

    def args(self, value: Sequence[Any]) -> list[Any]:
        """Return program arguments with secrets masked: ``--password=x``, the argument after ``--password``, ``/password:x``, ``args.<n>``."""
        return self.program(None, value)[1]

    def program(self, app_config: Any, args: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Return both for one program. A secret in one of them is masked in the other too."""
        known = {*self._known, *self.secrets(app_config, args)}
        # Mask whole known secrets first. The form of a text shows where a secret begins, but not always where it ends.
        shown = self._masked(scrub_configuration(app_config, known), ())
        return shown, self._masked_args(scrub_configuration(list(args), known))

    def failure(self, payload: Any, secrets: Collection[str]) -> Any:
        """Return the payload of an event as a failure may show it: masked like configuration, and without ``secrets`` in texts."""
        return self.app_config(scrub_all(payload, secrets))

    def data(self, payload: Any, secrets: Collection[str]) -> Any:
        """Return the payload of an event as a result may show it: only distinctive secrets are masked."""
        return self._masked(scrub_data(payload, secrets), (), data=True)

    def changed(self, before: Any, after: Any, shown: Any) -> Any:
        """Return ``shown`` (the masked ``after``), in which each masked value that differs from ``before`` is marked as changed.

        A value that is masked in ``before`` already is unknown, and counts as unchanged (see `passed_on`).
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
        """Return the secret values as texts, to remove them from messages and logs."""
        found = _secrets(app_config, self._masked(app_config, ()))
        return found | _secrets(list(args), self._masked_args(args))

    def unmatched(self) -> list[str]:
        """Return the ``secret_keys`` that matched nothing, although there were values to match."""
        unmatched = [pattern for pattern in self._patterns if pattern not in self._matched and pattern != "*"]
        return unmatched if self._has_looked else []

    def _masked_args(self, value: Sequence[Any], path: tuple[str, ...] = ("args",), data: bool = False) -> list[Any]:
        """Return arguments with values masked that are secret by their name or place, also in nested lists."""
        shown: list[Any] = []
        self._has_looked |= bool(value)
        before = ""
        for index, item in enumerate(value):
            text = item if isinstance(item, str) else ""
            assigned = _ASSIGNMENT.match(text)
            if self._chosen((*path, str(index))) or _is_value_of(before, text):
                # Look inside although the whole is masked, because secret_keys may match something in it.
                self._masked(item, (*path, str(index)), data)
                shown.append(MASK)
            elif assigned and is_secret_key(assigned["name"]):
                shown.append(f"{assigned.group()}{MASK}")
            else:
                shown.append(self._masked(item, (*path, str(index)), data))
            before = text
        return shown

    def _masked(self, value: Any, path: tuple[str, ...], data: bool = False) -> Any:
        if isinstance(value, Mapping):
            self._has_looked |= bool(value)
            paired = () if data else _paired(value)
            return {key: self._masked_item(key, item, path, data, key in paired) for key, item in value.items()}
        if isinstance(value, (list, tuple)) and path[:1] == ("args",):
            return self._masked_args(value, path, data)
        if isinstance(value, (list, tuple)):
            return [
                MASK if self._chosen((*path, str(index))) else self._masked(item, (*path, str(index)), data)
                for index, item in enumerate(value)
            ]
        if self._all and value is not None:
            return MASK
        if not isinstance(value, str):
            return value
        return with_mask(value, _spans(value, data), MASK)

    def _masked_item(self, key: Any, item: Any, path: tuple[str, ...], data: bool, is_secret: bool) -> Any:
        inner = (*path, str(key))
        # Both must run, because a value with a secret name may also be matched by secret_keys.
        is_chosen, masked = self._chosen(inner), self._masked(item, inner, data)
        if item is None:
            return None
        # A boolean such as password: true is not secret.
        return MASK if is_chosen or ((is_secret or is_secret_key(str(key))) and not isinstance(item, bool)) else masked

    def _chosen(self, path: tuple[str, ...]) -> bool:
        chosen = [
            name
            for name, pattern in self._patterns.items()
            if len(pattern) == len(path) and all(want in ("*", got) for want, got in zip(pattern, path))
        ]
        self._matched.update(chosen)
        return bool(chosen)


def _is_value_of(option: str, text: str) -> bool:
    """Whether ``text`` is the value of ``option``, the argument before it, and is secret: ``--password x``, or ``/password x`` on Windows."""
    # Two arguments with a slash may be two options, or two directories.
    is_option = _OPTION.fullmatch(option) is not None and not option[0] == text[:1] == "/"
    return is_option and is_secret_key(option.lstrip("-/"))


def _spans(text: str, data: bool) -> list[tuple[int, int]]:
    """Return the positions of secrets that the form of a text shows. ``data``: output of a program, in which names do not count."""
    return url_users(text) if data else [*url_users(text), *private_keys(text), *named_values(text)]


def _paired(value: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Return the key of a secret value that another member names: ``{name: DB_PASSWORD, value: x}``, as in an environment."""
    keys = {str(key).lower(): key for key in value}
    named = next((value[keys[key]] for key in ("name", "key") if key in keys), None)
    return (keys["value"],) if "value" in keys and isinstance(named, str) and is_secret_key(named) else ()


def _secrets(value: Any, shown: Any) -> set[str]:
    """Return the values that ``shown`` masks in ``value``, if they are long enough to be searched for."""
    found = _masked_in(value, shown)
    return {text for text in found if len(text) >= SHORTEST_SCRUBBED and MASK not in text}


def _masked_in(value: Any, shown: Any) -> Iterator[str]:
    """Yield the texts of ``value`` that ``shown`` masks."""
    if shown == MASK:
        yield from _leaves(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _masked_in(item, shown[key])
    elif isinstance(value, (list, tuple)):
        for item, mask in zip(value, shown):
            yield from _masked_in(item, mask)
    elif isinstance(value, str) and value != shown:
        assigned = _ASSIGNMENT.match(value)
        if assigned and shown == f"{assigned.group()}{MASK}":
            yield value[assigned.end() :]
        yield from secrets_in(value)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
        if isinstance(value, str):
            yield from secrets_in(value)
