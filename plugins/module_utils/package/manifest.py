# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validates ``package.json`` as hubs do, and writes the stamp into its version. All other bytes stay the same.

Source: hub-behaviour.md#sequences (upload) and hub-behaviour.md#start-never-answered and
hub-behaviour.md#manifests-that-one-hub-refuses. A manifest that one hub generation refuses is refused for both, because a
package is built once and sent to many hubs.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar

from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import (
    NO_VERSION,
    split_version,
    stamp_version,
)
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST_LIMIT
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal

_SPACE = re.compile(r"[ \t\n\r]*")
_PORT = re.compile(r"[0-9]{3,5}/(tcp|udp)")
_Kind = TypeVar("_Kind")


class _Member(NamedTuple):
    """A member of the top-level object; its value is ``text[start:end]``."""

    value: Any
    start: int
    end: int


class Manifest:
    """A validated ``package.json``. ``version`` is the version in it, including a stamp; "" if there is none."""

    def __init__(self, source: str, raw: bytes, name: str | None = None) -> None:
        """Read ``raw``. Raises ``INVALID_PACKAGE`` if a hub would refuse or could not run it. ``name``: used if it has none."""
        self._source = source
        self._text = self._decode(raw)
        self._members = self._scan()
        if name and not self._string("name"):
            self._text = self._with("name", name)
            self._members = self._scan()
        self.name = self._string("name") or ""
        self.version = self._string("version") or ""
        self.main = self._string("main")
        self.engines = self._engines()
        self._check()

    @property
    def engine(self) -> Literal["node", "python3"]:
        """The engine that runs the program. Hubs use Node.js for every name other than python3."""
        return "python3" if "python3" in self.engines else "node"

    @property
    def has_dependencies(self) -> bool:
        """Whether it has dependencies."""
        return bool(self._value("dependencies"))

    def plain(self) -> bytes:
        """Return its bytes without a stamp. The digest is computed from these."""
        return self._with("version", split_version(self.version)[0] or NO_VERSION).encode()

    def stamped(self, digest: str) -> bytes:
        """Return its bytes with the stamp in ``version``."""
        return self._with("version", stamp_version(self.version, digest)).encode()

    def _with(self, key: str, value: str) -> str:
        literal = json.dumps(value)
        member = self._members.get(key)
        if member:
            return self._text[: member.start] + literal + self._text[member.end :]
        brace = self._text.index("{") + 1
        comma = "," if self._members else ""
        return f'{self._text[:brace]}"{key}": {literal}{comma}{self._text[brace:]}'

    def _decode(self, raw: bytes) -> str:
        if len(raw) > MANIFEST_LIMIT:
            self._refuse(
                f"is larger than {MANIFEST_LIMIT // 1024**2} MiB; move everything that is not metadata into another file"
            )
        if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            self._refuse("begins with a byte-order mark; save it as UTF-8 without one")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            self._refuse(f"is not UTF-8 (byte {error.start}); save it as UTF-8")

    def _scan(self) -> dict[str, _Member]:
        """Return the members of the top-level object, with the position of each value. If a key occurs twice, the last counts."""
        # JavaScript accepts numbers of any length, Python does not convert long integers. Their values are not used, so read floats.
        decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=float)
        members: dict[str, _Member] = {}
        try:
            if not isinstance(decoder.decode(self._text), dict):
                self._refuse("is not a JSON object; write one with at least name and main")
            at = self._text.index("{")
            while True:
                at = self._skip(at + 1)
                if self._text[at] == "}":
                    return members
                key, at = decoder.raw_decode(self._text, at)
                start = self._skip(self._skip(at) + 1)
                value, at = decoder.raw_decode(self._text, start)
                members[key] = _Member(value, start, at)
                at = self._skip(at)
                if self._text[at] == "}":
                    return members
        except (ValueError, RecursionError) as error:
            self._refuse(f"is not valid JSON ({error}); correct it")

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _check(self) -> None:
        if not self.name.strip():
            self._refuse(
                "has no name, by which a hub lists the package; add one, or set the option name of sth_sequence (with "
                "compare: content)"
            )
        if self.main is None:
            self._refuse("has no main; set main to the program's file")
        if len(self.engines) > 1:
            listed = isinstance(self._value("engines"), list)
            named = " and ".join(sorted(self.engines.values() if listed else self.engines))
            self._refuse(f"names several engines ({named}), which a hub cannot start; keep one of them")
        if isinstance(self._value("author"), dict):
            self._refuse('has an object as author, which 1.x hubs refuse; write "Name <mail> (url)"')
        self._string("author")
        self._string("description")
        keywords = self._typed("keywords", list, "a list of strings") or []
        if not all(isinstance(word, str) for word in keywords):
            self._refuse("has keywords that are not strings; correct it")
        self._typed("args", list, "a list, which 1.x hubs refuse")
        self._check_repository()
        self._check_ports()

    def _engines(self) -> dict[str, str]:
        """Return the engines. Hubs also accept a list, and treat it as an object with the indices as keys."""
        value = self._value("engines")
        if isinstance(value, list):
            engines = {str(index): each for index, each in enumerate(value)}
        else:
            engines = self._typed("engines", dict, 'an object such as {"node": ">=18"}') or {}
        if not all(isinstance(each, str) for each in engines.values()):
            self._refuse("has an engine whose version is not a string; quote it")
        return engines

    def _check_repository(self) -> None:
        repository = self._value("repository")
        parts = [repository]
        if isinstance(repository, dict):
            directory = repository.get("directory")
            parts = [repository.get("type"), repository.get("url"), "" if directory is None else directory]
        if repository is not None and not all(isinstance(part, str) for part in parts):
            self._refuse(
                'has a repository that is neither a string nor {"type": ..., "url": ..., "directory": ...} of strings, '
                "which 1.x hubs refuse; correct it"
            )

    def _check_ports(self) -> None:
        if isinstance(self._value("scramjet"), list):
            # A hub treats a list as an object that does not have the expected keys.
            return
        section = self._typed("scramjet", dict, "an object") or {}
        config = section.get("config")
        if isinstance(config, list):
            return
        ports = config.get("ports") if isinstance(config, dict) else config
        valid = ports is None or isinstance(ports, list) and all(
            isinstance(port, str) and _PORT.fullmatch(port) for port in ports
        )  # fmt: skip
        if not valid:
            self._refuse('has scramjet.config.ports that are not a list such as ["8080/tcp"]; correct it')

    def _value(self, key: str) -> Any:
        member = self._members.get(key)
        return member.value if member else None

    def _string(self, key: str) -> str | None:
        value = self._typed(key, str, "a string")
        try:
            value and value.encode()
        except UnicodeEncodeError:
            self._refuse(f"has half of a surrogate pair (\\ud800 to \\udfff alone) in {key}; correct it")
        return value

    def _typed(self, key: str, kind: type[_Kind], wanted: str) -> _Kind | None:
        """Return the value of a member; None if it is missing or null, which hubs treat in the same way."""
        value = self._value(key)
        if value is not None and not isinstance(value, kind):
            self._refuse(f"has a value of {key} that is not {wanted}; correct it")
        return value

    def _refuse(self, problem: str) -> NoReturn:
        raise refusal(self._source, f"its package.json {problem}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
