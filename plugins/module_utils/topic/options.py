# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_topic`` and ``sth_topic_info``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options


@dataclass(frozen=True, repr=False, eq=False)
class TopicOptions(Options):
    """The options of ``sth_topic``."""

    name: str
    content_type: Literal["application/x-ndjson", "text/x-ndjson", "text/plain", "application/octet-stream"]
    state: Literal["present", "absent"]


@dataclass(frozen=True, repr=False, eq=False)
class TopicInfoOptions(Options):
    """The options of ``sth_topic_info``."""

    name: str | None
