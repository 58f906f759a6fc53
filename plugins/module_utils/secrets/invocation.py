# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task's arguments as results show them under ``invocation``: without secrets (architecture.md#instances)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK

SECRET_OPTIONS = ("token", "headers", "url_password")
# Options whose values may contain secrets: for a start, and as data for a program.
_MAPPINGS = ("start_options", "limits")
_SAID = ("content", "lines", "payload")


def shown_arguments(
    arguments: Mapping[str, Any], known: Collection[str] = (), *, options: Collection[str] | None = None
) -> dict[str, Any]:
    """Return module arguments as ``-vvv`` may print them. ``known``: other secrets that the task has found.

    ``options``: the names of all options of the module. Another name is misspelt, so its value may be any of the secrets.
    """
    # Arguments that begin with an underscore are internal: the action plugin passes them to the module.
    shown = {key: value for key, value in arguments.items() if not key.startswith("_")}
    masker = _masker(shown, known)
    for name in (*SECRET_OPTIONS, *(shown.keys() - options if options is not None else ())):
        if shown.get(name):
            shown[name] = MASK
    shown.update(_shown_program(shown, masker))
    if isinstance(shown.get("overrides"), list):
        shown["overrides"] = [
            {**{key: value and MASK for key, value in item.items()}, **_shown_program(item, masker)}
            if isinstance(item, Mapping)
            else item
            for item in shown["overrides"]
        ]
    elif shown.get("overrides") is not None:
        shown["overrides"] = MASK
    # An api_url with a password is refused, but the failure shows the invocation.
    for name in ("api_url", "build"):
        if shown.get(name) is not None:
            shown[name] = masker.app_config(shown[name])
    for name in _MAPPINGS:
        if shown.get(name) is not None:
            shown[name] = masker.app_config(shown[name]) if isinstance(shown[name], Mapping) else MASK
    if isinstance(shown.get("input"), Mapping):
        shown["input"] = {**shown["input"], **_shown_said(shown["input"], masker)}
    shown.update(_shown_said(shown, masker))
    if shown.get("payload_json") is not None:
        shown["payload_json"] = _shown_json(shown["payload_json"], masker)
    return shown


def shown_command(command: str, arguments: Mapping[str, Any]) -> str:
    """Return a command of a task as ``-v`` may print it."""
    return str(_masker(arguments, ()).app_config(command))


def secrets_of(arguments: Mapping[str, Any], environment: Mapping[str, Any]) -> set[str]:
    """Return the secrets in module arguments and in the keyword ``environment``, which the output of a command must not show."""
    connection = Masker(["*"]).secrets([arguments.get(name) for name in SECRET_OPTIONS])
    named = Masker().secrets([arguments.get("build"), dict(environment)])
    return connection | named | _configured_secrets(arguments, _masker_of_names(arguments))


def _shown_program(holder: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if holder.get("app_config") is not None:
        config = holder["app_config"]
        shown["app_config"] = masker.app_config(config) if isinstance(config, Mapping) else MASK
    for name in ("args", "sequence_args"):
        if holder.get(name) is not None:
            shown[name] = masker.args(holder[name]) if isinstance(holder[name], list) else MASK
    return shown


def _shown_said(holder: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    return {name: masker.app_config(holder[name]) for name in _SAID if holder.get(name) is not None}


def _shown_json(text: Any, masker: Masker) -> str:
    try:
        return json.dumps(masker.app_config(json.loads(text)))
    except (TypeError, ValueError):
        return MASK


def _masker(arguments: Mapping[str, Any], known: Collection[str]) -> Masker:
    """Return a masker that knows the secrets of all arguments, so that a secret is masked in the other arguments too."""
    names = _masker_of_names(arguments)
    return Masker(names.secret_keys, {*known, *_configured_secrets(arguments, names)})


def _masker_of_names(arguments: Mapping[str, Any]) -> Masker:
    """Return a masker that knows which names are secret in these arguments."""
    keys = arguments.get("secret_keys")
    return Masker([str(key) for key in keys] if isinstance(keys, list) else [keys] if isinstance(keys, str) else [])


def _configured_secrets(arguments: Mapping[str, Any], names: Masker) -> set[str]:
    secrets: set[str] = set()
    overrides = arguments.get("overrides")
    for holder in (arguments, *(overrides if isinstance(overrides, list) else ())):
        if isinstance(holder, Mapping):
            config, args = holder.get("app_config"), holder.get("args") or holder.get("sequence_args")
            # Most tasks have none of these options, and looking for secrets takes time in every task.
            if config is not None or args:
                secrets |= names.secrets(config, args if isinstance(args, list) else ())
    for name in (*_MAPPINGS, *_SAID):
        if arguments.get(name) is not None:
            secrets |= names.secrets(arguments[name])
    return secrets
