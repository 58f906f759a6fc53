# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say when an instance is ready, and how it is ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


@dataclass(frozen=True, repr=False, eq=False)
class ReadinessOptions(Options):
    """The options of ``specs.READINESS``; times in seconds."""

    wait_for: Literal["running", "event", "healthy", "none"]
    ready_event: str | None
    failure_event: str | None
    wait_timeout: float
    stable_for: float
    overload_timeout: float
    start_attempts: int
    max_parallel: int


@dataclass(frozen=True, repr=False, eq=False)
class EndingOptions(Options):
    """The options of ``specs.ENDING``; times in seconds."""

    stop_timeout: float
    can_keepalive: bool
    removal_timeout: float


@dataclass(frozen=True)
class Readiness:
    """The options that say when an instance is ready; times in seconds."""

    wait_for: Literal["running", "event", "healthy", "none"]
    ready_event: str | None
    failure_event: str | None
    wait_timeout: float
    stable_for: float
    overload_timeout: float
    start_attempts: int
    # Masks the payload of the failure event.
    masker: Masker


def readiness_from_options(options: ReadinessOptions, masker: Masker | None = None) -> Readiness:
    """Read and check the options. Raises ``INVALID_OPTION``. ``masker``: for the payload of the failure event."""
    if (options.wait_for == "event") != (options.ready_event is not None):
        raise SthError("INVALID_OPTION", "ready_event and wait_for: event need each other: set both or neither.")
    refuse_empty("name an event", ready_event=options.ready_event, failure_event=options.failure_event)
    for name in ("wait_timeout", "stable_for", "overload_timeout"):
        if getattr(options, name) < 0:
            raise SthError("INVALID_OPTION", f"{name} must not be negative.")
    for name in ("start_attempts", "max_parallel"):
        if getattr(options, name) < 1:
            raise SthError("INVALID_OPTION", f"{name} must be 1 or more.")
    return Readiness(
        options.wait_for,
        options.ready_event,
        options.failure_event,
        options.wait_timeout,
        options.stable_for,
        options.overload_timeout,
        options.start_attempts,
        masker or Masker(),
    )


@dataclass(frozen=True)
class Ending:
    """How an instance is ended; times in seconds. With ``stop_timeout`` 0 it is killed without a stop before."""

    stop_timeout: float = 7.0
    can_keepalive: bool = False
    removal_timeout: float = 240.0

    def __post_init__(self) -> None:
        """Raise ``INVALID_OPTION`` for a negative time."""
        for name in ("stop_timeout", "removal_timeout"):
            if getattr(self, name) < 0:
                raise SthError("INVALID_OPTION", f"{name} must not be negative.")


def ending_from_options(options: EndingOptions) -> Ending:
    """Read and check the options. Raises ``INVALID_OPTION``."""
    return Ending(options.stop_timeout, options.can_keepalive, options.removal_timeout)
