# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a replica's mark that describes the run that started it (architecture.md#deployments).

A hub cannot store a record of a deployment and reports no upload times. So the replicas carry what the next run needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_of


@dataclass(frozen=True)
class Rollout:
    """The run of ``sth_deployment`` that started a replica: its rank among all runs, and its goal."""

    # The highest generation that the run saw, plus one. If two runs have the same generation, the greater digest leads.
    generation: int = 0
    # Short digest of the goal of the run.
    digest: str = ""
    # How many replicas the run wanted, and how many of them with the new version (0: all).
    replicas: int = 0
    canary: int = 0
    # Refs of the older versions that the run kept, the newest first, and refs of the versions that it wanted to remove.
    versions: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    rolled_back: bool = False
    index_key: str | None = None
    # Only replicas with an index below these may have had an app_config or args of their own.
    own_configs: int = 0
    own_args: int = 0
    # The indexes that the run wanted, as `ranges_text`; None: those from 0 on. A short text, because every replica carries it.
    indexes: str | None = None

    @property
    def rank(self) -> tuple[int, str]:
        """The key by which runs are ordered: the run with the highest rank leads."""
        return (self.generation, self.digest)

    @property
    def wanted(self) -> tuple[int, ...]:
        """The indexes of the replicas that the run wanted."""
        return tuple(chain(*self._ranges))

    def wants(self, index: int) -> bool:
        """Whether the run wanted a replica with this index."""
        return any(index in item for item in self._ranges)

    def is_canary(self, index: int) -> bool:
        """Whether the run gave the new version only to some replicas, and to this one."""
        if self.indexes is None:
            return index < self.canary
        return index in islice(chain(*self._ranges), self.canary)

    @property
    def _ranges(self) -> tuple[range, ...]:
        return (range(self.replicas),) if self.indexes is None else ranges_of(self.indexes) or ()

    @property
    def own(self) -> int:
        """The first index from which on replicas have no app_config or args of their own."""
        return max(self.own_configs, self.own_args)

    def as_value(self) -> dict[str, Any]:
        """Return the keys and values that are written into the mark."""
        value = {
            "generation": self.generation,
            "digest": self.digest,
            "replicas": self.replicas,
            "canary": self.canary or None,
            "versions": list(self.versions) or None,
            "given_up": list(self.given_up) or None,
            "rolled_back": self.rolled_back or None,
            "index_key": self.index_key,
            "own_configs": self.own_configs or None,
            "own_args": self.own_args or None,
            "indexes": self.indexes,
        }
        return {key: item for key, item in value.items() if item is not None}


def read_rollout(value: Mapping[str, Any]) -> Rollout:
    """Read the rollout from the mark that a hub reports. Missing and invalid values get the defaults."""
    index_key, indexes = value.get("index_key"), value.get("indexes")
    return Rollout(
        _count_or_zero(value.get("generation")),
        str(value.get("digest") or ""),
        _count_or_zero(value.get("replicas")),
        _count_or_zero(value.get("canary")),
        _text_tuple(value.get("versions")),
        _text_tuple(value.get("given_up")),
        value.get("rolled_back") is True,
        index_key if isinstance(index_key, str) else None,
        _count_or_zero(value.get("own_configs")),
        _count_or_zero(value.get("own_args")),
        indexes if isinstance(indexes, str) and ranges_of(indexes) is not None else None,
    )


def _text_tuple(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _count_or_zero(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
