# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a task as typed objects, and the one place where they are read from a mapping. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

_KIND = "kind"


# No repr: options hold secrets.
@dataclass(frozen=True, repr=False, eq=False)
class Options:
    """The options of a module, or some that several modules share.

    Each field has the name of an option and the type that the argument spec gives it (``tests/unit/plugins/test_options.py``).
    """


AnyOptions = TypeVar("AnyOptions", bound=Options)


def suboptions(kind: type[Options]) -> Mapping[str, Any]:
    """Return the metadata of a field that holds a mapping of options, or a list of such mappings."""
    return {_KIND: kind}


def read_options(kind: type[AnyOptions], given: Mapping[str, Any]) -> AnyOptions:
    """Return options that Ansible has validated as an object of the type ``kind``."""
    return kind(**{item.name: _read_nested(item.metadata.get(_KIND), given[item.name]) for item in fields(kind)})


def _read_nested(kind: type[Options] | None, value: Any) -> Any:
    if kind is None or value is None:
        return value
    return [read_options(kind, item) for item in value] if isinstance(value, list) else read_options(kind, value)
