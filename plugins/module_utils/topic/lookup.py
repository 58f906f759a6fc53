# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The topics of a hub, and their form in results (``GET /topics``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient

# The names that a hub accepts for topics. For others it answers 400 "Topic id incorrect format".
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")


def require_topic_name(name: str) -> None:
    """Raise ``INVALID_OPTION`` for a name that a topic cannot have."""
    if not _NAME.match(name):
        raise SthError("INVALID_OPTION", f"{name!r} is not a valid name for a topic: use letters, digits, - and _.")


def find_topic(hub: HubClient, name: str) -> dict[str, Any] | None:
    """Return ``{name, content_type}`` of a topic; None if the hub does not list it, or a hub of this version keeps no topics."""
    if not hub.dialect.keeps_topics:
        return None
    return next((item for item in map(topic_view, hub.topics()) if item["name"] == name), None)


def topic_view(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return one element of ``GET /topics`` as ``{name, content_type}``."""
    return {"name": raw.get("topic"), "content_type": raw.get("contentType")}
