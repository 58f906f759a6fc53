# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the arguments of an event source. A rulebook passes them as they are, so nobody has validated them.

Source: event-driven.md.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.event.names import require_awaitable
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import (
    SIGN_IN,
    Connection,
    clear_text_warning,
    connection_from_options,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import SequenceReference, parse_reference

_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


@dataclass(frozen=True)
class NamedHub:
    """A hub to follow. ``name``: its name in events."""

    name: str
    connection: Connection


@dataclass(frozen=True)
class Arguments:
    """The arguments of the event source, validated. Times in seconds."""

    hubs: tuple[NamedHub, ...]
    instances: tuple[str, ...] = ()
    sequence: SequenceReference | None = None
    events: tuple[str, ...] = ()
    ready_event: str | None = None
    stable_for: float = 2.0
    interval: float = 1.0
    mask_output: bool = True
    warnings: tuple[str, ...] = field(default=(), compare=False)


def read_arguments(given: Mapping[str, Any], environment: Mapping[str, str]) -> Arguments:
    """Validate the arguments. Empty texts and lists count as not given. Raises ``INVALID_OPTION``."""
    _refuse_unknown("The event source", given, {*OWN, *CONNECTION})
    own = {name: read(name, given[name]) for name, read in OWN.items() if not _is_not_set(given.get(name))}
    hubs = _hubs(own.pop("hubs", []), given, environment)
    for name in own.get("events", ()):
        require_awaitable("events:", name)
    if "ready_event" in own:
        require_awaitable("ready_event", own["ready_event"])
    if own.get("interval", Arguments.interval) < 0.1:
        # The event source sends at least one request per interval.
        raise SthError("INVALID_OPTION", "interval must be 0.1 seconds or more.")
    if own.get("stable_for", 0) < 0:
        raise SthError("INVALID_OPTION", "stable_for must not be negative.")
    if "sequence" in own:
        own["sequence"] = parse_reference(own["sequence"])
    own["instances"] = own.pop("instance", ())
    warnings = [clear_text_warning(hub.connection.api_url) for hub in hubs if hub.connection.sends_token_in_clear]
    return Arguments(hubs, **own, warnings=tuple(warnings))


def _hubs(listed: list[Any], given: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[NamedHub, ...]:
    if not listed:
        raise SthError("INVALID_OPTION", "hubs is empty: list at least one hub with its api_url.")
    common = _connection_options(given)
    found = []
    for item in listed:
        if not isinstance(item, Mapping):
            raise SthError("INVALID_OPTION", "An item of hubs is not a mapping: give it api_url, and a name.")
        _refuse_unknown("An item of hubs", item, {"name", "api_url", *CONNECTION})
        if _is_not_set(item.get("api_url")):
            raise SthError("INVALID_OPTION", "An item of hubs has no api_url: set it to the address of a hub.")
        api_url = _stripped_text("api_url of an item of hubs", item["api_url"])
        own = _with_sign_in(_connection_options(item), common)
        options = _with_sign_in(own, _connection_options(_of_environment(environment)))
        # The event source itself repeats requests that fail, and reports failures as events.
        options = {"request_timeout": 10.0, "request_retries": 0, **options, "api_url": api_url}
        connection = connection_from_options(options)
        name = item.get("name")
        found.append(
            NamedHub(
                connection.api_url if _is_not_set(name) else _stripped_text("name of an item of hubs", name), connection
            )
        )
    for what, values in (("name", [hub.name for hub in found]), ("api_url", [hub.connection.api_url for hub in found])):
        double = sorted({value for value in values if values.count(value) > 1})
        if double:
            raise SthError("INVALID_OPTION", f"Several items of hubs have the {what} {double[0]}: list each hub once.")
    return tuple(found)


def _with_sign_in(options: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return ``options``, completed from ``others``. All options for signing in come from only one of the two."""
    signs_in = any(name in options for name in SIGN_IN)
    return {**{name: value for name, value in others.items() if not (signs_in and name in SIGN_IN)}, **options}


def _connection_options(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: read(name, given[name]) for name, read in CONNECTION.items() if not _is_not_set(given.get(name))}


def _of_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment.get(f"STH_{name.upper()}", "") for name in CONNECTION}


def _refuse_unknown(what: str, given: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise SthError("INVALID_OPTION", f"{what} has no argument {unknown[0]}: use one of {', '.join(sorted(known))}.")


def _is_not_set(value: Any) -> bool:
    # Variables of an automation controller that nobody has filled in are empty texts.
    return value is None or (not value.strip() if isinstance(value, str) else value in ([], (), {}))


def _stripped_text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        # YAML reads no and off as false, and 10 as a number. Do not show the value, because it may be a secret.
        raise SthError("INVALID_OPTION", f"{name} is not text: put it in quotes.")
    return value.strip()


def _text_items(name: str, value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, (list, tuple)) else [value]
    if any(_is_not_set(item) for item in items):
        raise SthError("INVALID_OPTION", f"An item of {name} is empty: give it a name, or remove it.")
    return tuple(dict.fromkeys(_stripped_text(f"An item of {name}", item) for item in items))


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise SthError("INVALID_OPTION", f"{name} is not a list: write each item behind a dash.")
    return list(value)


def _flag(name: str, value: Any) -> bool:
    text = str(value).strip().lower()
    if text in _YES | _NO:
        return text in _YES
    raise SthError("INVALID_OPTION", f"{name} is neither true nor false: set it to one of them.")


def _finite_number(name: str, value: Any) -> float:
    try:
        number = float("" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise SthError("INVALID_OPTION", f"{name} is not a number: set it to one.")
    return number


def _whole(name: str, value: Any) -> int:
    number = _finite_number(name, value)
    if number != int(number):
        raise SthError("INVALID_OPTION", f"{name} is not a whole number: set it to one.")
    return int(number)


def _expanded_path(name: str, value: Any) -> str:
    return os.path.expanduser(_stripped_text(name, value))


def _anything(_name: str, value: Any) -> Any:
    return value


Reader = Callable[[str, Any], Any]
OWN: Mapping[str, Reader] = {
    "hubs": _list,
    "instance": _text_items,
    "sequence": _stripped_text,
    "events": _text_items,
    "ready_event": _stripped_text,
    "stable_for": _finite_number,
    "interval": _finite_number,
    "mask_output": _flag,
}
CONNECTION: Mapping[str, Reader] = {
    "token": _stripped_text,
    "token_file": _expanded_path,
    # `connection_from_options` checks them.
    "headers": _anything,
    "url_username": _stripped_text,
    "url_password": _stripped_text,
    "validate_certs": _flag,
    "ca_path": _expanded_path,
    "client_cert": _expanded_path,
    "client_key": _expanded_path,
    "use_proxy": _flag,
    "connect_timeout": _finite_number,
    "request_timeout": _finite_number,
    "request_retries": _whole,
}
