# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What completes a run of a program that does not end by itself. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.job.options import JobOptions
from ansible_collections.scramjet.sth.plugins.module_utils.streams.bounds import Bounds, StoppedBy


@dataclass(frozen=True)
class Completion:
    """What completes a run, apart from the end of its program; ``silence`` in seconds without output after some output."""

    event: str | None = None
    lines: int | None = None
    pattern: re.Pattern[str] | None = None
    silence: float | None = None

    @property
    def is_required(self) -> bool:
        """Whether the run fails if the program ends by itself without the event, or without a line that matches ``pattern``."""
        return self.event is not None or self.pattern is not None

    @property
    def ways(self) -> str | None:
        """Name what completes the run; None if only the end of the program does."""
        ways = [
            f"its event {self.event!r}" if self.event is not None else None,
            f"line {self.lines} of its output" if self.lines is not None else None,
            f"a line of output that matches {self.pattern.pattern!r}" if self.pattern is not None else None,
            f"silence for {self.silence:g} s" if self.silence is not None else None,
        ]
        named = [way for way in ways if way is not None]
        return " or ".join(named) or None

    @property
    def reason(self) -> str | None:
        """Say what completes the run, for the plan; None if only the end of the program does."""
        return f"{self.ways} completes the run" if self.ways else None

    @property
    def short_of(self) -> str:
        """Say what is missing if a program has ended too early."""
        if self.event is not None:
            return f"without emitting its completion_event {self.event!r}"
        if self.pattern is not None:
            return f"without a line of output that matches its completion_regex {self.pattern.pattern!r}"
        return "without completing"

    def bounds(self) -> Bounds | None:
        """Return where the output that is kept ends; None for no limit."""
        if self.lines is None and self.pattern is None:
            return None
        return Bounds(max_lines=self.lines, pattern=self.pattern)

    def is_reached(self, stopped_by: StoppedBy | None, silence: float) -> bool:
        """Whether the output completes the run, by the limit that it has reached and the seconds since its last data."""
        return stopped_by in ("lines", "match") or (self.silence is not None and silence >= self.silence)


def completion_from_options(options: JobOptions) -> Completion:
    """Read and check the options. Raises ``INVALID_OPTION``."""
    refuse_empty("set a value", completion_event=options.completion_event, completion_regex=options.completion_regex)
    if options.completion_lines is not None and options.completion_lines < 1:
        raise SthError("INVALID_OPTION", "completion_lines must be 1 or more.")
    if options.completion_silence is not None and options.completion_silence <= 0:
        raise SthError("INVALID_OPTION", "completion_silence must be more than 0.")
    try:
        pattern = re.compile(options.completion_regex) if options.completion_regex is not None else None
    except re.error as error:
        raise SthError(
            "INVALID_OPTION", f"completion_regex is not a valid regular expression ({error}): correct it."
        ) from None
    return Completion(options.completion_event, options.completion_lines, pattern, options.completion_silence)
