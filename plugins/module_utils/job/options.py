# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_instance``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance.options import InstanceOptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import suboptions
from ansible_collections.scramjet.sth.plugins.module_utils.streams.options import FeedOptions


@dataclass(frozen=True, repr=False, eq=False)
class InputOptions(FeedOptions):
    """The options in ``input``."""

    stream: Literal["input", "stdin"]


@dataclass(frozen=True, repr=False, eq=False)
class JobOptions(InstanceOptions):
    """All options of ``sth_instance``."""

    if_running: Literal["attach", "fail", "replace"]
    input: InputOptions | None = field(metadata=suboptions(InputOptions))
    collect: list[Literal["output", "stdout", "stderr", "log"]] | None
    collect_max_bytes: int
    mask_output: bool
    output_dest: str | None
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal"]
    log_source: Literal["program", "all"]
    completion_event: str | None
    completion_lines: int | None
    completion_regex: str | None
    completion_silence: float | None
    wait_for_exit: bool
    on_failure: Literal["keep", "stop"]
    run_timeout: float


# Options of state completed that are null with another state.
_RUN_ONLY = (
    "input",
    "output_dest",
    "completion_event",
    "completion_lines",
    "completion_regex",
    "completion_silence",
)


def check_run_options(options: JobOptions) -> None:
    """Refuse options of ``state: completed`` with another state, and a ``run_timeout`` that is not positive."""
    unused = [name for name in _RUN_ONLY if getattr(options, name) is not None]
    unused += ["collect"] if options.collect else []
    if unused and options.state != "completed":
        raise SthError(
            "INVALID_OPTION",
            f"{', '.join(unused)} can only be used with state: completed: set that, or leave them out.",
        )
    if options.run_timeout <= 0:
        raise SthError("INVALID_OPTION", "run_timeout must be more than 0.")
