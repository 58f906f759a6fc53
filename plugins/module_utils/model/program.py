# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants to run: one program for each member of a pool. Pure.

Only the options that a task sets are managed. All others stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import (
    MARK_KEY,
    InstanceMark,
    marked,
    member_mark,
    unmarked,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options, suboptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord

# Number.MAX_SAFE_INTEGER of JavaScript.
LARGEST_INTEGER = 2**53 - 1
# Keys of the hub's start call that have options of their own.
_OWN_KEYS = {
    "appConfig": "app_config",
    "args": "args",
    "instanceId": "id",
    "inputTopic": "input_topic",
    "outputTopic": "output_topic",
    "limits": "limits",
}


@dataclass(frozen=True)
class Program:
    """The settings of one instance; None means that the setting is not managed. ``mark`` is None for an instance without a name.

    ``id``: the id to start it with. ``replaces``: id of the instance that it replaces; messages use it if there is neither a
    name nor an ``id``.
    ``additions``: keys to add to app_config if app_config as a whole is not managed.
    """

    mark: InstanceMark | None
    id: str | None = None
    app_config: dict[str, Any] | None = None
    args: tuple[Any, ...] | None = None
    input_topic: str | None = None
    output_topic: str | None = None
    limits: dict[str, Any] | None = None
    start_options: dict[str, Any] = field(default_factory=dict)
    replaces: str | None = None
    additions: dict[str, Any] | None = None

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.mark.name if self.mark else str(self.id or self.replaces)

    def completed_from(self, record: InstanceRecord | None) -> Program:
        """Take over the settings that are not managed from the instance that ran before."""
        if record is None:
            return self
        mark = record.mark
        return Program(
            # An instance that the task names by its whole name stays a member of its pool.
            mark if mark and (self.mark is None or self.mark.pool is None) else self.mark,
            self.id,
            self.config_over(unmarked(record.app_config)),
            tuple(record.args) if self.args is None else self.args,
            record.input_topic if self.input_topic is None else self.input_topic,
            record.output_topic if self.output_topic is None else self.output_topic,
            self.limits,
            self.start_options,
            self.replaces,
        )

    def config_over(self, running: dict[str, Any]) -> dict[str, Any]:
        """Return the app_config that an instance with the app_config ``running`` should have; the same if it is not managed."""
        if self.app_config is not None:
            return self.app_config
        return running if self.additions is None else _merged(running, self.additions)

    def instead_of(self, record: InstanceRecord | None) -> Program:
        """Return the program that replaces ``record``, without an id: 1.x refuses the old id while it lists it, even after the end."""
        return self if record is None else replace(self, id=None, replaces=record.id)

    def start_app_config(self) -> dict[str, Any]:
        """Return app_config with the mark, as it is sent."""
        return marked(self.config_over({}), self.mark)

    def started_from(self, sequence_id: str) -> InstanceRecord:
        """Return the record that the hub will list for the running program, without id and times."""
        config, args = self.start_app_config(), tuple(self.args or ())
        return InstanceRecord("", sequence_id, "running", config, args, self.input_topic, self.output_topic)

    def start_body_options(self) -> dict[str, Any]:
        """Return the keys of the body of a start besides ``appConfig`` and ``args``."""
        own = {
            "instanceId": self.id if self.mark is None else None,
            "inputTopic": self.input_topic,
            "outputTopic": self.output_topic,
            "limits": self.limits,
        }
        return {**self.start_options, **{key: value for key, value in own.items() if value is not None}}

    def check_size(self, limit: int | None) -> None:
        """Raise ``INVALID_CONFIG`` if its start needs a body of more than ``limit`` bytes (hub-behaviour.md#start-body-too-large)."""
        body = {"appConfig": self.start_app_config(), "args": list(self.args or ()), **self.start_body_options()}
        size = len(json.dumps(body))
        # The hub adds some keys before it passes the body to the runner.
        if limit is not None and size > limit - 1024:
            raise SthError(
                "INVALID_CONFIG",
                f"app_config and args of {self.label} take {size} bytes, and this hub accepts at most {limit // 1024 - 1} KiB: send large data "
                "as input, or as a file in the package.",
            )


@dataclass(frozen=True, repr=False, eq=False)
class Override(Options):
    """One element of ``overrides``: what differs for one member of a pool, or one replica."""

    app_config: dict[str, Any] | None
    args: list[Any] | None


@dataclass(frozen=True, repr=False, eq=False)
class ProgramOptions(Options):
    """The options of ``specs.PROGRAM``."""

    app_config: dict[str, Any] | None
    args: list[Any] | None
    start_options: dict[str, Any]
    index_key: str | None
    overrides: list[Override] | None = field(metadata=suboptions(Override))
    input_topic: str | None
    output_topic: str | None
    limits: dict[str, Any] | None
    secret_keys: list[str]


def check_program(options: ProgramOptions) -> None:
    """Refuse values that cannot be sent unchanged, or have options of their own. Raises ``INVALID_CONFIG`` or ``INVALID_OPTION``."""
    overrides = [(f"of element {index} of overrides", item) for index, item in enumerate(options.overrides or [])]
    configs = [
        ("app_config", options.app_config),
        ("start_options", options.start_options),
        *((f"app_config {where}", item.app_config) for where, item in overrides),
    ]
    for name, config in configs:
        if config is not None and not isinstance(config, Mapping):
            # ansible-core before 2.19 passes a mapping with a date in it as text, and treats the text as a mapping.
            raise SthError("INVALID_CONFIG", f"{name} must be a mapping, not a string: quote dates and times in it.")
        if MARK_KEY in (config or {}):
            raise SthError("INVALID_CONFIG", f"The key {MARK_KEY} in {name} is reserved: rename it.")
    arguments = [("args", options.args), *((f"args {where}", item.args) for where, item in overrides)]
    for name, value in (*configs, *arguments):
        _refuse_numbers(name, value)
    for key, option in _OWN_KEYS.items():
        if key in options.start_options:
            raise SthError("INVALID_OPTION", f"start_options must not contain {key}: use the option {option}.")
    refuse_empty("name a topic", input_topic=options.input_topic, output_topic=options.output_topic)


def _refuse_numbers(option: str, data: Any) -> None:
    """Refuse numbers that a hub would change, because JavaScript rounds large integers, and JSON has no infinite numbers."""
    if isinstance(data, Mapping):
        _refuse_numbers(option, list(data.values()))
    elif isinstance(data, (list, tuple)):
        for item in data:
            _refuse_numbers(option, item)
    elif (isinstance(data, int) and abs(data) > LARGEST_INTEGER) or (isinstance(data, float) and not isfinite(data)):
        raise SthError(
            "INVALID_CONFIG",
            f"The option {option} contains a number that a hub would change: write numbers beyond {LARGEST_INTEGER} and infinite ones as "
            "strings.",
        )


def single(options: ProgramOptions, name: str | None, id: str | None) -> Program:
    """Return the program of the instance ``name``, or of the one instance with ``id``."""
    mark = member_mark(name, None) if name is not None else None
    return replace(_with_settings(options, mark, options.app_config, options.args), id=id)


@dataclass(frozen=True)
class MemberSettings:
    """The settings of one member of a pool or deployment, before ``override`` and the index are added; None: not managed."""

    app_config: dict[str, Any] | None
    args: list[Any] | None
    override: Override
    index_key: str | None
    input_topic: str | None
    output_topic: str | None
    limits: dict[str, Any] | None
    start_options: dict[str, Any]


def settings_of(options: ProgramOptions, index: int) -> MemberSettings:
    """Return the settings that a task has for member ``index``."""
    overrides = options.overrides or []
    return MemberSettings(
        options.app_config,
        options.args,
        overrides[index] if index < len(overrides) else Override(None, None),
        options.index_key,
        options.input_topic,
        options.output_topic,
        options.limits,
        options.start_options,
    )


def member(settings: MemberSettings, name: str, index: int) -> Program:
    """Return the program of member ``index`` of the pool or deployment ``name``."""
    own, config = settings.override, settings.app_config
    if own.app_config is not None:
        config = _merged(config or {}, own.app_config)
    if settings.index_key is not None:
        config = with_index(config or {}, settings.index_key, index)
    args = settings.args if own.args is None else own.args
    program = _with_settings(settings, member_mark(name, index), config, args)
    # If the task sets app_config only in overrides, the other keys of the running app_config stay.
    return program if settings.app_config is not None else replace(program, app_config=None, additions=config)


def _with_settings(
    settings: ProgramOptions | MemberSettings,
    mark: InstanceMark | None,
    config: dict[str, Any] | None,
    args: list[Any] | None,
) -> Program:
    return Program(
        mark=mark,
        app_config=config,
        args=None if args is None else tuple(args),
        input_topic=settings.input_topic,
        output_topic=settings.output_topic,
        limits=settings.limits,
        start_options=dict(settings.start_options),
    )


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def with_index(config: Mapping[str, Any], path: str | None, index: int | str) -> dict[str, Any]:
    """Return ``config`` with the member's index, or a placeholder, at the dotted ``path``; unchanged if ``path`` is None."""
    if path is None:
        return dict(config)
    key, dot, rest = path.partition(".")
    if not key or (dot and not rest):
        raise SthError(
            "INVALID_OPTION",
            f"index_key {path!r} is not a path: write keys with dots between them, such as server.index.",
        )
    if not rest:
        return {**config, key: index}
    inner = config.get(key, {})
    if not isinstance(inner, Mapping):
        raise SthError(
            "INVALID_CONFIG",
            f"index_key leads through {key!r}, which is not a mapping in app_config: correct the path.",
        )
    return {**config, key: with_index(inner, rest, index)}
