# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that a fake hub has received."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.scramjet.sth.tests.fake_hub.instances import STREAMS


@dataclass
class Request:
    """One request that has arrived. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def writes(self) -> bool:
        """Whether the request changes or consumes something. Reading a stream consumes its data."""
        last = self.path.rstrip("/").rpartition("/")[2]
        return self.method != "GET" or (last in STREAMS and "/instance/" in self.path) or "/topic/" in self.path
