# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_stream``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options


@dataclass(frozen=True, repr=False, eq=False)
class FeedOptions(Options):
    """The options that say what to write."""

    content: str | None
    lines: list[Any] | None
    src: str | None
    remote_src: bool
    content_type: str | None
    end: bool

    @property
    def has_data(self) -> bool:
        """Whether there is data to write."""
        return any(item is not None for item in (self.content, self.lines, self.src))


@dataclass(frozen=True, repr=False, eq=False)
class StreamOptions(FeedOptions):
    """The options of ``sth_stream``."""

    instance: str | None
    stream: Literal["input", "stdin", "output", "stdout", "stderr", "log"] | None
    topic: str | None
    encoding: Literal["utf-8", "base64"]
    max_bytes: int | None
    max_lines: int | None
    search_regex: str | None
    wait_timeout: float
    dest: str | None
    secret_keys: list[str]
    mask_output: bool
