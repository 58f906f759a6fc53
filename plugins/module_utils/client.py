# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public Python API: one hub and its parts. All other modules of this collection are PRIVATE and may change.

Source: python-client.md.
"""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    ErrorCode,
    LostAnswerError,
    SthError,
)
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import ByteStream
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.sequence_client import SequenceClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.topic_client import TopicClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    HubVersion,
    InstanceRecord,
    Inventory,
    SequenceRecord,
)

__all__ = [
    "ByteStream",
    "Connection",
    "ErrorCode",
    "Event",
    "HubClient",
    "HubVersion",
    "InstanceClient",
    "InstanceRecord",
    "Inventory",
    "LostAnswerError",
    "SequenceClient",
    "SequenceRecord",
    "SthError",
    "TopicClient",
]
