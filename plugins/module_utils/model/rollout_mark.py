# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a replica carries of the run that started it, inside its mark (architecture.md#deployments).

A hub has neither a place for a deployment's own record nor upload times: what the next run has to know is in the replicas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rollout:
    """The run of ``sth_deployment`` that started a replica: its place in their order, and what it wanted."""

    # Highest seen plus one; of two runs with the same, that with the greater digest leads.
    generation: int = 0
    # Short digest of everything that the run wanted.
    digest: str = ""
    # How many replicas it wanted, and how many of them with the new version (0: all).
    replicas: int = 0
    canary: int = 0
    # Refs of older versions that it kept, the latest first, and of those that it wanted to remove.
    versions: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    rolled_back: bool = False
    index_key: str | None = None
    # Replicas with an index below these may have had an app_config or args of their own.
    own_configs: int = 0
    own_args: int = 0

    @property
    def rank(self) -> tuple[int, str]:
        """Who leads: the run with the highest."""
        return (self.generation, self.digest)

    @property
    def own(self) -> int:
        """Replicas from this index on have what all have."""
        return max(self.own_configs, self.own_args)

    def as_value(self) -> dict[str, Any]:
        """Return it as it is written into the mark."""
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
        }
        return {key: item for key, item in value.items() if item is not None}


def read_rollout(value: Mapping[str, Any]) -> Rollout:
    """Read it from a mark as a hub echoes it; what is missing or no value of ours counts as not said."""
    index_key = value.get("index_key")
    return Rollout(
        _count(value.get("generation")),
        str(value.get("digest") or ""),
        _count(value.get("replicas")),
        _count(value.get("canary")),
        _texts(value.get("versions")),
        _texts(value.get("given_up")),
        value.get("rolled_back") is True,
        index_key if isinstance(index_key, str) else None,
        _count(value.get("own_configs")),
        _count(value.get("own_args")),
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
